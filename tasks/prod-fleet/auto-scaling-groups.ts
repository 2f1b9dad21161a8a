import {
  type Activity,
  AlreadyExistsFault,
  AttachLoadBalancerTargetGroupsCommand,
  AutoScalingClient,
  type AutoScalingGroup,
  CreateAutoScalingGroupCommand,
  type CreateAutoScalingGroupCommandInput,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DetachLoadBalancerTargetGroupsCommand,
  PutScalingPolicyCommand,
  paginateDescribeAutoScalingGroups,
  UpdateAutoScalingGroupCommand,
  type UpdateAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';
import { allItems } from '../all-items.ts';
import { ignoring } from '../ignoring.ts';
import { readActivities } from '../launch-failures.ts';
import { FLEET_TAG } from './fleet-properties.ts';

/** Auto Scaling, as far as a Prod fleet needs it. */
export interface AutoScalingGroups {
  /** The groups tagged as this fleet's: the stack's own and CodeDeploy's copies. */
  readonly owned: (fleetKey: string) => Promise<readonly AutoScalingGroup[]>;
  readonly named: (name: string) => Promise<AutoScalingGroup | undefined>;
  /** What a group did lately. */
  readonly activities: (name: string) => Promise<readonly Activity[]>;
  /** Creates a group unless it exists. */
  readonly create: (group: CreateAutoScalingGroupCommandInput) => Promise<void>;
  readonly update: (change: UpdateAutoScalingGroupCommandInput) => Promise<void>;
  /** Deletes a group with its instances; returns before they are gone. */
  readonly remove: (name: string) => Promise<void>;
  readonly attachTargetGroup: (name: string, targetGroupArn: string) => Promise<void>;
  readonly detachTargetGroup: (name: string, targetGroupArn: string) => Promise<void>;
  /** Lets the group grow and shrink with its load, between its sizes. Repeating it changes nothing. */
  readonly scaleByLoad: (name: string) => Promise<void>;
}

/** Average CPU of the group, in percent, that Auto Scaling keeps to by adding and removing instances (D-112). */
const CPU_TARGET = 60;

/** Groups in EC2 Auto Scaling. */
export const createAutoScalingGroups = (client = new AutoScalingClient({})): AutoScalingGroups => ({
  owned: (fleetKey) =>
    allItems(
      paginateDescribeAutoScalingGroups(
        { client },
        { Filters: [{ Name: `tag:${FLEET_TAG}`, Values: [fleetKey] }] },
      ),
      (page) => page.AutoScalingGroups,
    ),
  named: async (name) =>
    (await client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] })))
      .AutoScalingGroups?.[0],
  activities: (name) => readActivities(client, name),
  create: async (group) => {
    await client.send(new CreateAutoScalingGroupCommand(group)).catch(ignoring(AlreadyExistsFault));
  },
  update: async (change) => {
    await client.send(new UpdateAutoScalingGroupCommand(change));
  },
  remove: async (name) => {
    await client.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name, ForceDelete: true }));
  },
  attachTargetGroup: async (AutoScalingGroupName, arn) => {
    const change = { AutoScalingGroupName, TargetGroupARNs: [arn] };
    await client.send(new AttachLoadBalancerTargetGroupsCommand(change));
  },
  detachTargetGroup: async (AutoScalingGroupName, arn) => {
    const change = { AutoScalingGroupName, TargetGroupARNs: [arn] };
    await client.send(new DetachLoadBalancerTargetGroupsCommand(change));
  },
  scaleByLoad: async (AutoScalingGroupName) => {
    await client.send(
      new PutScalingPolicyCommand({
        AutoScalingGroupName,
        PolicyName: 'lockstep-load',
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
          TargetValue: CPU_TARGET,
        },
      }),
    );
  },
});
