import { randomUUID } from 'node:crypto';
import type { AutoScalingGroupsType } from '@aws-sdk/client-auto-scaling';
import type {
  CreateDeploymentGroupInput,
  CreateDeploymentGroupOutput,
  DeleteDeploymentGroupInput,
  DeleteDeploymentGroupOutput,
  GetDeploymentGroupInput,
  GetDeploymentGroupOutput,
  ListDeploymentGroupsInput,
  ListDeploymentGroupsOutput,
  UpdateDeploymentGroupInput,
  UpdateDeploymentGroupOutput,
} from '@aws-sdk/client-codedeploy';
import { type Access, AwsError, type Host, type Operation, type Principal } from '../../host.ts';
import { hookNameFor } from './blue-green.ts';
import { DEFAULT_CONFIG, findConfig } from './configs.ts';
import { launchHook } from './deployment-fleet.ts';
import { describeGroup } from './describe.ts';
import {
  applicationArn,
  type CodeDeployTables,
  findApplication,
  findGroup,
  type GroupRecord,
  groupArn,
  groupKey,
} from './records.ts';

const administrator: Principal = { kind: 'administrator' };

/** Operations on deployment groups. */
export const groupOperations = (host: Host, tables: CodeDeployTables): Record<string, Operation> => {
  const passRole = (serviceRoleArn: string | undefined): Access[] =>
    serviceRoleArn === undefined
      ? []
      : [
          {
            action: 'iam:PassRole',
            resource: serviceRoleArn,
            context: { 'iam:PassedToService': 'codedeploy.amazonaws.com' },
          },
        ];

  /** @throws AwsError `InvalidAutoScalingGroupException` naming the group that does not exist */
  const checkAutoScalingGroups = async (names: readonly string[]) => {
    if (names.length === 0) return;
    const { AutoScalingGroups } = await host.call<AutoScalingGroupsType>(
      administrator,
      'autoscaling',
      'DescribeAutoScalingGroups',
      { AutoScalingGroupNames: [...names] },
    );
    const missing = names.find(
      (name) => !AutoScalingGroups?.some(({ AutoScalingGroupName }) => AutoScalingGroupName === name),
    );
    if (missing !== undefined) {
      throw new AwsError(
        'InvalidAutoScalingGroupException',
        `The AutoScaling group ${missing} does not exist; name one that exists now.`,
      );
    }
  };

  const hookOnto = async (group: GroupRecord) => {
    const arn = groupArn(host, group.applicationName, group.name);
    const role = host.assumeRole(group.settings.serviceRoleArn ?? '', 'codedeploy.amazonaws.com', arn);
    for (const { name, hook } of group.autoScalingGroups)
      await host.call(role, 'autoscaling', 'PutLifecycleHook', launchHook(name, hook));
  };

  const create: Operation<CreateDeploymentGroupInput, CreateDeploymentGroupOutput> = {
    requires: ({ applicationName = '', deploymentGroupName = '', serviceRoleArn }) => [
      {
        action: 'codedeploy:CreateDeploymentGroup',
        resource: groupArn(host, applicationName, deploymentGroupName),
      },
      ...passRole(serviceRoleArn),
    ],
    run: async (input) => {
      const { applicationName, deploymentGroupName, autoScalingGroups = [], tags: _, ...settings } = input;
      findApplication(tables, applicationName);
      const key = groupKey(applicationName ?? '', deploymentGroupName ?? '');
      checkSettings(tables, settings);
      checkBlueGreen(settings.deploymentStyle?.deploymentType, settings, autoScalingGroups);
      await checkAutoScalingGroups(autoScalingGroups);
      if (tables.groups.has(key)) {
        throw new AwsError(
          'DeploymentGroupAlreadyExistsException',
          `Deployment group ${deploymentGroupName} already exists for application ${applicationName}`,
        );
      }
      const bare = {
        id: randomUUID(),
        applicationName: applicationName ?? '',
        name: deploymentGroupName ?? '',
        settings,
        autoScalingGroups: [],
      };
      const group = withAutoScalingGroups(bare, autoScalingGroups);
      await hookOnto(group);
      tables.groups.put(key, group);
      return { deploymentGroupId: group.id };
    },
  };

  const update: Operation<UpdateDeploymentGroupInput, UpdateDeploymentGroupOutput> = {
    requires: ({ applicationName = '', currentDeploymentGroupName = '', serviceRoleArn }) => [
      {
        action: 'codedeploy:UpdateDeploymentGroup',
        resource: groupArn(host, applicationName, currentDeploymentGroupName),
      },
      ...passRole(serviceRoleArn),
    ],
    run: async (input) => {
      const {
        applicationName,
        currentDeploymentGroupName,
        newDeploymentGroupName,
        autoScalingGroups,
        ...rest
      } = input;
      const before = findGroup(tables, applicationName, currentDeploymentGroupName);
      const changes = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const settings: GroupRecord['settings'] = { ...before.settings, ...changes };
      const type = settings.deploymentStyle?.deploymentType;
      checkSettings(tables, settings);
      // A blue/green group that copies must be told its Auto Scaling group each time (T04).
      checkBlueGreen(type, settings, autoScalingGroups ?? []);
      const names = autoScalingGroups ?? before.autoScalingGroups.map(({ name }) => name);
      await checkAutoScalingGroups(names);
      const name = newDeploymentGroupName ?? before.name;
      const group = withAutoScalingGroups({ ...before, name, settings }, names);
      await hookOnto(group);
      if (name !== before.name) tables.groups.delete(groupKey(before.applicationName, before.name));
      tables.groups.put(groupKey(before.applicationName, name), group);
      return { hooksNotCleanedUp: [] };
    },
  };

  const remove: Operation<DeleteDeploymentGroupInput, DeleteDeploymentGroupOutput> = {
    requires: ({ applicationName = '', deploymentGroupName = '' }) => ({
      action: 'codedeploy:DeleteDeploymentGroup',
      resource: groupArn(host, applicationName, deploymentGroupName),
    }),
    run: async ({ applicationName = '', deploymentGroupName = '' }) => {
      const group = tables.groups.get(groupKey(applicationName, deploymentGroupName));
      for (const { name, hook } of group?.autoScalingGroups ?? []) {
        try {
          await host.call(administrator, 'autoscaling', 'DeleteLifecycleHook', {
            AutoScalingGroupName: name,
            LifecycleHookName: hook,
          });
        } catch (error) {
          // The Auto Scaling group is gone, and its hook with it.
          if (!(error instanceof AwsError && error.name === 'ValidationError')) throw error;
        }
      }
      tables.groups.delete(groupKey(applicationName, deploymentGroupName));
      return { hooksNotCleanedUp: [] };
    },
  };

  const get: Operation<GetDeploymentGroupInput, GetDeploymentGroupOutput> = {
    requires: ({ applicationName = '', deploymentGroupName = '' }) => ({
      action: 'codedeploy:GetDeploymentGroup',
      resource: groupArn(host, applicationName, deploymentGroupName),
    }),
    run: ({ applicationName, deploymentGroupName }) => ({
      deploymentGroupInfo: describeGroup(tables, findGroup(tables, applicationName, deploymentGroupName)),
    }),
  };
  const list: Operation<ListDeploymentGroupsInput, ListDeploymentGroupsOutput> = {
    requires: ({ applicationName = '' }) => ({
      action: 'codedeploy:ListDeploymentGroups',
      resource: applicationArn(host, applicationName),
    }),
    run: ({ applicationName }) => {
      const application = findApplication(tables, applicationName);
      const groups = tables.groups.values().filter((group) => group.applicationName === application.name);
      return { applicationName, deploymentGroups: groups.map(({ name }) => name) };
    },
  };

  return {
    CreateDeploymentGroup: create,
    UpdateDeploymentGroup: update,
    DeleteDeploymentGroup: remove,
    GetDeploymentGroup: get,
    ListDeploymentGroups: list,
  };
};

