import { canonicalJson } from '../../../tasks/canonical-json.ts';
import type { EvidenceFile } from '../../../tasks/evidence/evidence-file.ts';
import { ended, jobFacts, pushEvent } from '../../../tasks/evidence/facts.ts';
import type { Signer } from '../../../tasks/evidence/seal-evidence.ts';
import { inventoryDigest } from '../../../tasks/image-inventory/inventory.ts';
import { buildStatement } from '../../../tasks/provenance/build-statement.ts';
import { type Envelope, signEnvelope } from '../../../tasks/provenance/dsse.ts';
import { statementDigest } from '../../../tasks/provenance/sign-build.ts';
import { imageStatement } from '../../../tasks/provenance/statement.ts';
import { sampleInventory } from '../image-inventory/sample-inventory.ts';
import { BUILT, sampleBuild } from '../provenance/sample-build.ts';
import { aJob, aPromotion, COMMIT, PROMOTION_ID } from './samples.ts';
import { chainOf, sealedRecord } from './sealed-record.ts';

const inventory = sampleInventory();

/** The statement of what a commit was built into. */
export const archiveStatement = ({ application = 'shop', commitId = COMMIT, built = BUILT } = {}): string =>
  canonicalJson(
    buildStatement(sampleBuild({ resolvedSourceVersion: commitId }), {
      application,
      promotionId: PROMOTION_ID,
      built,
    }),
  );

/** The statement of an image. */
export const statementOfImage = (of = inventory, application = 'shop'): string =>
  canonicalJson(
    imageStatement(of, {
      application,
      promotionId: PROMOTION_ID,
      commitId: COMMIT,
      environment: 'qat',
      imagePipelineArn: 'pipeline',
    }),
  );

/** Signs a statement as Lockstep does. */
export const signedBy = async (signer: Signer, text: string): Promise<Envelope> =>
  signEnvelope(text, signer.sign, (await signer.key()).publicKey);

/** The job that built the commit, whose statement has this text. */
export const buildJob = (statement = archiveStatement(), state = 'Build revision') =>
  aJob({
    state,
    kind: 'code-build',
    status: 'SUCCEEDED',
    externalId: 'lockstep-shop-build:1',
    parameters: { projectName: 'lockstep-shop-build', commitId: COMMIT },
    output: { ...BUILT, statement: statementDigest(statement) },
  });

/** A sealed record of a promotion that built its commit and an image, with both statements. */
export async function builtRecord(signer: Signer, build = buildJob()): Promise<EvidenceFile> {
  const image = aJob({
    status: 'SUCCEEDED',
    externalId: 'image-1',
    output: { imageId: inventory.imageId, inventory: inventoryDigest(inventory) },
  });
  const entries = chainOf([
    pushEvent(aPromotion()),
    ...jobFacts(build),
    ...jobFacts(image),
    ended({ redrives: 0, at: '2026-11-22T10:50:00.000Z', status: 'SUCCEEDED' }),
  ]);
  return {
    ...(await sealedRecord(signer, [entries.length], entries)),
    statements: [await signedBy(signer, archiveStatement()), await signedBy(signer, statementOfImage())],
  };
}
