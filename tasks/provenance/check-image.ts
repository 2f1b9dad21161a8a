import { imageObjectKey } from '../image-inventory/image-objects.ts';
import { buildOf } from '../images/build-of.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openEnvelope } from './dsse.ts';
import { imageStatementProblem } from './statement.ts';

/** An image has no valid statement of where it comes from: nothing starts from it, and nothing is deployed on it. */
export class ProvenanceInvalidError extends Error {
  override readonly name = 'ProvenanceInvalid';
}

/** What checking an image needs. */
interface ProvenanceSources {
  readonly ledger: Pick<Ledger, 'promotion' | 'jobs'>;
  /** Text of an object in the evidence bucket; undefined if there is none. */
  readonly read: (objectKey: string) => Promise<string | undefined>;
  /** The public key that must have signed, PEM. */
  readonly publicKey: () => Promise<string>;
}

/** Says why an image of a promotion must not be used; undefined if it may. */
export type ProvenanceProblem = (promotionId: string, imageId: string) => Promise<string | undefined>;

/**
 * Checks that an image comes from where its promotion says: its statement is signed by Lockstep's key and is about this image, with the
 * contents that the promotion recorded; of a go-back, that the release's promotion recorded.
 */
export const provenanceProblem =
  ({ ledger, read, publicKey }: ProvenanceSources): ProvenanceProblem =>
  async (promotionId, imageId) => {
    const wrong = (why: string): string =>
      `The image ${imageId} has no valid statement of where it comes from: ${why}. Push the commit again, so that a new image is built.`;
    const madeIn = (await ledger.promotion(promotionId))?.goBack?.to ?? promotionId;
    const build = buildOf(await ledger.jobs(madeIn), imageId);
    const inventory = build?.output?.inventory;
    if (build === undefined || inventory === undefined) return wrong(`${madeIn} recorded no contents of it`);
    const { application } = build;
    const text = await read(imageObjectKey(application, imageId, inventory, 'provenance.json'));
    if (text === undefined) return wrong('the evidence bucket has none');
    const opened = openEnvelope(text, await publicKey());
    const problem =
      'problem' in opened
        ? opened.problem
        : imageStatementProblem(opened.statement, { application, imageId, inventory });
    return problem === undefined ? undefined : wrong(problem);
  };
