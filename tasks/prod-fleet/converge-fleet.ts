import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { AutoRollbackEvent, CreateDeploymentGroupCommandInput } from '@aws-sdk/client-codedeploy';
import { launchFailure } from '../launch-failures.ts';
import type { AutoScalingGroups } from './auto-scaling-groups.ts';
import { alarmConfiguration, type DeploymentGroups } from './deployment-groups.ts';
import {
  FLEET_TAG,
  type FleetNames,
  fleetKey,
  type ProdFleetProperties,
  seedName,
} from './fleet-properties.ts';
import { isBeingDeleted } from './leftovers.ts';

/** What keeping a fleet needs. */
export interface FleetDependencies {
  readonly groups: AutoScalingGroups;
  readonly deploymentGroups: DeploymentGroups;
}

// CloudFormation never moves a template's default version (T11).
const launchFrom = (LaunchTemplateId: string) => ({ LaunchTemplateId, Version: '$Latest' });

/** When CodeDeploy takes a deployment back. What was switched on before must be switched off by name. */
function rollbackInput({ rollbackOnFailure = true, alarmNames = [] }: ProdFleetProperties) {
  const events: AutoRollbackEvent[] = [
    ...(rollbackOnFailure ? (['DEPLOYMENT_FAILURE'] as const) : []),
    ...(rollbackOnFailure || alarmNames.length > 0 ? (['DEPLOYMENT_STOP_ON_ALARM'] as const) : []),
  ];
  return {
    autoRollbackConfiguration: { enabled: events.length > 0, events },
    alarmConfiguration: alarmConfiguration(alarmNames),
  };
}

/** Prod's first instances cannot be started. */
class FirstInstancesError extends Error {
  override readonly name = 'FirstInstances';

  constructor(group: string, wanted: number, failure: string) {
    super(
      `The Auto Scaling group ${group} cannot start its ${wanted} instances: ${failure} Remove the cause (a new account's quota for vCPUs is small: see Service Quotas), then deploy again.`,
    );
  }
}

/** The call that makes the deployment group (T03); an update resends all of it (T04). */
export const deploymentGroupInput = (
  fleet: ProdFleetProperties,
  autoScalingGroupName: string,
): CreateDeploymentGroupCommandInput => ({
  applicationName: fleet.applicationName,
  deploymentGroupName: fleet.deploymentGroupName,
  serviceRoleArn: fleet.serviceRoleArn,
  deploymentConfigName: fleet.deploymentConfigName,
  autoScalingGroups: [autoScalingGroupName],
  deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
  loadBalancerInfo: { targetGroupInfoList: [{ name: fleet.targetGroupName }] },
  ...rollbackInput(fleet),
  blueGreenDeploymentConfiguration: {
    // No traffic moves before the new instances are seen to run the approved image.
    deploymentReadyOption: {
      actionOnTimeout: 'STOP_DEPLOYMENT',
      waitTimeInMinutes: fleet.cutOverMinutes,
    },
    greenFleetProvisioningOption: { action: 'COPY_AUTO_SCALING_GROUP' },
    terminateBlueInstancesOnDeploymentSuccess: {
      action: 'TERMINATE',
      terminationWaitTimeInMinutes: fleet.soakMinutes,
    },
  },
});

const createSeed = ({ groups }: FleetDependencies, fleet: ProdFleetProperties): Promise<void> =>
  groups.create({
    AutoScalingGroupName: seedName(fleet),
    LaunchTemplate: launchFrom(fleet.seedLaunchTemplateId),
    MinSize: fleet.minSize,
    MaxSize: fleet.maxSize,
    DesiredCapacity: fleet.desiredCapacity,
    VPCZoneIdentifier: fleet.subnetIds.join(','),
    TargetGroupARNs: [fleet.targetGroupArn],
    HealthCheckType: 'ELB',
    HealthCheckGracePeriod: fleet.healthCheckGraceSeconds,
    Tags: Object.entries({ ...fleet.tags, [FLEET_TAG]: fleetKey(fleet) }).map(([Key, Value]) => ({
      Key,
      Value,
      PropagateAtLaunch: true,
    })),
  });

