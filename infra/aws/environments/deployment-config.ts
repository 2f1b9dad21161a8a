import { CfnDeploymentConfig } from 'aws-cdk-lib/aws-codedeploy';
import type { Construct } from 'constructs';
import type { DeploymentConfiguration } from '../../config.ts';

/** AWS's own deployment configurations, by what the configuration calls them. */
const predefined = {
  'one-at-a-time': 'CodeDeployDefault.OneAtATime',
  'half-at-a-time': 'CodeDeployDefault.HalfAtATime',
  'all-at-once': 'CodeDeployDefault.AllAtOnce',
} as const;

/**
 * Name of the CodeDeploy configuration that says how fast a deployment goes: AWS's, or one that is made here. In blue/green
 * it is the rate at which new instances join the load balancer.
 */
export const deploymentConfigName = (
  scope: Construct,
  id: string,
  configuration: DeploymentConfiguration,
): string =>
  typeof configuration === 'string'
    ? predefined[configuration]
    : new CfnDeploymentConfig(scope, id, {
        computePlatform: 'Server',
        minimumHealthyHosts: { type: 'FLEET_PERCENT', value: configuration.minimumHealthyPercent },
      }).ref;
