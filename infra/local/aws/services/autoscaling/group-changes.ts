import { randomUUID } from 'node:crypto';
import type {
  CreateAutoScalingGroupType,
  Tag,
  UpdateAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import type { DescribeLaunchTemplatesResult } from '@aws-sdk/client-ec2';
import { AwsError, type Host, type Principal } from '../../host.ts';
import {
  type AutoScalingTables,
  type GroupRecord,
  type GroupTag,
  type LaunchTemplateUse,
  validationError,
} from './records.ts';

const administrator: Principal = { kind: 'administrator' };

/** What both CreateAutoScalingGroup and UpdateAutoScalingGroup set. */
type GroupInput = Omit<CreateAutoScalingGroupType, 'MinSize' | 'MaxSize'> & UpdateAutoScalingGroupType;

/** A group as a request to create it asks for. */
export const newGroup = async (
  host: Host,
  tables: AutoScalingTables,
  input: CreateAutoScalingGroupType,
): Promise<GroupRecord> => {
  const name = input.AutoScalingGroupName ?? '';
  if (!name) throw validationError('The parameter AutoScalingGroupName is required.');
  if (!input.LaunchTemplate) {
    throw validationError(
      'Valid requests must contain LaunchTemplate; the emulator knows no launch configuration, instance id or mixed instances policy.',
    );
  }
  const launchTemplate = await findLaunchTemplate(host, input.LaunchTemplate);
  if (tables.groups.has(name)) throw alreadyExists(name);
  const { partition, region, accountId } = host;
  return checked({
    name,
    arn: `arn:${partition}:autoscaling:${region}:${accountId}:autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`,
    createdAt: host.clock.now(),
    launchTemplate,
    minSize: input.MinSize ?? 0,
    maxSize: input.MaxSize ?? 0,
    desired: input.DesiredCapacity ?? input.MinSize ?? 0,
    tags: (input.Tags ?? []).map(groupTag),
    targetGroupArns: targetGroups(input),
    subnets: input.VPCZoneIdentifier ?? '',
    healthCheckType: input.HealthCheckType ?? 'EC2',
    healthCheckGracePeriod: input.HealthCheckGracePeriod ?? 0,
    protectsNew: input.NewInstancesProtectedFromScaleIn ?? false,
    deleting: false,
    slots: [],
    hooks: (input.LifecycleHookSpecificationList ?? []).map((hook) => ({
      ...hook,
      AutoScalingGroupName: name,
    })),
    policies: [],
  });
};

/** The error for a name that is taken. */
export const alreadyExists = (name: string): AwsError =>
  new AwsError(
    'AlreadyExists',
    `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
  );

/** A group after an update; what the request leaves out stays. A desired capacity outside the new bounds moves to them. */
export const changedGroup = async (
  host: Host,
  group: GroupRecord,
  input: UpdateAutoScalingGroupType,
): Promise<(now: GroupRecord) => GroupRecord> => {
  const launchTemplate = input.LaunchTemplate
    ? await findLaunchTemplate(host, input.LaunchTemplate)
    : group.launchTemplate;
  return (now) => {
    const minSize = input.MinSize ?? now.minSize;
    const maxSize = input.MaxSize ?? now.maxSize;
    return checked({
      ...now,
      launchTemplate,
      minSize,
      maxSize,
      desired: input.DesiredCapacity ?? Math.min(Math.max(now.desired, minSize), maxSize),
      subnets: input.VPCZoneIdentifier ?? now.subnets,
      healthCheckType: input.HealthCheckType ?? now.healthCheckType,
      healthCheckGracePeriod: input.HealthCheckGracePeriod ?? now.healthCheckGracePeriod,
      protectsNew: input.NewInstancesProtectedFromScaleIn ?? now.protectsNew,
    });
  };
};

/** @throws AwsError `ValidationError` for sizes that contradict each other */
export const checked = (group: GroupRecord): GroupRecord => {
  const { minSize, maxSize, desired } = group;
  if (minSize > maxSize)
    throw validationError(`Max bound, ${maxSize}, must be greater than or equal to min bound, ${minSize}`);
  if (desired < minSize || desired > maxSize) {
    throw validationError(
      `Desired capacity:${desired} must be between the specified min size:${minSize} and max size:${maxSize}`,
    );
  }
  return group;
};

/** A tag as groups keep it. */
export const groupTag = ({ Key, Value, PropagateAtLaunch }: Tag): GroupTag => ({
  key: Key ?? '',
  value: Value ?? '',
  propagate: PropagateAtLaunch ?? false,
});

const targetGroups = ({ TargetGroupARNs, TrafficSources }: GroupInput): string[] => [
  ...(TargetGroupARNs ?? []),
  ...(TrafficSources ?? []).flatMap(({ Identifier }) => Identifier ?? []),
];

const findLaunchTemplate = async (
  host: Host,
  wanted: NonNullable<CreateAutoScalingGroupType['LaunchTemplate']>,
): Promise<LaunchTemplateUse> => {
  const { LaunchTemplateId, LaunchTemplateName, Version } = wanted;
  try {
    const { LaunchTemplates } = await host.call<DescribeLaunchTemplatesResult>(
      administrator,
      'ec2',
      'DescribeLaunchTemplates',
      LaunchTemplateId
        ? { LaunchTemplateIds: [LaunchTemplateId] }
        : { LaunchTemplateNames: [LaunchTemplateName] },
    );
    const found = LaunchTemplates?.[0];
    return {
      id: found?.LaunchTemplateId ?? '',
      name: found?.LaunchTemplateName ?? '',
      version: Version ?? '$Default',
    };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw validationError(`You must use a valid fully-formed launch template. ${error.message}`);
  }
};
