import { randomUUID } from 'node:crypto';
import type { GetDeploymentGroupOutput } from '@aws-sdk/client-codedeploy';
import { readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type Principal,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
} from '../../host.ts';
import { type CodeDeployTables, groupKey } from './records.ts';

const administrator: Principal = { kind: 'administrator' };

/** `AWS::CodeDeploy::Application`: a changed name or platform replaces it. */
export const applicationProvider = (host: Host, tables: CodeDeployTables): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::CodeDeploy::Application', context, properties);
    reader.only('ApplicationName', 'ComputePlatform', 'Tags');
    if ((reader.optionalString('ComputePlatform') ?? 'Server') !== 'Server')
      throw reader.error('ComputePlatform', 'must be Server in the emulator');
    const name = reader.optionalString('ApplicationName') ?? context.generatedName(100);
    if (!tables.applications.has(name))
      tables.applications.put(name, { name, id: randomUUID(), createdAt: host.clock.now() });
    return { physicalId: name, attributes: {} };
  };
  return {
    create: put,
    update: put,
    delete: ({ physicalId }) => {
      for (const [key, group] of tables.groups.entries())
        if (group.applicationName === physicalId) tables.groups.delete(key);
      tables.applications.delete(physicalId);
    },
  };
};

/** `AWS::CodeDeploy::DeploymentConfig`: every change replaces it, so a changed one needs another name. */
export const deploymentConfigProvider = (host: Host, tables: CodeDeployTables): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::CodeDeploy::DeploymentConfig', context, properties);
    reader.only('DeploymentConfigName', 'MinimumHealthyHosts', 'ComputePlatform');
    const hosts = reader.at('MinimumHealthyHosts');
    const type = hosts.string('Type');
    if (type !== 'HOST_COUNT' && type !== 'FLEET_PERCENT')
      throw hosts.error('Type', 'must be HOST_COUNT or FLEET_PERCENT');
    const name = reader.optionalString('DeploymentConfigName') ?? context.generatedName(100);
    tables.configs.put(name, {
      name,
      id: tables.configs.get(name)?.id ?? randomUUID(),
      createdAt: tables.configs.get(name)?.createdAt ?? host.clock.now(),
      minimumHealthyHosts: { type, value: hosts.number('Value') },
    });
    return { physicalId: name, attributes: {} };
  };
  return { create: put, update: put, delete: ({ physicalId }) => tables.configs.delete(physicalId) };
};

/** Properties of a deployment group that are sent on as they are, with a small first letter at every level. */
const sentOn = [
  'ServiceRoleArn',
  'DeploymentConfigName',
  'DeploymentStyle',
  'LoadBalancerInfo',
  'AutoRollbackConfiguration',
  'OutdatedInstancesStrategy',
] as const;

/**
 * `AWS::CodeDeploy::DeploymentGroup` that deploys in place. Blue/green with a copied Auto Scaling group fails with
 * CloudFormation's own words (T01). A changed application or name replaces the group.
 */
export const deploymentGroupProvider = (host: Host, tables: CodeDeployTables): ResourceProvider => {
  const call = <Output = object>(operation: string, input: object) =>
    host.call<Output>(administrator, 'codedeploy', operation, input);

  const read = (properties: ResourceProperties, context: ResourceContext) => {
    const reader = readProperties('AWS::CodeDeploy::DeploymentGroup', context, properties);
    reader.only(
      'ApplicationName',
      'DeploymentGroupName',
      'Ec2TagFilters',
      'Ec2TagSet',
      'AutoScalingGroups',
      'BlueGreenDeploymentConfiguration',
      'AlarmConfiguration',
      'TriggerConfigurations',
      'TerminationHookEnabled',
      'Tags',
      ...sentOn,
    );
    if (reader.optionalAt('DeploymentStyle')?.optionalString('DeploymentType') === 'BLUE_GREEN') {
      throw reader.has('AutoScalingGroups')
        ? reader.error(
            'AutoScalingGroups',
            'cannot be specified (Property AutoScalingGroups cannot be specified)',
          )
        : reader.error('AutoScalingGroups', 'is missing (Exactly one AutoScaling group must be specified)');
    }
    reader.string('ServiceRoleArn');
    const tagSet = reader.optionalAt('Ec2TagSet');
    const groups = tagSet?.each('Ec2TagSetList') ?? [];
    return {
      applicationName: reader.string('ApplicationName'),
      name: reader.optionalString('DeploymentGroupName') ?? context.generatedName(100),
      autoScalingGroups: reader.strings('AutoScalingGroups'),
      settings: {
        ...Object.fromEntries(
          sentOn.flatMap((name) => {
            const value = properties[name];
            return value === undefined ? [] : [[lowerFirst(name), lowerKeys(value)]];
          }),
        ),
        ...(reader.has('Ec2TagFilters') ? { ec2TagFilters: properties.Ec2TagFilters } : {}),
        ...(tagSet
          ? { ec2TagSet: { ec2TagSetList: groups.map((group) => group.each('Ec2TagGroup').map(tagFilter)) } }
          : {}),
      },
    };
  };

  const create: ResourceProvider['create'] = async (properties, context) => {
    const { applicationName, name, autoScalingGroups, settings } = read(properties, context);
    if (!tables.groups.has(groupKey(applicationName, name))) {
      await call('CreateDeploymentGroup', {
        applicationName,
        deploymentGroupName: name,
        autoScalingGroups,
        ...settings,
      });
    }
    return { physicalId: name, attributes: {} };
  };

  return {
    create,
    update: async (properties, context, { state, properties: before }) => {
      const { applicationName, name, autoScalingGroups, settings } = read(properties, context);
      if (name !== state.physicalId || applicationName !== before.ApplicationName)
        return create(properties, context);
      await call('UpdateDeploymentGroup', {
        applicationName,
        currentDeploymentGroupName: name,
        autoScalingGroups,
        ...settings,
      });
      return { physicalId: name, attributes: {} };
    },
    delete: async ({ physicalId }, _context, { ApplicationName }) => {
      const input = { applicationName: ApplicationName, deploymentGroupName: physicalId };
      try {
        await call<GetDeploymentGroupOutput>('GetDeploymentGroup', input);
      } catch (error) {
        if (error instanceof AwsError && error.name.endsWith('DoesNotExistException')) return;
        throw error;
      }
      await call('DeleteDeploymentGroup', input);
    },
  };
};

const tagFilter = (reader: ReturnType<typeof readProperties>) => {
  const [Key, Value, Type] = ['Key', 'Value', 'Type'].map((name) => reader.optionalString(name));
  return { Key, Value, Type };
};

const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

const lowerKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lowerKeys);
  if (typeof value !== 'object' || value === null)
    return value === 'true' ? true : value === 'false' ? false : value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [lowerFirst(key), lowerKeys(item)]));
};
