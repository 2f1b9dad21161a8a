import { type Conditions, Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from './nag-acknowledgements.ts';

/** What happened on each instance. CodeDeploy authorizes it on no deployment group. */
export const SEE_DEPLOYMENT_TARGETS = [
  'codedeploy:BatchGetDeploymentTargets',
  'codedeploy:ListDeploymentTargets',
];

/** Something that acts under a role of ours, and may do nothing until it is allowed to. */
export abstract class Grantee extends Construct {
  abstract readonly role: Role;

  /** Adds a permission. */
  allow(actions: readonly string[], resources: readonly string[], conditions?: Conditions): this {
    this.role.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        ...(conditions && { conditions }),
      }),
    );
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
