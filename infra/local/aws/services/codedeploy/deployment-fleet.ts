import type { AutoScalingGroup, AutoScalingGroupsType } from '@aws-sdk/client-auto-scaling';
import type { EC2TagFilter } from '@aws-sdk/client-codedeploy';
import type { DescribeInstancesResult, Instance } from '@aws-sdk/client-ec2';
import type {
  DescribeTargetGroupsOutput,
  DescribeTargetHealthOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Host, type Principal } from '../../host.ts';
import type { Lifetime } from '../../instances/lifetime.ts';
import { DeploymentFailedError } from './deployment-errors.ts';
import { type GroupRecord, groupArn } from './records.ts';

const POLL_MS = 25;
/** How long instances may take to be in service, and targets to be healthy or drained, in ms. */
const PATIENCE_MS = 60_000;

/** What CodeDeploy does to instances, Auto Scaling groups and load balancers, all under the group's service role. */
export interface Fleet {
  /** Running instances that the group's tag filters or Auto Scaling groups name. */
  readonly instances: () => Promise<string[]>;
  readonly autoScalingGroup: (name: string) => Promise<AutoScalingGroup | undefined>;
  /** Makes a copy of a group with as many instances, without its target groups. */
  readonly copy: (original: AutoScalingGroup, name: string, size: number) => Promise<void>;
  /** Waits until so many instances are in service. */
  readonly inService: (name: string, size: number) => Promise<string[]>;
  /** The target groups, once traffic is on the copy. Whether AWS copies scaling policies is not documented: here they are lost (T05). */
  readonly adopt: (name: string, hook: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  readonly allowTraffic: (instanceId: string) => Promise<void>;
  readonly blockTraffic: (instanceId: string) => Promise<void>;
  readonly completeLaunch: (
    launch: {
      readonly groupName: string;
      readonly hook: string;
      readonly instanceId: string;
      readonly token: string;
    },
    result: 'CONTINUE' | 'ABANDON',
  ) => Promise<void>;
}

/** The instances in service and healthy in a group. */
export const healthyInstances = ({ Instances }: AutoScalingGroup): string[] =>
  (Instances ?? [])
    .filter(
      ({ LifecycleState, HealthStatus }) => LifecycleState === 'InService' && HealthStatus === 'Healthy',
    )
    .flatMap(({ InstanceId }) => InstanceId ?? []);

/** @throws AwsError `AccessDenied` when the service role does not trust CodeDeploy */
export const createFleet = (host: Host, lifetime: Lifetime, group: GroupRecord): Fleet => {
  const arn = groupArn(host, group.applicationName, group.name);
  const role = (): Principal =>
    host.assumeRole(group.settings.serviceRoleArn ?? '', 'codedeploy.amazonaws.com', arn);
  const call = <Output = object>(service: string, operation: string, input: object) =>
    host.call<Output>(role(), service, operation, input);

  const autoScalingGroup = async (name: string) => {
    const { AutoScalingGroups } = await call<AutoScalingGroupsType>(
      'autoscaling',
      'DescribeAutoScalingGroups',
      {
        AutoScalingGroupNames: [name],
      },
    );
    return AutoScalingGroups?.[0];
  };

  const targetGroupArns = async (): Promise<string[]> => {
    const Names = (group.settings.loadBalancerInfo?.targetGroupInfoList ?? []).flatMap(
      ({ name }) => name ?? [],
    );
    if (Names.length === 0) return [];
    const { TargetGroups } = await call<DescribeTargetGroupsOutput>(
      'elasticloadbalancing',
      'DescribeTargetGroups',
      { Names },
    );
    return (TargetGroups ?? []).flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []);
  };

  /** Waits until a target's health is as wanted. @throws DeploymentFailedError in vain */
  const awaitHealth = async (
    TargetGroupArn: string,
    Id: string,
    isWanted: (state: string | undefined) => boolean,
    problem: string,
  ) => {
    const isOver = lifetime.patience(PATIENCE_MS);
    await lifetime.until(POLL_MS, async () => {
      const { TargetHealthDescriptions } = await call<DescribeTargetHealthOutput>(
        'elasticloadbalancing',
        'DescribeTargetHealth',
        { TargetGroupArn, Targets: [{ Id }] },
      );
      const health = TargetHealthDescriptions?.[0]?.TargetHealth;
      if (isWanted(health?.State)) return true;
      if (!isOver()) return undefined;
      throw new DeploymentFailedError(
        'ELB_INVALID_INSTANCE',
        `${problem} Instance ${Id} is ${health?.State} in ${TargetGroupArn}: ${health?.Description ?? 'no reason given'}.`,
      );
    });
  };

  const running = async (filters: readonly object[] = []): Promise<Instance[]> => {
    const { Reservations } = await call<DescribeInstancesResult>('ec2', 'DescribeInstances', {
      Filters: [{ Name: 'instance-state-name', Values: ['running'] }, ...filters],
    });
    return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
  };

