import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { DeploymentGroupInfo } from '@aws-sdk/client-codedeploy';
import type { Job } from '../ledger/items.ts';
import type { AutoScalingGroups } from './auto-scaling-groups.ts';
import type { DeploymentGroups } from './deployment-groups.ts';
import { fleetKey } from './properties.ts';

/** Status that Auto Scaling gives a group while it is being deleted (DescribeAutoScalingGroups). */
export const isBeingDeleted = (group: AutoScalingGroup): boolean => (group.Status ?? '').startsWith('Delete');

/**
 * Groups that a failed or stopped blue/green deployment left behind (T10): the fleet's own, which the deployment group
 * does not reference. None while a deployment runs, and none if the group that should serve is not there: one of the
 * others may be the one that serves.
 */
export const leftovers = (
  owned: readonly AutoScalingGroup[],
  deploymentGroup: DeploymentGroupInfo | undefined,
  runningDeployments: readonly string[],
): readonly string[] => {
  const referenced = new Set(deploymentGroup?.autoScalingGroups?.map(({ name }) => name));
  const present = owned.filter((group) => !isBeingDeleted(group));
  const servingIsThere = present.some(({ AutoScalingGroupName }) => referenced.has(AutoScalingGroupName));
  if (runningDeployments.length > 0 || !servingIsThere) return [];
  return present.flatMap(({ AutoScalingGroupName: name }) =>
    name === undefined || referenced.has(name) ? [] : [name],
  );
};

/** Deletes what failed deployments left behind, before the next one starts. Safe to repeat. */
export const removeLeftovers =
  (groups: AutoScalingGroups, deploymentGroups: DeploymentGroups) =>
  async (fleet: {
    readonly applicationName: string;
    readonly deploymentGroupName: string;
  }): Promise<void> => {
    const { applicationName, deploymentGroupName } = fleet;
    const [owned, deploymentGroup, running] = await Promise.all([
      groups.owned(fleetKey(fleet)),
      deploymentGroups.find(applicationName, deploymentGroupName),
      deploymentGroups.running(applicationName, deploymentGroupName),
    ]);
    for (const name of leftovers(owned, deploymentGroup, running)) await groups.remove(name);
  };

/** What happens before a pipeline's run: Prod's starts without leftovers, others start as they are. */
export const beforeRun =
  (
    prod: {
      readonly pipelineName: string;
      readonly applicationName: string;
      readonly deploymentGroupName: string;
    },
    groups: AutoScalingGroups,
    deploymentGroups: DeploymentGroups,
  ) =>
  async (job: Job): Promise<void> => {
    if (job.subject.pipelineName === prod.pipelineName) await removeLeftovers(groups, deploymentGroups)(prod);
  };
