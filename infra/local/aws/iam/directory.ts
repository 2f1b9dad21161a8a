import { createHash } from 'node:crypto';
import type { PolicyDocument } from '../host.ts';
import type { Store, Table } from '../store.ts';
import { awsManagedPolicy, isAwsManaged } from './managed-policies.ts';
import { type Policy, readPolicy } from './policy.ts';

/** A role as the store keeps it. */
export interface RoleRecord {
  readonly arn: string;
  readonly roleName: string;
  readonly roleId: string;
  readonly path: string;
  readonly description?: string;
  /** Seconds. */
  readonly maxSessionDuration: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly trustPolicy: PolicyDocument;
  /** Documents by policy name. */
  readonly inlinePolicies: Readonly<Record<string, PolicyDocument>>;
  readonly managedPolicyArns: readonly string[];
  readonly permissionsBoundary?: string;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
}

/** A managed policy of this account. */
export interface ManagedPolicyRecord {
  readonly arn: string;
  readonly policyName: string;
  readonly policyId: string;
  readonly path: string;
  readonly description?: string;
  readonly createdAt: number;
  readonly document: PolicyDocument;
}

/** An instance profile: the role that an instance's processes run under. */
export interface InstanceProfileRecord {
  readonly arn: string;
  readonly instanceProfileName: string;
  readonly instanceProfileId: string;
  readonly path: string;
  readonly createdAt: number;
  readonly roleNames: readonly string[];
}

/** The policies that speak for a role. */
interface RolePolicies {
  readonly identity: readonly Policy[];
  readonly boundary: Policy | undefined;
}

/** Roles, policies and instance profiles of the account: the iam service writes them, the host asks them. */
export interface Directory {
  /** By role name. */
  readonly roles: Table<RoleRecord>;
  /** By ARN. */
  readonly managedPolicies: Table<ManagedPolicyRecord>;
  /** By instance profile name. */
  readonly instanceProfiles: Table<InstanceProfileRecord>;
  readonly roleByArn: (arn: string) => RoleRecord | undefined;
  /** @throws UnknownManagedPolicyError, MalformedPolicyError */
  readonly policiesOf: (role: RoleRecord) => RolePolicies;
}

/** Roles that AWS owns and equips with what its service needs. */
export const isServiceLinked = (roleArn: string): boolean => roleArn.includes(':role/aws-service-role/');

/**
 * A service-linked role as AWS makes it when its service first needs it, whether or not a stack asked for it.
 * @param path `/aws-service-role/<service>/`
 */
export const serviceLinkedRole = (arn: string, path: string, createdAt: number): RoleRecord => ({
  arn,
  path,
  createdAt,
  roleName: roleNameOf(arn),
  roleId: uniqueId('AROA', arn),
  maxSessionDuration: 3600,
  trustPolicy: {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: path.split('/')[2] ?? '' },
      Action: 'sts:AssumeRole',
    },
  },
  inlinePolicies: {},
  managedPolicyArns: [],
  tags: [],
});

/** The name in a role's ARN. */
export const roleNameOf = (roleArn: string): string => roleArn.slice(roleArn.lastIndexOf('/') + 1);

/** An id as IAM makes them (`AROA…`), the same for the same name. */
export const uniqueId = (prefix: 'AROA' | 'AIPA' | 'ANPA', name: string): string =>
  prefix + createHash('sha256').update(`${prefix} ${name}`).digest('hex').toUpperCase().slice(0, 17);

const serviceLinkedPolicy: PolicyDocument = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
};

/** The directory that a store holds. */
export const createDirectory = (store: Store): Directory => {
  const roles = store.table<RoleRecord>('iam.roles');
  const managedPolicies = store.table<ManagedPolicyRecord>('iam.managedPolicies');

  const managedPolicy = (arn: string, role: RoleRecord): Policy => {
    const own = managedPolicies.get(arn);
    if (!own && !isAwsManaged(arn)) {
      throw new Error(`Role ${role.roleName} has the managed policy ${arn}, which does not exist.`);
    }
    return readPolicy(own ? own.document : awsManagedPolicy(arn), arn);
  };

  return {
    roles,
    managedPolicies,
    instanceProfiles: store.table<InstanceProfileRecord>('iam.instanceProfiles'),
    roleByArn: (arn) => {
      const role = roles.get(roleNameOf(arn));
      if (role?.arn === arn) return role;
      return isServiceLinked(arn)
        ? serviceLinkedRole(arn, arn.slice(arn.indexOf(':role/') + 5, arn.lastIndexOf('/') + 1), 0)
        : undefined;
    },
    policiesOf: (role) => {
      if (isServiceLinked(role.arn)) {
        return { identity: [readPolicy(serviceLinkedPolicy, role.roleName)], boundary: undefined };
      }
      return {
        identity: [
          ...Object.entries(role.inlinePolicies).map(([name, document]) =>
            readPolicy(document, `${role.roleName}/${name}`),
          ),
          ...role.managedPolicyArns.map((arn) => managedPolicy(arn, role)),
        ],
        boundary:
          role.permissionsBoundary === undefined ? undefined : managedPolicy(role.permissionsBoundary, role),
      };
    },
  };
};
