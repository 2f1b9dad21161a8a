import type { DescribeInstancesResult } from '@aws-sdk/client-ec2';
import type {
  DeregisterTargetsInput,
  DescribeTargetGroupsInput,
  DescribeTargetGroupsOutput,
  DescribeTargetHealthInput,
  DescribeTargetHealthOutput,
  RegisterTargetsInput,
  TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Host, type Operation, type Principal } from '../../host.ts';
import { describeTargetGroup } from './describe.ts';
import { type ElbTables, findTargetGroup, targetKey, usersOf } from './records.ts';
import type { Targets } from './targets.ts';

const administrator: Principal = { kind: 'administrator' };

/** The operations that are served. */
export const elbOperations = (host: Host, tables: ElbTables, targets: Targets): Record<string, Operation> => {
  const describing = (action: string) => () => ({ action: `elasticloadbalancing:${action}`, resource: '*' });
  const onTargetGroup = (action: string) => (input: { TargetGroupArn: string | undefined }) => ({
    action: `elasticloadbalancing:${action}`,
    resource: input.TargetGroupArn ?? '*',
  });

  /** @throws AwsError `InvalidTarget` naming the instances that do not run */
  const checkInstances = async (ids: readonly string[]) => {
    const { Reservations } = await host.call<DescribeInstancesResult>(
      administrator,
      'ec2',
      'DescribeInstances',
      {
        Filters: [
          { Name: 'instance-id', Values: [...ids] },
          { Name: 'instance-state-name', Values: ['running'] },
        ],
      },
    );
    const running = new Set(
      Reservations?.flatMap(({ Instances }) => Instances ?? []).map(({ InstanceId }) => InstanceId),
    );
    const bad = ids.filter((id) => !running.has(id));
    if (bad.length > 0) {
      throw new AwsError(
        'InvalidTarget',
        `The following targets are not in a running state and cannot be registered: '${bad.join("', '")}'`,
      );
    }
  };

  const registerTargets: Operation<RegisterTargetsInput, object> = {
    requires: onTargetGroup('RegisterTargets'),
    run: async ({ TargetGroupArn, Targets = [] }) => {
      const { arn } = findTargetGroup(tables, TargetGroupArn);
      const ids = idsOf(Targets);
      await checkInstances(ids);
      for (const id of ids) targets.register(arn, id);
      return {};
    },
  };
  const deregisterTargets: Operation<DeregisterTargetsInput, object> = {
    requires: onTargetGroup('DeregisterTargets'),
    run: ({ TargetGroupArn, Targets = [] }) => {
      const { arn } = findTargetGroup(tables, TargetGroupArn);
      for (const id of idsOf(Targets)) targets.deregister(arn, id);
      return {};
    },
  };

  const describeTargetHealth: Operation<DescribeTargetHealthInput, DescribeTargetHealthOutput> = {
    requires: describing('DescribeTargetHealth'),
    run: async ({ TargetGroupArn, Targets }) => {
      const group = findTargetGroup(tables, TargetGroupArn);
      const registered = tables.targets.values().filter(({ targetGroupArn }) => targetGroupArn === group.arn);
      const asked = Targets?.length ? idsOf(Targets) : registered.map(({ instanceId }) => instanceId);
      const TargetHealthDescriptions = await Promise.all(
        asked.map(async (Id) => {
          const target = tables.targets.get(targetKey(group.arn, Id));
          return {
            Target: { Id, Port: group.port },
            HealthCheckPort: 'traffic-port',
            TargetHealth: target
              ? await targets.health(target)
              : ({
                  State: 'unused',
                  Reason: 'Target.NotRegistered',
                  Description: 'Target is not registered to the target group',
                } as const),
          };
        }),
      );
      return { TargetHealthDescriptions };
    },
  };

  const describeTargetGroups: Operation<DescribeTargetGroupsInput, DescribeTargetGroupsOutput> = {
    requires: describing('DescribeTargetGroups'),
    run: ({ TargetGroupArns, Names, LoadBalancerArn }) => {
      const groups = tables.targetGroups.values();
      for (const arn of TargetGroupArns ?? []) findTargetGroup(tables, arn);
      const missing = Names?.find((wanted) => !groups.some(({ name }) => name === wanted));
      if (missing)
        throw new AwsError('TargetGroupNotFound', `One or more target groups not found: '${missing}'`);
      return {
        TargetGroups: groups
          .filter(({ arn }) => !TargetGroupArns?.length || TargetGroupArns.includes(arn))
          .filter(({ name }) => !Names?.length || Names.includes(name))
          .filter(({ arn }) => !LoadBalancerArn || usersOf(tables, arn).includes(LoadBalancerArn))
          .map((group) => describeTargetGroup(tables, group)),
      };
    },
  };

  return {
    RegisterTargets: registerTargets,
    DeregisterTargets: deregisterTargets,
    DescribeTargetHealth: describeTargetHealth,
    DescribeTargetGroups: describeTargetGroups,
  };
};

const idsOf = (targets: readonly TargetDescription[]): string[] => targets.map(({ Id }) => Id ?? '');