const healthy = (group: AutoScalingGroup): number =>
  (group.Instances ?? []).filter(
    (instance) => instance.LifecycleState === 'InService' && instance.HealthStatus === 'Healthy',
  ).length;

/** A changed port replaces the target group: the group that serves moves over before the old one is deleted. */
async function moveToTargetGroup(
  groups: AutoScalingGroups,
  { TargetGroupARNs: attached = [] }: AutoScalingGroup,
  name: string,
  targetGroupArn: string,
): Promise<void> {
  if (!attached.includes(targetGroupArn)) await groups.attachTargetGroup(name, targetGroupArn);
  for (const other of attached) if (other !== targetGroupArn) await groups.detachTargetGroup(name, other);
}

/**
 * Brings the fleet one step closer to its properties, for create and update alike. The first group starts from the seed
 * template; once it serves, it is pointed at Prod's own, which every later group copies. Safe to repeat at any point.
 * @returns whether nothing is left to do
 * @throws FirstInstancesError if Auto Scaling cannot start the first instances, with its reason (T57)
 */
export async function converge(
  dependencies: FleetDependencies,
  fleet: ProdFleetProperties,
): Promise<boolean> {
  const { groups, deploymentGroups } = dependencies;
  const { applicationName, deploymentGroupName } = fleet;
  // A running deployment is replacing the group that an update would change.
  if ((await deploymentGroups.running(applicationName, deploymentGroupName)).length > 0) return false;

  const deploymentGroup = await deploymentGroups.find(applicationName, deploymentGroupName);
  const referenced = deploymentGroup?.autoScalingGroups?.[0]?.name;
  const live =
    (referenced === undefined ? undefined : await groups.named(referenced)) ??
    (await groups.named(seedName(fleet)));
  const name = live?.AutoScalingGroupName;
  if (live === undefined || name === undefined) {
    await createSeed(dependencies, fleet);
    return false;
  }
  if (isBeingDeleted(live)) return false;
  // Green gets as many instances as are healthy here, and none if none is (T07).
  if (referenced !== name && healthy(live) < fleet.desiredCapacity) {
    const failure = launchFailure(await groups.activities(name), live.CreatedTime);
    if (failure !== undefined) throw new FirstInstancesError(name, fleet.desiredCapacity, failure);
    return false;
  }

  await groups.update({
    AutoScalingGroupName: name,
    LaunchTemplate: launchFrom(fleet.launchTemplateId),
    MinSize: fleet.minSize,
    MaxSize: fleet.maxSize,
    VPCZoneIdentifier: fleet.subnetIds.join(','),
    HealthCheckGracePeriod: fleet.healthCheckGraceSeconds,
  });
  await moveToTargetGroup(groups, live, name, fleet.targetGroupArn);
  await groups.scaleByLoad(name);
  const input = deploymentGroupInput(fleet, name);
  if (deploymentGroup === undefined) await deploymentGroups.create(input);
  else await deploymentGroups.update(input);
  return true;
}

/**
 * Brings the fleet one step closer to being gone: running deployments, the deployment group (before its application,
 * or lifecycle hooks leak), then every group that is the fleet's. Safe to repeat at any point.
 * @returns whether nothing is left
 */
export async function removeFleet(
  { groups, deploymentGroups }: FleetDependencies,
  fleet: FleetNames,
): Promise<boolean> {
  const { applicationName, deploymentGroupName } = fleet;
  const running = await deploymentGroups.running(applicationName, deploymentGroupName);
  for (const deploymentId of running) await deploymentGroups.stop(deploymentId);
  if (running.length > 0) return false;

  await deploymentGroups.remove(applicationName, deploymentGroupName);
  const owned = await groups.owned(fleetKey(fleet));
  for (const group of owned)
    if (group.AutoScalingGroupName !== undefined && !isBeingDeleted(group))
      await groups.remove(group.AutoScalingGroupName);
  return owned.length === 0;
}
