import type {
  ActivitiesType,
  AttachLoadBalancerTargetGroupsType,
  AutoScalingGroupNamesType,
  AutoScalingGroupsType,
  CreateAutoScalingGroupType,
  CreateOrUpdateTagsType,
  DeleteAutoScalingGroupType,
  DescribeScalingActivitiesType,
  Filter,
  SetDesiredCapacityType,
  UpdateAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import { type Access, AwsError, type Host, type Operation } from '../../host.ts';
import { describeGroup } from './describe.ts';
import { alreadyExists, changedGroup, checked, groupTag, newGroup } from './group-changes.ts';
import type { Driver } from './group-driver.ts';
import type { Surroundings } from './other-services.ts';
import {
  type AutoScalingTables,
  changeGroup,
  findGroup,
  type GroupRecord,
  groupArn,
  groupTagContext,
  validationError,
} from './records.ts';

/** Operations on groups. */
export const groupOperations = (
  host: Host,
  tables: AutoScalingTables,
  driver: Driver,
  surroundings: Surroundings,
): Record<string, Operation> => {
  const accessTo = (action: string, name: string | undefined): Access => ({
    action: `autoscaling:${action}`,
    resource: groupArn(host, tables, name ?? ''),
    context: groupTagContext(tables.groups.get(name ?? '')),
  });
  const onGroup = (action: string) => (input: { AutoScalingGroupName: string | undefined }) =>
    accessTo(action, input.AutoScalingGroupName);
  const describing = (action: string) => () => ({ action: `autoscaling:${action}`, resource: '*' });

  const create: Operation<CreateAutoScalingGroupType, object> = {
    requires: ({ AutoScalingGroupName, Tags = [] }) => {
      const { action, resource } = accessTo('CreateAutoScalingGroup', AutoScalingGroupName);
      const tags = Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value ?? ''] as const);
      return { action, resource, context: Object.fromEntries(tags) };
    },
    run: async (input, { principal }) => {
      const group = await newGroup(host, tables, input);
      await surroundings.mayLaunch(principal, group);
      if (tables.groups.has(group.name)) throw alreadyExists(group.name);
      tables.groups.put(group.name, group);
      driver.wake(group.name);
      return {};
    },
  };

  const update: Operation<UpdateAutoScalingGroupType, object> = {
    requires: onGroup('UpdateAutoScalingGroup'),
    run: async (input, { principal }) => {
      const group = findGroup(tables, input.AutoScalingGroupName);
      const change = await changedGroup(host, group, input);
      if (input.LaunchTemplate) await surroundings.mayLaunch(principal, change(group));
      changeGroup(tables, group.name, change);
      driver.wake(group.name);
      return {};
    },
  };

  const remove: Operation<DeleteAutoScalingGroupType, object> = {
    requires: onGroup('DeleteAutoScalingGroup'),
    run: ({ AutoScalingGroupName, ForceDelete }) => {
      const group = findGroup(tables, AutoScalingGroupName);
      if (group.slots.length > 0 && !ForceDelete) {
        throw new AwsError(
          'ResourceInUse',
          `You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group: ${group.name} has ${group.slots.length}. Use ForceDelete.`,
        );
      }
      changeGroup(tables, group.name, (now) => ({ ...now, deleting: true, minSize: 0, desired: 0 }));
      driver.wake(group.name);
      return {};
    },
  };

  const setDesired: Operation<SetDesiredCapacityType, object> = {
    requires: onGroup('SetDesiredCapacity'),
    run: ({ AutoScalingGroupName, DesiredCapacity = 0 }) => {
      const { name } = findGroup(tables, AutoScalingGroupName);
      changeGroup(tables, name, (group) => checked({ ...group, desired: DesiredCapacity }));
      driver.wake(name);
      return {};
    },
  };

  const attach: Operation<AttachLoadBalancerTargetGroupsType, object> = {
    requires: onGroup('AttachLoadBalancerTargetGroups'),
    run: async ({ AutoScalingGroupName, TargetGroupARNs = [] }) => {
      const { name } = findGroup(tables, AutoScalingGroupName);
      changeGroup(tables, name, (group) => ({
        ...group,
        targetGroupArns: [...new Set([...group.targetGroupArns, ...TargetGroupARNs])],
      }));
      await surroundings.register(TargetGroupARNs, inService(findGroup(tables, name)));
      return {};
    },
  };
  const detach: Operation<AttachLoadBalancerTargetGroupsType, object> = {
    requires: onGroup('DetachLoadBalancerTargetGroups'),
    run: async ({ AutoScalingGroupName, TargetGroupARNs = [] }) => {
      const { name } = findGroup(tables, AutoScalingGroupName);
      changeGroup(tables, name, (group) => ({
        ...group,
        targetGroupArns: group.targetGroupArns.filter((arn) => !TargetGroupARNs.includes(arn)),
      }));
      await surroundings.deregister(TargetGroupARNs, inService(findGroup(tables, name)));
      return {};
    },
  };

  const createOrUpdateTags: Operation<CreateOrUpdateTagsType, object> = {
    requires: ({ Tags = [] }) =>
      [...new Set(Tags.map(({ ResourceId }) => ResourceId))].map((id) => accessTo('CreateOrUpdateTags', id)),
    run: ({ Tags = [] }) => {
      for (const tag of Tags) {
        const { name } = findGroup(tables, tag.ResourceId);
        changeGroup(tables, name, (group) => ({
          ...group,
          tags: [...group.tags.filter(({ key }) => key !== tag.Key), groupTag(tag)],
        }));
      }
      return {};
    },
  };

  const describeGroups: Operation<AutoScalingGroupNamesType, AutoScalingGroupsType> = {
    requires: describing('DescribeAutoScalingGroups'),
    run: ({ AutoScalingGroupNames, Filters }) => ({
      AutoScalingGroups: tables.groups
        .values()
        .filter(({ name }) => !AutoScalingGroupNames?.length || AutoScalingGroupNames.includes(name))
        .filter((group) => (Filters ?? []).every((filter) => hasTag(group, filter)))
        .map((group) => describeGroup(host, group)),
    }),
  };

  const describeActivities: Operation<DescribeScalingActivitiesType, ActivitiesType> = {
    requires: describing('DescribeScalingActivities'),
    run: ({ AutoScalingGroupName, MaxRecords }) => ({
      Activities: tables.activities
        .values()
        .filter(({ groupName }) => !AutoScalingGroupName || groupName === AutoScalingGroupName)
        .reverse()
        .slice(0, MaxRecords ?? 100)
        .map(({ id, groupName, description, cause, status, message, at }) => ({
          ActivityId: id,
          AutoScalingGroupName: groupName,
          Description: description,
          Cause: cause,
          StatusCode: status,
          ...(message === undefined ? {} : { StatusMessage: message }),
          StartTime: new Date(at),
          EndTime: new Date(at),
          Progress: 100,
        })),
    }),
  };

  return {
    CreateAutoScalingGroup: create,
    UpdateAutoScalingGroup: update,
    DeleteAutoScalingGroup: remove,
    SetDesiredCapacity: setDesired,
    AttachLoadBalancerTargetGroups: attach,
    DetachLoadBalancerTargetGroups: detach,
    CreateOrUpdateTags: createOrUpdateTags,
    DescribeAutoScalingGroups: describeGroups,
    DescribeScalingActivities: describeActivities,
  };
};

const inService = ({ slots }: GroupRecord): string[] =>
  slots.flatMap(({ state, instanceId }) => (state === 'InService' && instanceId ? [instanceId] : []));

/** Filters of DescribeAutoScalingGroups: `tag-key`, `tag-value`, `tag:<key>`. */
const hasTag = ({ tags }: GroupRecord, { Name = '', Values = [] }: Filter): boolean => {
  if (Name === 'tag-key') return tags.some(({ key }) => Values.includes(key));
  if (Name === 'tag-value') return tags.some(({ value }) => Values.includes(value));
  if (Name.startsWith('tag:'))
    return tags.some(({ key, value }) => key === Name.slice(4) && Values.includes(value));
  throw validationError(
    `Filter type ${Name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>`,
  );
};
