import type { DeploymentInfo, InstanceTarget } from '@aws-sdk/client-codedeploy';
import { otherImage, type ReadInstanceImages } from '../images/instance-images.ts';
import type { Job } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import type { CutOver } from './job-actions.ts';

/** CodeDeploy and EC2, as far as a deployment's cut-over needs them. */
export interface WaitingDeployments {
  readonly targets: (deploymentId: string) => Promise<readonly InstanceTarget[]>;
  /** AMI by id of instances. */
  readonly imagesOf: ReadInstanceImages;
  /** Ends a blue/green deployment's wait before traffic moves, if it waits. */
  readonly moveTraffic: (deploymentId: string) => Promise<void>;
  /** Stops a deployment before traffic has moved, unless it has ended: nothing is rolled back, since nothing was changed. */
  readonly halt: (deploymentId: string) => Promise<void>;
}

/** A deployment that waits before traffic moves. Its status in the wait before the end of the old instances is not documented. */
export async function cutOverOf(
  { targets, imagesOf, moveTraffic, halt }: WaitingDeployments,
  deploymentId: string,
  deployment: DeploymentInfo | undefined,
): Promise<CutOver | undefined> {
  if (deployment?.status !== 'Ready' || deployment.instanceTerminationWaitTimeStarted === true)
    return undefined;
  const instanceIds = (await targets(deploymentId)).flatMap(({ instanceLabel, targetId }) =>
    instanceLabel === 'Green' && targetId !== undefined ? [targetId] : [],
  );
  const images = await imagesOf(instanceIds);
  return {
    images: Object.fromEntries(instanceIds.map((id) => [id, images[id]])),
    moveTraffic: () => moveTraffic(deploymentId),
    halt: () => halt(deploymentId),
  };
}

/** Whether traffic may move to new instances; `unknown` is neither, and CodeDeploy stops the deployment in the end. */
type Ruling =
  | { readonly kind: 'move' }
  | { readonly kind: 'halt'; readonly reason: string }
  | { readonly kind: 'unknown' };

/**
 * Whether the new instances run what was approved, each of them.
 * @param approved the promotion's Prod image
 */
export function mayCutOver(images: CutOver['images'], approved: string | undefined): Ruling {
  const all = Object.entries(images);
  if (approved === undefined || all.length === 0) return { kind: 'unknown' };
  const others = all.filter(([, image]) => image !== undefined && image !== approved);
  if (others.length > 0)
    return {
      kind: 'halt',
      reason: [
        'No traffic moved to the new instances, which do not run what was approved:',
        ...others.flatMap(([id, image]) => otherImage(id, image, approved)).map((text) => `- ${text}`),
        "Something wrote Prod's image parameter after the guard had checked it: CloudTrail's PutParameter says who. Then redrive, which starts new instances from the approved image.",
      ].join('\n'),
    };
  return all.every(([, image]) => image === approved) ? { kind: 'move' } : { kind: 'unknown' };
}

/**
 * Lets traffic move to a deployment's new instances if all run the promotion's Prod image, and stops the deployment if one does not. What
 * cannot be read leaves it waiting. Why it is stopped is recorded first. Safe to repeat, and to run several at once.
 */
export async function decideCutOver(
  { ledger, now }: { readonly ledger: Pick<Ledger, 'promotion' | 'replaceJob'>; readonly now: () => Date },
  job: Job,
  { images, moveTraffic, halt }: CutOver,
): Promise<Job> {
  if (job.halted !== undefined) {
    await halt();
    return job;
  }
  const ruling = mayCutOver(images, (await ledger.promotion(job.promotionId))?.images.prod);
  if (ruling.kind === 'move') await moveTraffic();
  if (ruling.kind !== 'halt') return job;
  const halted = { ...job, halted: { reason: ruling.reason, at: now().toISOString() } };
  try {
    await ledger.replaceJob(job, halted);
  } catch (error) {
    // Somebody else changed the job: the next look decides again.
    if (error instanceof LedgerConflictError) return job;
    throw error;
  }
  await halt();
  return halted;
}
