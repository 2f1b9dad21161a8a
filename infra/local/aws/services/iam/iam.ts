import type {
  GetInstanceProfileCommandInput,
  GetInstanceProfileCommandOutput,
  GetPolicyCommandInput,
  GetPolicyCommandOutput,
  GetRoleCommandInput,
  GetRoleCommandOutput,
  GetRolePolicyCommandInput,
  GetRolePolicyCommandOutput,
  InstanceProfile,
  ListAttachedRolePoliciesCommandInput,
  ListAttachedRolePoliciesCommandOutput,
  ListRolePoliciesCommandInput,
  ListRolePoliciesCommandOutput,
  ListRolesCommandInput,
  ListRolesCommandOutput,
  Role,
} from '@aws-sdk/client-iam';
import { AwsError, type Host, type Operation, type PolicyDocument, type Service } from '../../host.ts';
import {
  createDirectory,
  type Directory,
  type InstanceProfileRecord,
  type RoleRecord,
  roleNameOf,
} from '../../iam/directory.ts';
import { managedPolicyProvider, policyProvider } from './policies.ts';
import { instanceProfileProvider, serviceLinkedRoleProvider } from './profiles.ts';
import { type IamContext, roleProvider } from './role.ts';

type Output<Command> = Omit<Command, '$metadata'>;

/** The iam service: roles, their policies and instance profiles. */
export const createIamService = (host: Host): Service => {
  const directory = createDirectory(host.store);
  const iam: IamContext = {
    directory,
    accountId: host.accountId,
    partition: host.partition,
    now: host.clock.now,
  };
  return {
    name: 'iam',
    operations: operations(iam),
    resources: {
      'AWS::IAM::Role': roleProvider(iam),
      'AWS::IAM::Policy': policyProvider(iam),
      'AWS::IAM::ManagedPolicy': managedPolicyProvider(iam),
      'AWS::IAM::InstanceProfile': instanceProfileProvider(iam),
      'AWS::IAM::ServiceLinkedRole': serviceLinkedRoleProvider(iam),
    },
    resourcePolicy: (arn) => directory.roleByArn(arn)?.trustPolicy,
  };
};

