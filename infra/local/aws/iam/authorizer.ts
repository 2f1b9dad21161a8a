import { type Access, AwsError, type PolicyDocument, type Principal } from '../host.ts';
import type { AccessRecorder } from './access-report.ts';
import type { RequestContext } from './conditions.ts';
import type { Directory, RoleRecord } from './directory.ts';
import { evaluate } from './evaluate.ts';
import { readPolicy } from './policy.ts';
import { type Account, callerArn, callerName, sessionNameFor } from './principals.ts';

/** Decides on accesses, and keeps count. */
interface Authorizer {
  /** @throws AwsError `AccessDeniedException` naming caller, action and resource */
  readonly authorize: (principal: Principal, accesses: Access | readonly Access[]) => void;
  /** @throws AwsError `AccessDenied` when the role does not exist or does not trust the service */
  readonly assumeRole: (roleArn: string, service: string, sourceArn: string) => Principal;
}

/** What the decisions rest upon. */
interface AuthorizerOptions extends Account {
  readonly region: string;
  readonly directory: Directory;
  readonly recorder: AccessRecorder;
  /** The policy attached to a resource, by the resource's ARN. */
  readonly resourcePolicy: (resourceArn: string) => PolicyDocument | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** An authorizer over the account's roles and the policies of resources. */
export const createAuthorizer = (options: AuthorizerOptions): Authorizer => {
  const { accountId, directory, recorder } = options;

  const check = (principal: Principal, access: Access): void => {
    const role = principal.kind === 'role' ? roleOf(directory, principal.roleArn) : undefined;
    const policies = role ? directory.policiesOf(role) : { identity: [], boundary: undefined };
    const document = options.resourcePolicy(access.resource);
    const decision = evaluate({
      action: access.action,
      resource: access.resource,
      context: contextOf(principal, role, access, options),
      caller: {
        accountId,
        arns: role ? [role.arn, callerArn(principal, options)] : [],
        ...(principal.kind === 'service' && { service: principal.service }),
      },
      identityPolicies: policies.identity,
      boundary: policies.boundary,
      resourcePolicy: document && readPolicy(document, `of ${access.resource}`),
    });
    const name = callerName(principal);
    if (decision.allowed) {
      recorder.allowed(name, access.action);
      return;
    }
    recorder.denied({ role: name, action: access.action, resource: access.resource });
    throw new AwsError(
      'AccessDeniedException',
      `User: ${callerArn(principal, options)} is not authorized to perform: ${access.action} ` +
        `on resource: ${access.resource} ${decision.reason}`,
    );
  };

  return {
    authorize: (principal, accesses) => {
      if (principal.kind === 'administrator') return;
      if ('action' in accesses) check(principal, accesses);
      else for (const access of accesses) check(principal, access);
    },
    assumeRole: (roleArn, service, sourceArn) => {
      try {
        check({ kind: 'service', service, sourceArn }, { action: 'sts:AssumeRole', resource: roleArn });
      } catch (error) {
        throw error instanceof AwsError ? new AwsError('AccessDenied', error.message, 403) : error;
      }
      return { kind: 'role', roleArn, sessionName: sessionNameFor(sourceArn) };
    },
  };
};

const roleOf = (directory: Directory, arn: string): RoleRecord => {
  const role = directory.roleByArn(arn);
  if (role) return role;
  throw new AwsError(
    'InvalidClientTokenId',
    `The security token included in the request is invalid: the role ${arn} does not exist.`,
    403,
  );
};

/** The global condition keys and the access's own, in lower case. */
const contextOf = (
  principal: Principal,
  role: RoleRecord | undefined,
  access: Access,
  { accountId, region, now }: AuthorizerOptions,
): RequestContext => {
  const context = new Map<string, readonly string[]>();
  const set = (key: string, value: string) => context.set(key.toLowerCase(), [value]);
  const time = now();
  set('aws:CurrentTime', new Date(time).toISOString());
  set('aws:EpochTime', String(Math.floor(time / 1000)));
  set('aws:RequestedRegion', region);
  set('aws:ResourceAccount', accountId);
  set('aws:SecureTransport', 'true');
  set('aws:ViaAWSService', 'false');
  set('aws:PrincipalIsAWSService', String(principal.kind === 'service'));
  if (principal.kind === 'service') {
    set('aws:PrincipalServiceName', principal.service);
    set('aws:SourceArn', principal.sourceArn);
    set('aws:SourceAccount', principal.sourceArn.split(':')[4] || accountId);
  }
  if (principal.kind === 'role' && role) {
    set('aws:PrincipalAccount', accountId);
    set('aws:PrincipalArn', role.arn);
    set('aws:PrincipalType', 'AssumedRole');
    set('aws:userid', `${role.roleId}:${principal.sessionName}`);
    for (const { Key, Value } of role.tags) set(`aws:PrincipalTag/${Key}`, Value);
  }
  for (const [key, value] of Object.entries(access.context ?? {})) {
    context.set(key.toLowerCase(), typeof value === 'string' ? [value] : value);
  }
  return context;
};
