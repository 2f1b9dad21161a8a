import { imageObjectKey } from '../image-inventory/image-objects.ts';
import { buildOf } from '../images/build-of.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { buildStatementKey, expectedOfBuild } from './build-statement.ts';
import { openEnvelope } from './dsse.ts';
import { statementDigest } from './sign-build.ts';
import { type ExpectedStatement, expectedOfImage, statementProblem } from './statement.ts';

/**
 * An image, or what a commit was built into, has no valid statement of where it comes from: nothing starts from it, nothing is deployed on
 * it, and it is not deployed.
 */
export class ProvenanceInvalidError extends Error {
  override readonly name = 'ProvenanceInvalid';
}

/** What checking needs. */
interface ProvenanceSources {
  readonly ledger: Pick<Ledger, 'promotion' | 'jobs'>;
  /** Text of an object in the evidence bucket; undefined if there is none. */
  readonly read: (objectKey: string) => Promise<string | undefined>;
  /** The public key that must have signed, PEM. */
  readonly publicKey: () => Promise<string>;
}

/** Says why an image of a promotion, or what its commit was built into, must not be used; undefined if both may. */
export type ProvenanceProblem = (promotionId: string, imageId: string) => Promise<string | undefined>;

/** What is wrong with the statement under a key; undefined if nothing is. @param digest what the statement's SHA-256 must be */
async function problemOf(
  { read, publicKey }: Pick<ProvenanceSources, 'read' | 'publicKey'>,
  objectKey: string,
  expected: ExpectedStatement,
  digest?: string,
): Promise<string | undefined> {
  const text = await read(objectKey);
  if (text === undefined) return 'the evidence bucket has none';
  const opened = openEnvelope(text, await publicKey());
  if ('problem' in opened) return opened.problem;
  if (digest !== undefined && statementDigest(opened.text) !== digest)
    return 'it is not the one that the promotion recorded';
  return statementProblem(opened.statement, expected);
}

/**
 * Checks that an image comes from where its promotion says: its statement is signed by Lockstep's key and is about this image, with the
 * contents that the promotion recorded; of a go-back, that the release's promotion recorded.
 */
export const imageProblem =
  ({ ledger, ...sources }: ProvenanceSources): ProvenanceProblem =>
  async (promotionId, imageId) => {
    const wrong = (why: string): string =>
      `The image ${imageId} has no valid statement of where it comes from: ${why}. Push the commit again, so that a new image is built.`;
    const madeIn = (await ledger.promotion(promotionId))?.goBack?.to ?? promotionId;
    const build = buildOf(await ledger.jobs(madeIn), imageId);
    const inventory = build?.output?.inventory;
    if (build === undefined || inventory === undefined) return wrong(`${madeIn} recorded no contents of it`);
    const { application } = build;
    const problem = await problemOf(
      sources,
      imageObjectKey(application, imageId, inventory, 'provenance.json'),
      expectedOfImage(application, imageId, inventory),
    );
    return problem === undefined ? undefined : wrong(problem);
  };

/** Checks likewise what a promotion's commit was built into, if it was: the statement is about this archive and commit, and the one recorded. */
const builtProblem =
  ({ ledger, ...sources }: ProvenanceSources) =>
  async (promotionId: string): Promise<string | undefined> => {
    const promotion = await ledger.promotion(promotionId);
    if (promotion?.built === undefined) return undefined;
    const { application, commitId, built } = promotion;
    const wrong = (why: string): string =>
      `What the commit ${commitId} was built into (${built.key}) has no valid statement of where it comes from: ${why}. Push the commit again, so that it is built again.`;
    if (built.statement === undefined) return wrong('its promotion recorded none');
    const problem = await problemOf(
      sources,
      buildStatementKey(application, built.statement),
      expectedOfBuild(application, commitId, built),
      built.statement,
    );
    return problem === undefined ? undefined : wrong(problem);
  };

/** Checks both: what instances start from, and what is deployed on them. */
export const provenanceProblem =
  (sources: ProvenanceSources): ProvenanceProblem =>
  async (promotionId, imageId) =>
    (await imageProblem(sources)(promotionId, imageId)) ?? builtProblem(sources)(promotionId);
