import type { DescribeInstancesResult, Reservation } from '@aws-sdk/client-ec2';
import type { DescribeTargetHealthOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Host, type Principal } from '../../host.ts';
import type { GroupRecord, Slot } from './records.ts';

/** Stands for Auto Scaling's own service-linked role, which no template defines. */
const serviceLinkedRole: Principal = { kind: 'administrator' };

/** What a group does to EC2 and to load balancers. */
export interface Surroundings {
  /** Launches the slot's instance; launching it again gives the same. */
  readonly launch: (group: GroupRecord, slot: Slot) => Promise<string>;
  /** EC2's states by instance id; an unknown instance is missing. */
  readonly states: (instanceIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly terminate: (instanceId: string) => Promise<void>;
  readonly register: (targetGroupArns: readonly string[], instanceIds: readonly string[]) => Promise<void>;
  readonly deregister: (targetGroupArns: readonly string[], instanceIds: readonly string[]) => Promise<void>;
  /** The instances that fail the health checks of one of the target groups. */
  readonly unhealthy: (targetGroupArns: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Whether none of the target groups knows the instance any more. */
  readonly isDrained: (targetGroupArns: readonly string[], instanceId: string) => Promise<boolean>;
  /**
   * Asks whether a caller may launch what a group launches, as Auto Scaling does when a group is made or changed (T06).
   * @throws AwsError when EC2 fails the call
   */
  readonly mayLaunch: (principal: Principal, group: GroupRecord) => Promise<void>;
}

/** Calls to the other services. */
export const createSurroundings = (host: Host): Surroundings => {
  const request = (group: GroupRecord) => {
    const subnet = group.subnets.split(',')[0]?.trim();
    const tags = group.tags.filter(({ propagate }) => propagate);
    return {
      LaunchTemplate: { LaunchTemplateId: group.launchTemplate.id, Version: group.launchTemplate.version },
      MinCount: 1,
      MaxCount: 1,
      ...(subnet ? { SubnetId: subnet } : {}),
      TagSpecifications: [
        {
          ResourceType: 'instance',
          Tags: [
            ...tags.map(({ key, value }) => ({ Key: key, Value: value })),
            { Key: 'aws:autoscaling:groupName', Value: group.name },
          ],
        },
      ],
    };
  };
  const eachTargetGroup = async (
    operation: string,
    targetGroupArns: readonly string[],
    instanceIds: readonly string[],
  ) => {
    if (instanceIds.length === 0) return;
    for (const TargetGroupArn of targetGroupArns) {
      const Targets = instanceIds.map((Id) => ({ Id }));
      try {
        await host.call(serviceLinkedRole, 'elasticloadbalancing', operation, { TargetGroupArn, Targets });
      } catch (error) {
        // A target group that was deleted before its group holds nothing to take out.
        if (!(error instanceof AwsError && error.name === 'TargetGroupNotFound')) throw error;
      }
    }
  };

  const targetHealth = async (TargetGroupArn: string) => {
    try {
      const { TargetHealthDescriptions } = await host.call<DescribeTargetHealthOutput>(
        serviceLinkedRole,
        'elasticloadbalancing',
        'DescribeTargetHealth',
        { TargetGroupArn },
      );
      return TargetHealthDescriptions ?? [];
    } catch (error) {
      if (!(error instanceof AwsError && error.name === 'TargetGroupNotFound')) throw error;
      return [];
    }
  };

  return {
    launch: async (group, slot) => {
      const input = { ...request(group), ClientToken: slot.token };
      const { Instances } = await host.call<Reservation>(serviceLinkedRole, 'ec2', 'RunInstances', input);
      const id = Instances?.[0]?.InstanceId;
      if (id === undefined) throw new Error(`EC2 launched nothing for group ${group.name}`);
      return id;
    },
    states: async (instanceIds) => {
      if (instanceIds.length === 0) return new Map();
      const Filters = [{ Name: 'instance-id', Values: [...instanceIds] }];
      const { Reservations } = await host.call<DescribeInstancesResult>(
        serviceLinkedRole,
        'ec2',
        'DescribeInstances',
        { Filters },
      );
      return new Map(
        (Reservations ?? [])
          .flatMap(({ Instances }) => Instances ?? [])
          .map(({ InstanceId, State }) => [InstanceId ?? '', State?.Name ?? '']),
      );
    },
    terminate: async (instanceId) => {
      await host.call(serviceLinkedRole, 'ec2', 'TerminateInstances', { InstanceIds: [instanceId] });
    },
    register: (targetGroupArns, instanceIds) =>
      eachTargetGroup('RegisterTargets', targetGroupArns, instanceIds),
    deregister: (targetGroupArns, instanceIds) =>
      eachTargetGroup('DeregisterTargets', targetGroupArns, instanceIds),
    unhealthy: async (targetGroupArns) => {
      const found = await Promise.all(targetGroupArns.map(targetHealth));
      return new Set(
        found
          .flat()
          .filter(({ TargetHealth }) => TargetHealth?.State === 'unhealthy')
          .map(({ Target }) => Target?.Id ?? ''),
      );
    },
    isDrained: async (targetGroupArns, instanceId) => {
      const found = await Promise.all(targetGroupArns.map(targetHealth));
      return !found.flat().some(({ Target }) => Target?.Id === instanceId);
    },
    mayLaunch: async (principal, group) => {
      try {
        await host.call(principal, 'ec2', 'RunInstances', { ...request(group), DryRun: true });
      } catch (error) {
        if (!(error instanceof AwsError && error.name === 'DryRunOperation')) throw error;
      }
    },
  };
};
