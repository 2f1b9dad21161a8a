import type { MinimumHealthyHosts } from '@aws-sdk/client-codedeploy';
import { DeploymentFailedError, healthFailure } from './deployment-errors.ts';
import type { Fleet } from './deployment-fleet.ts';
import { allowEvents, blockEvents, installEvents, type Steps } from './deployment-steps.ts';
import {
  type CodeDeployTables,
  changeDeployment,
  type DeploymentRecord,
  findDeployment,
  type GroupRecord,
  targetsOf,
} from './records.ts';

/**
 * How many of so many instances must stay healthy while a deployment goes on. A percentage is rounded up, and at least
 * one instance is always free to be deployed to.
 */
export const minimumHealthy = ({ type, value = 0 }: MinimumHealthyHosts, total: number): number =>
  Math.min(type === 'FLEET_PERCENT' ? Math.ceil((total * value) / 100) : value, total - 1);

/** The events of an in-place deployment, around which traffic is blocked if a load balancer is in front. */
const eventsOf = ({ withTraffic }: DeploymentRecord): readonly string[] =>
  withTraffic ? [...blockEvents, ...installEvents, ...allowEvents] : installEvents;

/** The error for a group that has no instances. */
export const noInstances = (): DeploymentFailedError =>
  new DeploymentFailedError(
    'NO_INSTANCES',
    'The deployment failed because no instances were found for your deployment group. Check your deployment group settings to make sure the tags for your Amazon EC2 instances or Auto Scaling groups correctly identify the instances you want to deploy to, and then try again.',
  );

/**
 * Deploys in place, to as many instances at a time as the configuration allows. Goes on where it was interrupted.
 * @throws DeploymentFailedError, DeploymentStoppedError
 */
export const deployInPlace = async (
  tables: CodeDeployTables,
  steps: Steps,
  fleet: Fleet,
  group: GroupRecord,
  deployment: DeploymentRecord,
  healthyHosts: MinimumHealthyHosts,
): Promise<void> => {
  const { id, launch } = deployment;
  const instances =
    findDeployment(tables, id).instances ?? (launch ? [launch.instanceId] : await fleet.instances());
  changeDeployment(tables, id, { instances });
  for (const instanceId of instances) steps.addTarget(id, instanceId, eventsOf(deployment));
  const targets = targetsOf(tables, id);
  if (targets.length === 0) throw noInstances();
  const isHealthy = await inBatches(
    targets.map(({ instanceId }) => instanceId),
    targets.length,
    healthyHosts,
    async (instanceId) => {
      const task = { deployment, group, instanceId };
      const isGood = await steps.run(task, fleet, eventsOf(deployment));
      if (isGood) await steps.succeed(task);
      return isGood;
    },
  );
  if (!isHealthy) throw healthFailure(targetsOf(tables, id));
};

/**
 * Works on instances, as many at a time as may be unhealthy. Nothing more begins once too many have failed; the last instance's failure
 * does not undo the others (OneAtATime).
 * @param waiting those of `total` that have not failed before
 * @returns whether enough are healthy
 */
export const inBatches = async (
  waiting: readonly string[],
  total: number,
  healthyHosts: MinimumHealthyHosts,
  work: (instanceId: string) => Promise<boolean>,
): Promise<boolean> => {
  const least = minimumHealthy(healthyHosts, total);
  const left = [...waiting];
  let failed = total - left.length;
  while (left.length > 0) {
    const atOnce = total - failed - least;
    if (atOnce <= 0) return false;
    const results = await Promise.all(left.splice(0, atOnce).map(work));
    failed += results.filter((isGood) => !isGood).length;
  }
  return failed < total && total - failed >= least;
};
