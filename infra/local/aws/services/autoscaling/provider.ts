import { readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type Principal,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
  type ResourceState,
} from '../../host.ts';
import type { Lifetime } from '../../instances/lifetime.ts';
import type { FrontDoors } from './group-proxies.ts';
import { type AutoScalingTables, findGroup } from './records.ts';

const POLL_MS = 25;
const administrator: Principal = { kind: 'administrator' };

/** Properties that make no difference on one machine. */
const inertProperties = [
  'AvailabilityZones',
  'CapacityRebalance',
  'Cooldown',
  'DefaultInstanceWarmup',
  'MaxInstanceLifetime',
  'MetricsCollection',
  'NotificationConfigurations',
  'TerminationPolicies',
];

/**
 * `AWS::AutoScaling::AutoScalingGroup`. A changed name replaces the group; everything else changes in place and leaves the
 * instances as they are, as CloudFormation does without an update policy. A group without target groups gets a front
 * door, at which its application is reached.
 */
export const autoScalingGroupProvider = (
  host: Host,
  tables: AutoScalingTables,
  lifetime: Lifetime,
  doors: FrontDoors,
): ResourceProvider => {
  const call = (operation: string, input: object) =>
    host.call(administrator, 'autoscaling', operation, input);

  const read = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::AutoScaling::AutoScalingGroup', context, properties);
    reader.only(
      'AutoScalingGroupName',
      'LaunchTemplate',
      'MinSize',
      'MaxSize',
      'DesiredCapacity',
      'Tags',
      'TargetGroupARNs',
      'VPCZoneIdentifier',
      'HealthCheckType',
      'HealthCheckGracePeriod',
      'NewInstancesProtectedFromScaleIn',
      ...inertProperties,
    );
    const template = reader.at('LaunchTemplate');
    const desired = reader.optionalNumber('DesiredCapacity');
    const grace = reader.optionalNumber('HealthCheckGracePeriod');
    const name = reader.optionalString('AutoScalingGroupName') ?? context.generatedName(255);
    return {
      name,
      targetGroupArns: reader.strings('TargetGroupARNs'),
      tags: reader.each('Tags').map((tag) => ({
        ResourceId: name,
        ResourceType: 'auto-scaling-group',
        Key: tag.string('Key'),
        Value: tag.string('Value'),
        PropagateAtLaunch: tag.optionalBoolean('PropagateAtLaunch') ?? false,
      })),
      settings: {
        AutoScalingGroupName: name,
        LaunchTemplate: {
          LaunchTemplateId: template.optionalString('LaunchTemplateId'),
          LaunchTemplateName: template.optionalString('LaunchTemplateName'),
          Version: template.string('Version'),
        },
        MinSize: reader.number('MinSize'),
        MaxSize: reader.number('MaxSize'),
        ...(desired === undefined ? {} : { DesiredCapacity: desired }),
        VPCZoneIdentifier: reader.strings('VPCZoneIdentifier').join(','),
        HealthCheckType: reader.optionalString('HealthCheckType') ?? 'EC2',
        ...(grace === undefined ? {} : { HealthCheckGracePeriod: grace }),
      },
    };
  };

  const stateOf = (name: string): ResourceState => ({
    physicalId: name,
    attributes: { AutoScalingGroupARN: findGroup(tables, name).arn },
  });

  const create: ResourceProvider['create'] = async (properties, context) => {
    const { name, targetGroupArns, tags, settings } = read(properties, context);
    if (!tables.groups.has(name)) {
      await call('CreateAutoScalingGroup', { ...settings, TargetGroupARNs: targetGroupArns, Tags: tags });
    }
    if (targetGroupArns.length === 0) await doors.open(name);
    return stateOf(name);
  };

  return {
    create,
    update: async (properties, context, { state }) => {
      const { name, targetGroupArns, tags, settings } = read(properties, context);
      if (name !== state.physicalId || !tables.groups.has(name)) return create(properties, context);
      await call('UpdateAutoScalingGroup', settings);
      if (tags.length > 0) await call('CreateOrUpdateTags', { Tags: tags });
      const before = findGroup(tables, name).targetGroupArns;
      const added = targetGroupArns.filter((arn) => !before.includes(arn));
      const removed = before.filter((arn) => !targetGroupArns.includes(arn));
      const named = { AutoScalingGroupName: name };
      if (added.length > 0)
        await call('AttachLoadBalancerTargetGroups', { ...named, TargetGroupARNs: added });
      if (removed.length > 0)
        await call('DetachLoadBalancerTargetGroups', { ...named, TargetGroupARNs: removed });
      await (targetGroupArns.length === 0 ? doors.open(name) : doors.shut(name));
      return stateOf(name);
    },
    delete: async ({ physicalId }) => {
      await doors.shut(physicalId);
      try {
        await call('DeleteAutoScalingGroup', { AutoScalingGroupName: physicalId, ForceDelete: true });
      } catch (error) {
        if (error instanceof AwsError && error.name === 'ValidationError') return;
        throw error;
      }
      await lifetime.until(POLL_MS, () => (tables.groups.has(physicalId) ? undefined : true));
    },
  };
};
