import type {
  GetInstanceProfileCommandInput,
  GetInstanceProfileCommandOutput,
  InstanceProfile,
  Role,
} from '@aws-sdk/client-iam';
import { AwsError, type Host, type Operation, type PolicyDocument, type Service } from '../../host.ts';
import {
  createDirectory,
  type Directory,
  type InstanceProfileRecord,
  type RoleRecord,
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
    GetInstanceProfile: getInstanceProfile,
  };
};

const noSuchEntity = (message: string): AwsError => new AwsError('NoSuchEntity', message, 404);

const findRole = (directory: Directory, roleName = ''): RoleRecord => {
  const role = directory.roles.get(roleName);
  if (!role) throw noSuchEntity(`The role with name ${roleName} cannot be found.`);
  return role;
};

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
