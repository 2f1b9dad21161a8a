import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { DeploymentGroupInfo } from '@aws-sdk/client-codedeploy';
import type { Alarms } from '../alarms/alarms.ts';
import type { Job } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PointAtImageRequest } from '../payloads.ts';
import type { AutoScalingGroups } from './auto-scaling-groups.ts';
import type { DeploymentGroups } from './deployment-groups.ts';
import { type FleetNames, fleetKey } from './fleet-properties.ts';
import { type WatchedProd, watchDeployment } from './watched-alarms.ts';

/** Status that Auto Scaling gives a group while it is being deleted (DescribeAutoScalingGroups). */
export const isBeingDeleted = (group: AutoScalingGroup): boolean => (group.Status ?? '').startsWith('Delete');

/**
 * Groups that a failed or stopped blue/green deployment left behind (T10): the fleet's own, which the deployment group
 * does not reference. None while a deployment runs, and none if the group that should serve is not there: one of the
 * others may be the one that serves.
 */
export function leftovers(
  owned: readonly AutoScalingGroup[],
  deploymentGroup: DeploymentGroupInfo | undefined,
  runningDeployments: readonly string[],
): readonly string[] {
  const referenced = new Set(deploymentGroup?.autoScalingGroups?.map(({ name }) => name));
  const present = owned.filter((group) => !isBeingDeleted(group));
  const servingIsThere = present.some(({ AutoScalingGroupName }) => referenced.has(AutoScalingGroupName));
  if (runningDeployments.length > 0 || !servingIsThere) return [];
  return present.flatMap(({ AutoScalingGroupName: name }) =>
    name === undefined || referenced.has(name) ? [] : [name],
  );
}

/** Deletes a group of the fleet; one that somebody else has just deleted is deleted. */
export async function removeGroup(
  groups: Pick<AutoScalingGroups, 'named' | 'remove'>,
  name: string,
): Promise<void> {
  try {
    await groups.remove(name);
  } catch (error) {
    const group = await groups.named(name);
    if (group !== undefined && !isBeingDeleted(group)) throw error;
  }
}

/** The fleet's groups, and the ids of the deployments that run. */
export async function groupsAndDeployments(
  groups: Pick<AutoScalingGroups, 'owned'>,
  deploymentGroups: Pick<DeploymentGroups, 'running'>,
  fleet: FleetNames,
) {
  // Before the deployments: a group that one of them makes meanwhile is not among these.
  const owned = await groups.owned(fleetKey(fleet));
  const running = await deploymentGroups.running(fleet.applicationName, fleet.deploymentGroupName);
  return { owned, running };
}

/** Deletes what failed deployments left behind, before the next one starts. Safe to repeat. */
function removeLeftovers(
  groups: Pick<AutoScalingGroups, 'owned' | 'named' | 'remove'>,
  deploymentGroups: DeploymentGroups,
) {
  return async function removeLeftovers(fleet: FleetNames): Promise<void> {
    const { owned, running } = await groupsAndDeployments(groups, deploymentGroups, fleet);
    const deploymentGroup = await deploymentGroups.find(fleet.applicationName, fleet.deploymentGroupName);
    for (const name of leftovers(owned, deploymentGroup, running)) await removeGroup(groups, name);
  };
}

/** What a run of Prod's pipeline begins with. */
interface BeforeRunDependencies {
  readonly prod: WatchedProd & { readonly imageParameterName: string };
  readonly groups: Pick<AutoScalingGroups, 'owned' | 'named' | 'remove'>;
  readonly deploymentGroups: DeploymentGroups;
  readonly alarms: Pick<Alarms, 'standings'>;
  readonly ledger: Pick<Ledger, 'promotion' | 'replaceJob'>;
  readonly pointAtImage: (request: PointAtImageRequest) => Promise<unknown>;
}

/**
 * Prepares for a pipeline's run: Prod's starts without leftovers, watched by its alarms, and pointed at the promotion's image, which
 * it no longer is when Prod was restored after a failure; others start as they are. Safe to repeat.
 * @throws ImageNotPointedAtError if Prod cannot be pointed at the image
 */
export function beforeRun({ prod, groups, pointAtImage, ...dependencies }: BeforeRunDependencies) {
  const { deploymentGroups, ledger } = dependencies;
  return async function beforeRun(job: Job): Promise<void> {
    const { promotionId, parameters } = job;
    if (parameters.pipelineName !== prod.pipelineName) return;
    await removeLeftovers(groups, deploymentGroups)(prod);
    const promotion = await ledger.promotion(promotionId);
    await watchDeployment(dependencies, prod, promotion, job);
    const imageId = promotion?.images.prod;
    if (imageId === undefined) return;
    await pointAtImage({
      promotionId,
      environment: 'prod',
      parameterName: prod.imageParameterName,
      imageId,
    });
  };
}
