import { ArnFormat, Stack } from 'aws-cdk-lib';
import { type Conditions, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { acknowledgeWildcards } from './nag-acknowledgements.ts';

/** What a pipeline's action deploys to: an environment's CodeDeploy application and group. */
export interface DeployTarget {
  readonly codeDeployApplication: string;
  readonly deploymentGroupArn: string;
  readonly deploymentConfig: string;
}

/** What happened on each instance. CodeDeploy authorizes it on no deployment group. */
export const SEE_DEPLOYMENT_TARGETS = [
  'codedeploy:BatchGetDeploymentTargets',
  'codedeploy:ListDeploymentTargets',
];

/** Adds a permission to a role. */
export const allow = (
  role: Role,
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Conditions,
): void => {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [...resources],
      ...(conditions && { conditions }),
    }),
  );
};

/**
 * Makes a resource wait until a role has its permissions, because its service checks them when it is made. The resource names the
 * role itself.
 */
export const awaitPermissions = (resource: IConstruct, role: Role): void =>
  resource.node.addDependency(role.node.findChild('DefaultPolicy'));

/** Lets a pipeline's action create deployments. */
export function allowDeployments(
  role: Role,
  { codeDeployApplication, deploymentGroupArn, deploymentConfig }: DeployTarget,
): void {
  const codeDeploy = (resource: string, resourceName: string) =>
    Stack.of(role).formatArn({
      service: 'codedeploy',
      resource,
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  allow(
    role,
    [
      'codedeploy:GetApplication',
      'codedeploy:GetApplicationRevision',
      'codedeploy:RegisterApplicationRevision',
    ],
    [codeDeploy('application', codeDeployApplication)],
  );
  allow(role, ['codedeploy:CreateDeployment', 'codedeploy:GetDeployment'], [deploymentGroupArn]);
  allow(role, ['codedeploy:GetDeploymentConfig'], [codeDeploy('deploymentconfig', deploymentConfig)]);
}

/** Something that acts under a role of ours, and may do nothing until it is allowed to. */
export abstract class Grantee extends Construct {
  abstract readonly role: Role;

  /** Adds a permission. */
  allow(actions: readonly string[], resources: readonly string[], conditions?: Conditions): this {
    allow(this.role, actions, resources, conditions);
    return this;
  }

  /** Adds actions that AWS authorizes on no resource, so that none can be named (Service Authorization Reference). */
  allowWithoutResource(...actions: readonly string[]): this {
    acknowledgeWildcards(this.role, `AWS authorizes ${actions.join(', ')} on no particular resource.`, '*');
    return this.allow(actions, ['*']);
  }

  /** Adds a permission on resources whose ARNs have a star in them. @param reason why they cannot be named exactly */
  allowWithWildcard(
    actions: readonly string[],
    resources: readonly string[],
    reason: string,
    conditions?: Conditions,
  ): this {
    acknowledgeWildcards(this.role, reason, ...resources);
    return this.allow(actions, resources, conditions);
  }
}