const operations = (iam: IamContext): Service['operations'] => {
  const { directory } = iam;
  const needs = (action: string) => (input: { RoleName?: string | undefined }) => ({
    action: `iam:${action}`,
    resource: roleArn(iam, input.RoleName ?? ''),
  });

  const getRole: Operation<GetRoleCommandInput, Output<GetRoleCommandOutput>> = {
    requires: needs('GetRole'),
    run: ({ RoleName }) => ({ Role: describeRole(findRole(directory, RoleName)) }),
  };
  const listRoles: Operation<ListRolesCommandInput, Output<ListRolesCommandOutput>> = {
    requires: () => ({ action: 'iam:ListRoles', resource: '*' }),
    run: ({ PathPrefix = '/' }) => ({
      Roles: directory.roles
        .values()
        .filter((role) => role.path.startsWith(PathPrefix))
        .map(describeRole),
      IsTruncated: false,
    }),
  };
  const getRolePolicy: Operation<GetRolePolicyCommandInput, Output<GetRolePolicyCommandOutput>> = {
    requires: needs('GetRolePolicy'),
    run: ({ RoleName, PolicyName = '' }) => {
      const role = findRole(directory, RoleName);
      const document = role.inlinePolicies[PolicyName];
      if (!document) throw noSuchEntity(`The role policy with name ${PolicyName} cannot be found.`);
      return { RoleName: role.roleName, PolicyName, PolicyDocument: encodeDocument(document) };
    },
  };
  const listRolePolicies: Operation<ListRolePoliciesCommandInput, Output<ListRolePoliciesCommandOutput>> = {
    requires: needs('ListRolePolicies'),
    run: ({ RoleName }) => ({
      PolicyNames: Object.keys(findRole(directory, RoleName).inlinePolicies),
      IsTruncated: false,
    }),
  };
  const listAttachedRolePolicies: Operation<
    ListAttachedRolePoliciesCommandInput,
    Output<ListAttachedRolePoliciesCommandOutput>
  > = {
    requires: needs('ListAttachedRolePolicies'),
    run: ({ RoleName }) => ({
      AttachedPolicies: findRole(directory, RoleName).managedPolicyArns.map((arn) => ({
        PolicyArn: arn,
        PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
      })),
      IsTruncated: false,
    }),
  };
  const getPolicy: Operation<GetPolicyCommandInput, Output<GetPolicyCommandOutput>> = {
    requires: ({ PolicyArn = '' }) => ({ action: 'iam:GetPolicy', resource: PolicyArn }),
    run: ({ PolicyArn = '' }) => {
      const policy = directory.managedPolicies.get(PolicyArn);
      if (!policy) throw noSuchEntity(`Policy ${PolicyArn} does not exist or is not attachable.`);
      return {
        Policy: {
          Arn: policy.arn,
          PolicyName: policy.policyName,
          PolicyId: policy.policyId,
          Path: policy.path,
          CreateDate: new Date(policy.createdAt),
          ...(policy.description !== undefined && { Description: policy.description }),
        },
      };
    },
  };
  const getInstanceProfile: Operation<
    GetInstanceProfileCommandInput,
    Output<GetInstanceProfileCommandOutput>
  > = {
    requires: ({ InstanceProfileName = '' }) => ({
      action: 'iam:GetInstanceProfile',
      resource:
        directory.instanceProfiles.get(InstanceProfileName)?.arn ??
        `arn:${iam.partition}:iam::${iam.accountId}:instance-profile/${InstanceProfileName}`,
    }),
    run: ({ InstanceProfileName = '' }) => {
      const profile = directory.instanceProfiles.get(InstanceProfileName);
      if (!profile) throw noSuchEntity(`Instance Profile ${InstanceProfileName} cannot be found.`);
      return { InstanceProfile: describeProfile(directory, profile) };
    },
  };

  return {
    GetRole: getRole,
    ListRoles: listRoles,
    GetRolePolicy: getRolePolicy,
    ListRolePolicies: listRolePolicies,
    ListAttachedRolePolicies: listAttachedRolePolicies,
    GetPolicy: getPolicy,
    GetInstanceProfile: getInstanceProfile,
  };
};

const noSuchEntity = (message: string): AwsError => new AwsError('NoSuchEntity', message, 404);

const findRole = (directory: Directory, roleName = ''): RoleRecord => {
  const role = directory.roles.get(roleName);
  if (!role) throw noSuchEntity(`The role with name ${roleName} cannot be found.`);
  return role;
};

const roleArn = ({ directory, accountId, partition }: IamContext, roleName: string): string =>
  directory.roles.get(roleName)?.arn ?? `arn:${partition}:iam::${accountId}:role/${roleNameOf(roleName)}`;

/** IAM gives policy documents as URL-encoded JSON (RFC 3986). */
const encodeDocument = (document: PolicyDocument): string => encodeURIComponent(JSON.stringify(document));

const describeRole = (role: RoleRecord): Role => ({
  Arn: role.arn,
  RoleName: role.roleName,
  RoleId: role.roleId,
  Path: role.path,
  CreateDate: new Date(role.createdAt),
  AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
  MaxSessionDuration: role.maxSessionDuration,
  Tags: [...role.tags],
  ...(role.description !== undefined && { Description: role.description }),
});

const describeProfile = (directory: Directory, profile: InstanceProfileRecord): InstanceProfile => ({
  Arn: profile.arn,
  InstanceProfileName: profile.instanceProfileName,
  InstanceProfileId: profile.instanceProfileId,
  Path: profile.path,
  CreateDate: new Date(profile.createdAt),
  Roles: profile.roleNames.map((name) => describeRole(findRole(directory, name))),
});
