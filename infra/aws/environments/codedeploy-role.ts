import { ArnFormat, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeManagedPolicy } from '../nag-acknowledgements.ts';
import { forResource } from '../service-principal.ts';

/** The role under which CodeDeploy deploys to one deployment group. */
export function createCodeDeployRole(
  scope: Construct,
  id: string,
  { description, deploymentGroupArn: group }: { description: string; deploymentGroupArn: string },
): Role {
  const role = new Role(scope, id, {
    description,
    assumedBy: forResource('codedeploy.amazonaws.com', Stack.of(scope), group),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSCodeDeployRole')],
  });
  acknowledgeManagedPolicy(
    role,
    'service-role/AWSCodeDeployRole',
    "CodeDeploy demands AWS's policy of its service role; it names and finds the groups that it makes by itself, and AWS changes the policy along with that.",
  );
  return role;
}

/** ARN of a deployment group. */
export const deploymentGroupArn = (stack: Stack, application: string, group: string): string =>
  stack.formatArn({
    service: 'codedeploy',
    resource: 'deploymentgroup',
    resourceName: `${application}/${group}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