  return {
    autoScalingGroup,
    instances: async () => {
      const { ec2TagFilters = [], ec2TagSet } = group.settings;
      const sets = ec2TagFilters.length > 0 ? [ec2TagFilters] : (ec2TagSet?.ec2TagSetList ?? []);
      const tagged =
        sets.length === 0
          ? []
          : (await running()).filter((one) => sets.every((set) => set.some((filter) => hasTag(one, filter))));
      const grouped = await Promise.all(
        group.autoScalingGroups.map(async ({ name }) => {
          const found = await autoScalingGroup(name);
          return found ? healthyInstances(found) : [];
        }),
      );
      return [...new Set([...tagged.map(({ InstanceId }) => InstanceId ?? ''), ...grouped.flat()])];
    },

    copy: async (original, name, size) => {
      if (await autoScalingGroup(name)) return;
      const tags = (original.Tags ?? []).filter(({ Key }) => !Key?.startsWith('aws:'));
      await call('autoscaling', 'CreateAutoScalingGroup', {
        AutoScalingGroupName: name,
        LaunchTemplate: original.LaunchTemplate && {
          LaunchTemplateId: original.LaunchTemplate.LaunchTemplateId,
          Version: original.LaunchTemplate.Version,
        },
        MinSize: size,
        MaxSize: Math.max(original.MaxSize ?? size, size),
        DesiredCapacity: size,
        VPCZoneIdentifier: original.VPCZoneIdentifier,
        HealthCheckType: original.HealthCheckType,
        HealthCheckGracePeriod: original.HealthCheckGracePeriod,
        Tags: tags.map(({ Key, Value, PropagateAtLaunch }) => ({
          ResourceId: name,
          ResourceType: 'auto-scaling-group',
          Key,
          Value,
          PropagateAtLaunch,
        })),
      });
    },

    inService: (name, size) => {
      const isOver = lifetime.patience(PATIENCE_MS);
      return lifetime.until(POLL_MS, async () => {
        const found = await autoScalingGroup(name);
        const healthy = found ? healthyInstances(found) : [];
        if (healthy.length >= size) return healthy;
        if (!isOver()) return undefined;
        throw new DeploymentFailedError(
          'AUTO_SCALING_CONFIGURATION',
          `Auto Scaling group ${name} has ${healthy.length} of ${size} instances in service after ${PATIENCE_MS / 1_000} s; see its scaling activities.`,
        );
      });
    },

    adopt: async (name, hook) => {
      const arns = await targetGroupArns();
      if (arns.length > 0) {
        await call('autoscaling', 'AttachLoadBalancerTargetGroups', {
          AutoScalingGroupName: name,
          TargetGroupARNs: arns,
        });
      }
      await call('autoscaling', 'PutLifecycleHook', launchHook(name, hook));
    },

    remove: async (name) => {
      await lifetime.until(POLL_MS, async () => {
        const found = await autoScalingGroup(name);
        if (!found) return true;
        if (found.Status === undefined) {
          await call('autoscaling', 'DeleteAutoScalingGroup', {
            AutoScalingGroupName: name,
            ForceDelete: true,
          });
        }
        return undefined;
      });
    },

    allowTraffic: async (instanceId) => {
      for (const TargetGroupArn of await targetGroupArns()) {
        const Targets = [{ Id: instanceId }];
        await call('elasticloadbalancing', 'RegisterTargets', { TargetGroupArn, Targets });
        const isServing = (state: string | undefined) => state === 'healthy' || state === 'unused';
        await awaitHealth(TargetGroupArn, instanceId, isServing, 'The load balancer sends it no traffic.');
      }
    },

    blockTraffic: async (instanceId) => {
      for (const TargetGroupArn of await targetGroupArns()) {
        const Targets = [{ Id: instanceId }];
        await call('elasticloadbalancing', 'DeregisterTargets', { TargetGroupArn, Targets });
        await awaitHealth(TargetGroupArn, instanceId, (state) => state === 'unused', 'It still has traffic.');
      }
    },

    completeLaunch: async ({ groupName, hook, instanceId, token }, result) => {
      try {
        await call('autoscaling', 'CompleteLifecycleAction', {
          AutoScalingGroupName: groupName,
          LifecycleHookName: hook,
          InstanceId: instanceId,
          LifecycleActionToken: token,
          LifecycleActionResult: result,
        });
      } catch (error) {
        // Answered before a crash, or no longer waited for.
        if (!(error instanceof AwsError && error.name === 'ValidationError')) throw error;
      }
    },
  };
};

/** The lifecycle hook by which CodeDeploy learns of new instances (T29). @param hook its name */
export const launchHook = (autoScalingGroupName: string, hook: string): object => ({
  AutoScalingGroupName: autoScalingGroupName,
  LifecycleHookName: hook,
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
  HeartbeatTimeout: 600,
  DefaultResult: 'ABANDON',
});

const hasTag = ({ Tags }: Instance, { Key, Value, Type }: EC2TagFilter): boolean =>
  (Tags ?? []).some(
    (tag) => (Type === 'VALUE_ONLY' || tag.Key === Key) && (Type === 'KEY_ONLY' || tag.Value === Value),
  );
