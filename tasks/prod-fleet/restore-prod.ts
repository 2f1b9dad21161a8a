import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { type WriteImageDependencies, writeImage } from '../images/point-at-image.ts';
import { partsOf } from '../jobs/external-ids.ts';
import type { PipelineRuns } from '../jobs/pipeline-run.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Notices } from '../notices/notice.ts';
import { prodRestoredNotice } from '../notices/operator-notices.ts';
import { prodDeployments } from '../promotions/metrics.ts';
import type { AutoScalingGroups } from './auto-scaling-groups.ts';
import type { DeploymentGroups } from './deployment-groups.ts';
import { type FleetNames, fleetKey } from './fleet-properties.ts';
import { groupsAndDeployments, leftovers, removeGroup } from './leftovers.ts';
import { ProdInUseError } from './prod-errors.ts';
import { type ServingFleet, servingFleet } from './serving-fleet.ts';
import type { ServingInstances } from './verify-prod.ts';

/** What restoring Prod needs. */
export interface RestoreProdDependencies extends WriteImageDependencies {
  readonly ledger: Pick<Ledger, 'promotion' | 'updatePromotion' | 'jobs' | 'lock'>;
  readonly describeExecution: (executionArn: string) => Promise<DescribeExecutionOutput>;
  readonly runs: Pick<PipelineRuns, 'run'>;
  readonly groups: Pick<AutoScalingGroups, 'owned' | 'named' | 'remove'>;
  readonly deploymentGroups: Pick<DeploymentGroups, 'find' | 'running' | 'continueRollback'>;
  readonly serving: ServingInstances;
  readonly notices: Notices;
  readonly now: () => Date;
  readonly siteUrl: string;
  readonly prod: FleetNames & {
    readonly targetGroupArn: string;
    /** The SSM parameter that Prod launches from. */
    readonly imageParameterName: string;
  };
}

/**
 * Whether a promotion that has ended may have left Prod pointing at its image, or leftovers, as far as the ledger knows:
 * it was about to point Prod at its image, no deployment to Prod succeeded, and Prod was not restored since.
 */
export const mayNeedRestoring = (promotion: Promotion): boolean =>
  promotion.images.prod !== undefined &&
  promotion.deployments.prod === undefined &&
  promotion.status !== 'SUCCEEDED' &&
  promotion.prodRestored?.redrives !== promotion.redrives;

/**
 * How long after the end of an execution a start that was cut short may still bring forth a run, in ms: `start-job` runs for
 * at most two minutes, and the guard lets the run deploy until the ledger has the end: about six minutes if its event is lost.
 */
const START_MAY_TAKE = 10 * 60_000;

/** Whether CodePipeline still works on the promotion's latest deployment to Prod, or may begin to, or has finished it. */
async function runStatus(
  { ledger, runs, now }: RestoreProdDependencies,
  promotionId: string,
  endedAt: Date | undefined,
): Promise<'working' | 'starting' | 'succeeded' | 'over'> {
  const job = prodDeployments(await ledger.jobs(promotionId)).at(-1);
  if (job?.status === 'SUCCEEDED') return 'succeeded';
  if (job?.status === 'STARTING' && now().getTime() - (endedAt?.getTime() ?? 0) < START_MAY_TAKE)
    return 'starting';
  if (job?.externalId === undefined) return 'over';
  const status = (await runs.run(...partsOf(job.externalId)))?.status;
  if (status === 'Succeeded') return 'succeeded';
  return status === 'InProgress' || status === 'Stopping' ? 'working' : 'over';
}

