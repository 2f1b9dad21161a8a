import { canonicalJson } from '../../../tasks/canonical-json.ts';
import { imageObjectKey } from '../../../tasks/image-inventory/image-objects.ts';
import { inventoryDigest, type Package } from '../../../tasks/image-inventory/inventory.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import { type Finding, findingsDigest, imageFindings } from '../../../tasks/vulnerabilities/finding.ts';
import { aJob, anApproval, aPerson, approvedBy, aRelease } from '../doubles/samples.ts';
import { sampleInventory } from '../image-inventory/sample-inventory.ts';

/** What an image has. Absent: its build recorded nothing. */
export interface ImageContent {
  readonly packages?: readonly Package[];
  /** Absent: it was not scanned. */
  readonly findings?: readonly Finding[];
}

/** Takes documents of images as the evidence bucket does. */
export interface Documents {
  readonly set: (objectKey: string, text: string) => unknown;
}

/** Keeps what an image has. @returns what its build recorded of that */
export function keepImage(
  documents: Documents,
  application: string,
  imageId: string,
  { packages, findings }: ImageContent,
): Readonly<Record<string, string>> {
  const output: Record<string, string> = { imageId };
  if (packages !== undefined) {
    const inventory = sampleInventory({ imageId, packages });
    output.inventory = inventoryDigest(inventory);
    documents.set(
      imageObjectKey(application, imageId, output.inventory, 'inventory.json'),
      canonicalJson(inventory),
    );
  }
  if (findings !== undefined) {
    const found = imageFindings(imageId, 'arn', findings);
    output.findings = findingsDigest(found);
    documents.set(
      imageObjectKey(application, imageId, output.findings, 'findings.json'),
      canonicalJson(found),
    );
  }
  return output;
}

/** Adds a promotion that was deployed to QAT and Prod, approved by quinn (QC) and parker (PMO), with what its images have. */
export async function addRelease(
  ledger: Pick<Ledger, 'addPromotion' | 'addJob' | 'addApproval'>,
  documents: Documents,
  change: Partial<Promotion>,
  content: Readonly<Record<Environment, ImageContent>>,
): Promise<Promotion> {
  const promotion = aRelease(change);
  const { promotionId, application, images, deployments, endedAt = '' } = promotion;
  await ledger.addPromotion(promotion);
  for (const [environment, title] of [
    ['qat', 'QAT'],
    ['prod', 'Prod'],
  ] as const) {
    const job = { promotionId, application, status: 'SUCCEEDED', endedAt } as const;
    await ledger.addJob(
      aJob({
        ...job,
        state: `Build ${title} image`,
        parameters: { environment },
        output: keepImage(documents, application, images[environment] ?? '', content[environment]),
      }),
    );
    await ledger.addJob(
      aJob({
        ...job,
        state: `Deploy to ${title}`,
        kind: 'pipeline-run',
        parameters: { environment },
        output: { pipelineExecutionId: 'e-1', deploymentId: deployments[environment] ?? '' },
      }),
    );
  }
  for (const [role, name] of [
    ['qc', 'quinn'],
    ['pmo', 'parker'],
  ] as const)
    await ledger.addApproval(
      anApproval({
        approvalId: `${promotionId} ${role}`,
        promotionId,
        application,
        role,
        state: role,
        ...approvedBy(aPerson(name)),
      }),
    );
  return promotion;
}

/** Has QAT and Prod run what a promotion deployed there. */
export async function makeLive(
  ledger: Pick<Ledger, 'noteLive' | 'lock' | 'replaceLock'>,
  { application, promotionId, commitId }: Promotion,
  environments: readonly Environment[] = ['qat', 'prod'],
): Promise<void> {
  if (environments.includes('prod'))
    await ledger.noteLive({ application, promotionId, since: '2026-11-20T12:00:00.000Z' });
  if (!environments.includes('qat')) return;
  const lock = await ledger.lock(application, 'qat');
  await ledger.replaceLock(lock, { ...lock, pointedBy: { promotionId, commitId } });
}

/** Has images of releases kept, so that Prod can go back to them. */
export const keepImages = (
  ledger: Pick<Ledger, 'noteImageReport'>,
  application: string,
  imageIds: readonly string[],
): Promise<void> =>
  ledger.noteImageReport({
    application,
    at: '2026-11-22T11:00:00.000Z',
    images: imageIds.map((imageId) => ({
      amis: [{ imageId, region: 'us-east-1', size: 8 }],
      createdAt: '2026-11-20T11:00:00.000Z',
      keep: 'Release',
    })),
    revisions: imageIds.length,
    deleted: { images: 0, revisions: 0 },
  });
