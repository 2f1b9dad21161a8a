import { ArnFormat, type Stack } from 'aws-cdk-lib';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** The role under which CodeDeploy deploys. */
export const createCodeDeployRole = (scope: Construct, id: string, description: string): Role =>
  new Role(scope, id, {
    description,
    assumedBy: new ServicePrincipal('codedeploy.amazonaws.com'),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSCodeDeployRole')],
  });

/** ARN of a deployment group. */
export const deploymentGroupArn = (stack: Stack, application: string, group: string): string =>
  stack.formatArn({
    service: 'codedeploy',
    resource: 'deploymentgroup',
    resourceName: `${application}/${group}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