/** What serves, and what failed deployments left, while none runs. @throws ProdInUseError, ProdNotCertainError */
async function lookAtFleet(
  { groups, deploymentGroups, serving, prod }: RestoreProdDependencies,
  unproven: string,
): Promise<{ readonly fleet: ServingFleet; readonly left: readonly string[] }> {
  const { owned, running } = await groupsAndDeployments(groups, deploymentGroups, prod);
  if (running.length > 0) {
    // Whether a rollback waits before traffic moves is not documented. It goes back to what served before.
    for (const id of running) await deploymentGroups.continueRollback(id);
    throw new ProdInUseError(
      `The deployment ${running.join(', ')} of ${fleetKey(prod)} has not ended: Prod is restored afterwards`,
    );
  }
  const [deploymentGroup, healthy] = await Promise.all([
    deploymentGroups.find(prod.applicationName, prod.deploymentGroupName),
    serving.healthy(prod.targetGroupArn),
  ]);
  const images = await serving.imagesOf(healthy);
  return {
    fleet: servingFleet({ deploymentGroup, owned, healthy, images }, unproven),
    left: leftovers(owned, deploymentGroup, running),
  };
}

/**
 * Restores Prod after a promotion that ended without deploying there: points Prod back at the image that serves, deletes the
 * leftovers of its deployment, and mails operators. Asks AWS each time what serves. Does nothing for a promotion that never was
 * about to point Prod at its image, or that has deployed. Safe to repeat at any point.
 * @throws ProdInUseError while the execution or a deployment runs: try again later
 * @throws ProdNotCertainError if it is not certain what serves; nothing was changed
 * @throws ImageNotPointedAtError if AWS does not accept the image
 */
export function restoreProd(dependencies: RestoreProdDependencies) {
  const { ledger, describeExecution, parameters, groups, notices, now, siteUrl, prod } = dependencies;

  /** @throws ProdInUseError if the execution runs, or did again since */
  const ended = async ({ executionArn }: Promotion, since?: DescribeExecutionOutput) => {
    const execution = await describeExecution(executionArn);
    if (execution.status === 'RUNNING' || (since && execution.redriveCount !== since.redriveCount))
      throw new ProdInUseError(`${executionArn} runs: Prod is restored only after it has ended`);
    return execution;
  };

  return async function restoreProd(promotionId: string): Promise<void> {
    const promotion = await ledger.promotion(promotionId);
    const unproven = promotion?.images.prod;
    if (promotion === undefined || unproven === undefined || promotion.deployments.prod !== undefined) return;
    const execution = await ended(promotion);
    const redrives = execution.redriveCount ?? 0;
    if (execution.status === 'SUCCEEDED' || promotion.prodRestored?.redrives === redrives) return;
    const run = await runStatus(dependencies, promotionId, execution.stopDate);
    if (run === 'succeeded') return;
    if (run !== 'over')
      throw new ProdInUseError(
        run === 'starting'
          ? `A deployment of ${promotionId} to Prod may have started unnoticed: Prod is restored ten minutes after the end`
          : `The pipeline still deploys ${promotionId} to Prod: Prod is restored afterwards`,
      );

    const { fleet, left } = await lookAtFleet(dependencies, unproven);
    const { imageParameterName } = prod;
    const current = await parameters.read(imageParameterName);
    // While it holds the lock, no other promotion has pointed Prod anywhere: a third image was put there by somebody.
    const isToBeSet =
      current === unproven ||
      current === fleet.imageId ||
      (await ledger.lock(promotion.application, 'prod')).holder?.promotionId === promotionId;
    if (isToBeSet && current !== fleet.imageId) {
      await ended(promotion, execution);
      await writeImage(dependencies)(imageParameterName, fleet.imageId);
    }
    for (const name of left) {
      await ended(promotion, execution);
      await removeGroup(groups, name);
    }
    await ended(promotion, execution);
    // Otherwise it is another promotion's, which has pointed Prod at it since: this one needs no mail.
    if (isToBeSet)
      await notices.send(prodRestoredNotice({ ...promotion, redrives }, fleet, imageParameterName, siteUrl));
    await ledger.updatePromotion(promotionId, {
      prodRestored: { redrives, imageId: fleet.imageId, at: now().toISOString() },
    });
  };
}
