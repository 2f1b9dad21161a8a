import type { Host } from '../../host.ts';
import type { Lifetime } from '../../instances/lifetime.ts';
import { findConfig } from './configs.ts';
import { DeploymentFailedError, DeploymentStoppedError, healthFailure } from './deployment-errors.ts';
import { type Fleet, healthyInstances } from './deployment-fleet.ts';
import { allowEvents, blockEvents, installEvents, type Steps } from './deployment-steps.ts';
import { checkStop } from './deployment-stops.ts';
import { inBatches, noInstances } from './in-place.ts';
import {
  type CodeDeployTables,
  changeDeployment,
  type DeploymentRecord,
  findDeployment,
  type GroupRecord,
  groupKey,
  isActive,
  targetsOf,
} from './records.ts';

/** The wait before blue is terminated, in ms, even if the group asks for more, unless the host waits as long as is asked for. */
const SHORT_WAIT_MS = 1_000;
const POLL_MS = 25;
const MINUTE_MS = 60_000;

/** The name that CodeDeploy gives to a copied group (T05). */
const greenGroupName = ({ groupName, id }: DeploymentRecord): string => `CodeDeploy_${groupName}_${id}`;

/** The name of the lifecycle hook that CodeDeploy puts on an Auto Scaling group. */
export const hookNameFor = ({ name, id }: GroupRecord): string =>
  `CodeDeploy-managed-automatic-launch-deployment-hook-${name}-${id}`.slice(0, 255);

/** A blue/green deployment in its surroundings. */
export interface BlueGreen {
  readonly host: Host;
  readonly lifetime: Lifetime;
  readonly tables: CodeDeployTables;
  readonly steps: Steps;
  readonly fleet: Fleet;
  readonly group: GroupRecord;
  readonly deployment: DeploymentRecord;
  /** Tells that it waits before traffic moves. */
  readonly tellReady: () => void;
}

/**
 * Copies the Auto Scaling group, deploys to the copy, moves the traffic instance by instance and deletes the original
 * (T05, T07, T09). Every part looks at what is already done, so it goes on where it was interrupted.
 * @throws DeploymentFailedError, DeploymentStoppedError
 */
export const deployBlueGreen = async (run: BlueGreen): Promise<void> => {
  const { tables, deployment, fleet, group } = run;
  if (!findDeployment(tables, deployment.id).shifted) {
    await provision(run);
    await onGreen(run, installEvents);
    await awaitGo(run);
    await onGreen(run, allowEvents);
    await onBlue(run);
    await handOver(run);
  }
  const { blueGroup } = findDeployment(tables, deployment.id);
  const termination =
    group.settings.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess;
  if (blueGroup && termination?.action !== 'KEEP_ALIVE') {
    await awaitTermination(run, termination?.terminationWaitTimeInMinutes);
    await fleet.remove(blueGroup);
  }
};

/** Until blue is terminated, alarms and StopDeployment may still take the deployment back. ContinueDeployment ends the wait. */
const awaitTermination = async (
  { host, tables, lifetime, deployment }: BlueGreen,
  terminationWaitTimeInMinutes = 0,
) => {
  const waits = terminationWaitTimeInMinutes * MINUTE_MS;
  const isOver = host.waitsAsAsked
    ? () => host.clock.now() >= (findDeployment(tables, deployment.id).shiftedAt ?? 0) + waits
    : lifetime.patience(Math.min(SHORT_WAIT_MS, waits));
  await lifetime.until(POLL_MS, () => {
    checkStop(host, tables, deployment.id);
    return findDeployment(tables, deployment.id).endsWait || isOver() || undefined;
  });
};

/** Writes down which group is blue and what green is called, then makes green and waits for its instances. */
const provision = async ({ tables, steps, fleet, group, deployment }: BlueGreen) => {
  const { id } = deployment;
  const blueGroup = findDeployment(tables, id).blueGroup ?? group.autoScalingGroups[0]?.name;
  const blue = blueGroup === undefined ? undefined : await fleet.autoScalingGroup(blueGroup);
  if (!blue || blueGroup === undefined) {
    throw new DeploymentFailedError(
      'AUTO_SCALING_CONFIGURATION',
      `Auto Scaling group ${blueGroup} of deployment group ${group.name} does not exist. Update the deployment group with one that does.`,
    );
  }
  const instances = findDeployment(tables, id).instances ?? healthyInstances(blue);
  if (instances.length === 0) throw noInstances();
  const greenGroup = greenGroupName(deployment);
  changeDeployment(tables, id, { blueGroup, greenGroup, instances });
  for (const instanceId of instances) steps.addTarget(id, instanceId, blockEvents, 'Blue');
  await fleet.copy(blue, greenGroup, instances.length);
  for (const instanceId of await fleet.inService(greenGroup, instances.length))
    steps.addTarget(id, instanceId, [...installEvents, ...allowEvents], 'Green');
};

