import { PhysicalName, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { environmentAccessVariables } from '../../../tasks/environment-access.ts';
import type { FunctionName } from '../../../tasks/functions.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import type { LockstepFunction } from '../lockstep-function.ts';
import { Grantee } from '../permissions.ts';
import { rolesOf } from '../service-principal.ts';

/** How Lockstep's functions act in an environment. */
export interface EnvironmentAccess {
  /** The stack that the environment is in, with its account and region. */
  readonly stack: Stack;
  /** The role that a function acts under there, to grant it permissions. */
  readonly of: (one: LockstepFunction<FunctionName>) => Grantee;
}

/** An environment with Lockstep itself: the functions act under their own roles. */
export const accessHere = (stack: Stack): EnvironmentAccess => ({ stack, of: (one) => one });

class RoleElsewhere extends Grantee {
  constructor(
    scope: Construct,
    id: string,
    readonly role: Role,
  ) {
    super(scope, id);
  }
}

/** An environment elsewhere: it has a role for each function that does something there, which that function alone may assume. */
export class AccessElsewhere extends Construct implements EnvironmentAccess {
  private readonly grantees = new Map<string, Grantee>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: { readonly application: string; readonly environment: Environment },
  ) {
    super(scope, id);
  }

  get stack(): Stack {
    return Stack.of(this);
  }

  of(one: LockstepFunction<FunctionName>): Grantee {
    const { application, environment } = this.props;
    const known = this.grantees.get(one.name);
    if (known) return known;
    const role = new Role(this, one.name, {
      description: `What ${one.name} of ${application} does in ${environment}`,
      roleName: PhysicalName.GENERATE_IF_NEEDED,
      assumedBy: rolesOf(Stack.of(one).account, [one.role.roleArn]),
    });
    one.allow(['sts:AssumeRole'], [role.roleArn]);
    const variables = environmentAccessVariables[environment];
    one.function.addEnvironment(variables.role, role.roleArn);
    one.function.addEnvironment(variables.region, this.stack.region);
    const grantee = new RoleElsewhere(this, `As ${one.name}`, role);
    this.grantees.set(one.name, grantee);
    return grantee;
  }
}
