import type {
  DeploymentConfigInfo,
  GetDeploymentConfigInput,
  GetDeploymentConfigOutput,
  MinimumHealthyHosts,
} from '@aws-sdk/client-codedeploy';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { type CodeDeployTables, codeDeployArn } from './records.ts';

/** AWS's own configurations for instances, as GetDeploymentConfig gives them. */
const predefined: Readonly<Record<string, MinimumHealthyHosts>> = {
  'CodeDeployDefault.AllAtOnce': { type: 'FLEET_PERCENT', value: 0 },
  'CodeDeployDefault.HalfAtATime': { type: 'FLEET_PERCENT', value: 50 },
  'CodeDeployDefault.OneAtATime': { type: 'FLEET_PERCENT', value: 99 },
};

/** What a group or deployment uses that names no configuration. */
export const DEFAULT_CONFIG = 'CodeDeployDefault.OneAtATime';

/** @throws AwsError `DeploymentConfigDoesNotExistException` */
export const findConfig = (tables: CodeDeployTables, name: string): DeploymentConfigInfo => {
  const own = tables.configs.get(name);
  const minimumHealthyHosts = own?.minimumHealthyHosts ?? predefined[name];
  if (!minimumHealthyHosts) {
    throw new AwsError(
      'DeploymentConfigDoesNotExistException',
      `No Deployment Configuration found for name: ${name}. For instances there are ${Object.keys(predefined).join(', ')} and your own.`,
    );
  }
  return {
    deploymentConfigName: name,
    minimumHealthyHosts,
    computePlatform: 'Server',
    ...(own ? { deploymentConfigId: own.id, createTime: new Date(own.createdAt) } : {}),
  };
};

/** GetDeploymentConfig. */
export const configOperations = (host: Host, tables: CodeDeployTables): Record<string, Operation> => {
  const get: Operation<GetDeploymentConfigInput, GetDeploymentConfigOutput> = {
    requires: ({ deploymentConfigName }) => ({
      action: 'codedeploy:GetDeploymentConfig',
      resource: codeDeployArn(host, `deploymentconfig:${deploymentConfigName}`),
    }),
    run: ({ deploymentConfigName = '' }) => ({
      deploymentConfigInfo: findConfig(tables, deploymentConfigName),
    }),
  };
  return { GetDeploymentConfig: get };
};