/** The deployment configuration applies to the replacement instances (CodeDeploy's user guide, "Instance health"). */
const onGreen = async (run: BlueGreen, events: typeof installEvents | typeof allowEvents) => {
  const { tables, steps, fleet, group, deployment } = run;
  const green = targetsOf(tables, deployment.id).filter(({ label }) => label === 'Green');
  // What failed before gets no traffic.
  const fit = events === installEvents ? green : green.filter(({ status }) => status !== 'Failed');
  const { minimumHealthyHosts = {} } = findConfig(tables, deployment.configName);
  const isHealthy = await inBatches(
    fit.map(({ instanceId }) => instanceId),
    green.length,
    minimumHealthyHosts,
    async (instanceId) => {
      const task = { deployment, group, instanceId };
      const isGood = await steps.run(task, fleet, events);
      if (isGood && events === allowEvents) await steps.succeed(task);
      return isGood;
    },
  );
  if (!isHealthy) throw healthFailure(targetsOf(tables, deployment.id));
};

/** A single original instance that cannot lose its traffic fails the deployment (the same section). */
const onBlue = async ({ tables, steps, fleet, group, deployment }: BlueGreen) => {
  for (const { instanceId, label } of targetsOf(tables, deployment.id)) {
    if (label !== 'Blue') continue;
    const task = { deployment, group, instanceId };
    if (!(await steps.run(task, fleet, blockEvents))) throw healthFailure(targetsOf(tables, deployment.id));
    await steps.succeed(task);
  }
};

/** With STOP_DEPLOYMENT somebody must call ContinueDeployment before traffic moves, in time. */
const awaitGo = async ({ host, lifetime, tables, group, deployment, tellReady }: BlueGreen) => {
  const option = group.settings.blueGreenDeploymentConfiguration?.deploymentReadyOption;
  if (option?.actionOnTimeout !== 'STOP_DEPLOYMENT') return;
  const isOver = lifetime.patience((option.waitTimeInMinutes ?? 60) * MINUTE_MS);
  if (!findDeployment(tables, deployment.id).continued) {
    changeDeployment(tables, deployment.id, { status: 'Ready' });
    tellReady();
  }
  await lifetime.until(POLL_MS, () => {
    checkStop(host, tables, deployment.id);
    const now = findDeployment(tables, deployment.id);
    if (!now.continued && isOver()) throw new DeploymentStoppedError();
    return now.continued;
  });
  changeDeployment(tables, deployment.id, { status: 'InProgress' });
};

/** The deployment group belongs to green from here on, and green is what Auto Scaling registers new instances from. */
const handOver = async ({ host, tables, fleet, group, deployment }: BlueGreen) => {
  const name = greenGroupName(deployment);
  const hook = hookNameFor(group);
  await fleet.adopt(name, hook);
  const key = groupKey(deployment.applicationName, deployment.groupName);
  const newest = tables.groups.get(key);
  if (newest) tables.groups.put(key, { ...newest, autoScalingGroups: [{ name, hook }] });
  changeDeployment(tables, deployment.id, { shifted: true, shiftedAt: host.clock.now() });
};

/** After the hand-over, the deployment group names blue again. The service role's policy cannot take the target group from green. */
const handBack = ({ tables, group, deployment }: BlueGreen) => {
  const { blueGroup, shifted } = findDeployment(tables, deployment.id);
  if (!shifted || blueGroup === undefined) return;
  const key = groupKey(deployment.applicationName, deployment.groupName);
  const newest = tables.groups.get(key);
  const autoScalingGroups = [{ name: blueGroup, hook: hookNameFor(group) }];
  if (newest) tables.groups.put(key, { ...newest, autoScalingGroups });
};

/**
 * Gives the traffic back to blue after a failure; green stays behind without traffic (T10).
 * @returns what to tell
 */
export const restoreBlue = async (run: BlueGreen): Promise<string> => {
  const { tables, fleet, deployment } = run;
  const targets = targetsOf(tables, deployment.id);
  const had = (label: string, event: string) =>
    targets.filter(
      (target) =>
        target.label === label &&
        target.events.some(
          ({ name, status }) => name === event && status !== 'Pending' && status !== 'Skipped',
        ),
    );
  const blue = had('Blue', 'BlockTraffic');
  const green = had('Green', 'AllowTraffic');
  for (const { instanceId } of blue) await fleet.allowTraffic(instanceId);
  handBack(run);
  for (const { instanceId } of green) await fleet.blockTraffic(instanceId);
  return green.length === 0
    ? 'Traffic never left the original instances.'
    : `Traffic is back on the original instances; ${green.length} replacement instances lost theirs.`;
};

/** Whether an older deployment of the same group goes on, which this one waits for. Those of single launches do not count. */
export const isQueuedBehind = (tables: CodeDeployTables, deployment: DeploymentRecord): boolean => {
  if (deployment.launch) return false;
  const all = tables.deployments.values();
  const older = all.slice(
    0,
    all.findIndex(({ id }) => id === deployment.id),
  );
  return older.some(
    (other) =>
      other.applicationName === deployment.applicationName &&
      other.groupName === deployment.groupName &&
      !other.launch &&
      isActive(other),
  );
};
