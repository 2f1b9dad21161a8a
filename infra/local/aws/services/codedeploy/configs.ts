import type { DeploymentConfigInfo, MinimumHealthyHosts } from '@aws-sdk/client-codedeploy';
import { AwsError } from '../../host.ts';
import type { CodeDeployTables } from './records.ts';

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