const withAutoScalingGroups = (group: GroupRecord, names: readonly string[]): GroupRecord => ({
  ...group,
  autoScalingGroups: names.map((name) => ({ name, hook: hookNameFor(group) })),
});

const checkSettings = (tables: CodeDeployTables, settings: GroupRecord['settings']) => {
  if (!settings.serviceRoleArn) throw new AwsError('RoleRequiredException', 'serviceRoleArn is required');
  findConfig(tables, settings.deploymentConfigName ?? DEFAULT_CONFIG);
  const { enabled, alarms = [] } = settings.alarmConfiguration ?? {};
  if (alarms.length > MOST_ALARMS)
    throw new AwsError(
      'AlarmsLimitExceededException',
      `A deployment group can have ${MOST_ALARMS} alarms; received ${alarms.length}.`,
    );
  const names = new Set(alarms.map(({ name }) => name));
  if (names.size < alarms.length || names.has(undefined) || names.has('') || (enabled && names.size === 0))
    throw new AwsError(
      'InvalidAlarmConfigException',
      `The alarm configuration needs alarms with a name each, no name twice; received ${JSON.stringify(settings.alarmConfiguration)}.`,
    );
};

/** @see https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_AlarmConfiguration.html */
const MOST_ALARMS = 10;

/** @throws AwsError for a blue/green group that could not deploy (T02, T04) */
const checkBlueGreen = (
  type: string | undefined,
  settings: GroupRecord['settings'],
  autoScalingGroups: readonly string[],
) => {
  if (type !== 'BLUE_GREEN') return;
  if (
    settings.blueGreenDeploymentConfiguration?.greenFleetProvisioningOption?.action !==
    'COPY_AUTO_SCALING_GROUP'
  ) {
    throw new AwsError(
      'InvalidGreenFleetProvisioningConfigurationException',
      'The emulator deploys blue/green with greenFleetProvisioningOption COPY_AUTO_SCALING_GROUP only.',
    );
  }
  if (autoScalingGroups.length !== 1) {
    throw new AwsError(
      'InvalidAutoScalingGroupException',
      `Exactly one AutoScaling group must be specified for a blue/green deployment group that copies it; received ${autoScalingGroups.length}.`,
    );
  }
  if ((settings.loadBalancerInfo?.targetGroupInfoList?.length ?? 0) === 0) {
    throw new AwsError(
      'LoadBalancerInfoRequiredException',
      'loadBalancerInfo.targetGroupInfoList must name the target group of a blue/green deployment group.',
    );
  }
};
