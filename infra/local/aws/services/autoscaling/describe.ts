import type { AutoScalingGroup, Instance, TagDescription } from '@aws-sdk/client-auto-scaling';
import type { Host } from '../../host.ts';
import type { GroupRecord, LaunchTemplateUse, Slot } from './records.ts';

const launchTemplate = ({ id, name, version }: LaunchTemplateUse) => ({
  LaunchTemplateId: id,
  LaunchTemplateName: name,
  Version: version,
});

const instance = (host: Host, slot: Slot): Instance[] =>
  slot.instanceId === undefined
    ? []
    : [
        {
          InstanceId: slot.instanceId,
          AvailabilityZone: `${host.region}a`,
          LifecycleState: slot.state,
          HealthStatus: 'Healthy',
          LaunchTemplate: launchTemplate(slot.launchTemplate),
          ProtectedFromScaleIn: false,
        },
      ];

/** A group's tags as the API gives them. */
export const describeTags = ({ name, tags }: GroupRecord): TagDescription[] =>
  tags.map(({ key, value, propagate }) => ({
    ResourceId: name,
    ResourceType: 'auto-scaling-group',
    Key: key,
    Value: value,
    PropagateAtLaunch: propagate,
  }));

/** A group as the API gives it. */
export const describeGroup = (host: Host, group: GroupRecord): AutoScalingGroup => ({
  AutoScalingGroupName: group.name,
  AutoScalingGroupARN: group.arn,
  LaunchTemplate: launchTemplate(group.launchTemplate),
  MinSize: group.minSize,
  MaxSize: group.maxSize,
  DesiredCapacity: group.desired,
  DefaultCooldown: 300,
  AvailabilityZones: [`${host.region}a`],
  LoadBalancerNames: [],
  TargetGroupARNs: [...group.targetGroupArns],
  TrafficSources: group.targetGroupArns.map((Identifier) => ({ Identifier, Type: 'elbv2' })),
  HealthCheckType: group.healthCheckType,
  HealthCheckGracePeriod: group.healthCheckGracePeriod,
  Instances: group.slots.flatMap((slot) => instance(host, slot)),
  CreatedTime: new Date(group.createdAt),
  SuspendedProcesses: [],
  VPCZoneIdentifier: group.subnets,
  EnabledMetrics: [],
  ...(group.deleting ? { Status: 'Delete in progress' } : {}),
  Tags: describeTags(group),
  TerminationPolicies: ['Default'],
  NewInstancesProtectedFromScaleIn: group.protectsNew,
});
