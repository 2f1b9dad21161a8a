import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { AutoScalingGroups } from '../prod-fleet/auto-scaling-groups.ts';
import type { DeploymentGroups } from '../prod-fleet/deployment-groups.ts';
import { type FleetNames, fleetKey } from '../prod-fleet/fleet-properties.ts';
import type { ServingInstances } from '../prod-fleet/verify-prod.ts';
import { type SeenInstance, stateOf } from './drift-rules.ts';

/** An environment's instances. */
export interface InstanceSight {
  readonly instances: readonly SeenInstance[];
  /** The Auto Scaling group that CodeDeploy deploys to, where it makes another with each deployment. */
  readonly group?: string;
}

const membersOf = (group: AutoScalingGroup): readonly SeenInstance[] =>
  (group.Instances ?? []).flatMap(({ InstanceId, LifecycleState }) =>
    InstanceId === undefined
      ? []
      : [
          {
            instanceId: InstanceId,
            lifecycle: LifecycleState ?? 'unknown',
            ...(group.AutoScalingGroupName !== undefined && { group: group.AutoScalingGroupName }),
          },
        ],
  );

/** Adds the images of those that serve: EC2 fails for an instance that it does not know yet or any more. */
async function withImages(
  serving: Pick<ServingInstances, 'imagesOf'>,
  instances: readonly SeenInstance[],
): Promise<readonly SeenInstance[]> {
  const ids = instances.filter((one) => stateOf(one) === 'serves').map(({ instanceId }) => instanceId);
  const images = await serving.imagesOf(ids);
  return instances.map((one) => {
    const imageId = images[one.instanceId];
    return imageId === undefined ? one : { ...one, imageId };
  });
}

/** QAT's instances: those of its one group. */
export const readQatInstances =
  (
    groups: Pick<AutoScalingGroups, 'named'>,
    serving: Pick<ServingInstances, 'imagesOf'>,
    groupName: string,
  ) =>
  async (): Promise<InstanceSight> => {
    const group = await groups.named(groupName);
    if (group === undefined)
      throw new Error(`The Auto Scaling group ${groupName} does not exist. Deploy the application's stack.`);
    return { instances: await withImages(serving, membersOf(group)) };
  };

/** Prod's instances: those of every group with the fleet's tag, and all others that take requests. */
export const readProdInstances =
  (
    groups: Pick<AutoScalingGroups, 'owned'>,
    deploymentGroups: Pick<DeploymentGroups, 'find'>,
    serving: ServingInstances,
    fleet: FleetNames,
    targetGroupArn: () => Promise<string>,
  ) =>
  async (): Promise<InstanceSight> => {
    const healthy = await serving.healthy(await targetGroupArn());
    const owned = await groups.owned(fleetKey(fleet));
    const deploymentGroup = await deploymentGroups.find(fleet.applicationName, fleet.deploymentGroupName);
    const group = deploymentGroup?.autoScalingGroups?.[0]?.name;
    if (group === undefined)
      throw new Error(
        `The deployment group of ${fleetKey(fleet)} does not exist or names no Auto Scaling group. Deploy the application's stack.`,
      );
    const members = owned.flatMap(membersOf);
    const known = new Set(members.map(({ instanceId }) => instanceId));
    const others = healthy.filter((id) => !known.has(id)).map((instanceId) => ({ instanceId }));
    const instances = [...members, ...others].map((one) => ({
      ...one,
      takesRequests: healthy.includes(one.instanceId),
    }));
    return { instances: await withImages(serving, instances), group };
  };
