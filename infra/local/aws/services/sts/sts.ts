import type {
  AssumeRoleCommandInput,
  AssumeRoleCommandOutput,
  GetCallerIdentityCommandInput,
  GetCallerIdentityCommandOutput,
} from '@aws-sdk/client-sts';
import { AwsError, type Host, type Operation, type Principal, type Service } from '../../host.ts';
import { createDirectory } from '../../iam/directory.ts';
import { callerArn } from '../../iam/principals.ts';

/** The sts service: who somebody is, and taking on a role that trusts them. */
export const createStsService = (host: Host): Service => {
  const directory = createDirectory(host.store);

  const getCallerIdentity: Operation<
    GetCallerIdentityCommandInput,
    Omit<GetCallerIdentityCommandOutput, '$metadata'>
  > = {
    // AWS asks for no permission here, even where a policy denies it.
    requires: () => [],
    run: (_input, { principal }) => ({
      Account: host.accountId,
      Arn: callerArn(principal, host),
      UserId: userId(principal),
    }),
  };

  const assumeRole: Operation<AssumeRoleCommandInput, Omit<AssumeRoleCommandOutput, '$metadata'>> = {
    requires: ({ RoleArn = '' }) => ({ action: 'sts:AssumeRole', resource: RoleArn }),
    run: ({ RoleArn = '', RoleSessionName = '', DurationSeconds = 3600 }, { principal }) => {
      const role = directory.roleByArn(RoleArn);
      if (!role) {
        throw new AwsError(
          'AccessDenied',
          `User: ${callerArn(principal, host)} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
          403,
        );
      }
      if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName)) {
        throw new AwsError(
          'ValidationError',
          `1 validation error detected: Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint: ` +
            'Member must satisfy regular expression pattern: [\\w+=,.@-]*',
        );
      }
      const session: Principal = { kind: 'role', roleArn: role.arn, sessionName: RoleSessionName };
      const { accessKeyId, secretAccessKey, sessionToken } = host.credentialsFor(session);
      return {
        Credentials: {
          AccessKeyId: accessKeyId,
          SecretAccessKey: secretAccessKey,
          SessionToken: sessionToken,
          Expiration: new Date(host.clock.now() + DurationSeconds * 1000),
        },
        AssumedRoleUser: { Arn: callerArn(session, host), AssumedRoleId: userId(session) },
      };
    },
  };

  const userId = (principal: Principal): string => {
    if (principal.kind !== 'role')
      return principal.kind === 'service' ? principal.service : 'AIDAADMINISTRATOR';
    return `${directory.roleByArn(principal.roleArn)?.roleId ?? 'AROA'}:${principal.sessionName}`;
  };

  return {
    name: 'sts',
    operations: { GetCallerIdentity: getCallerIdentity, AssumeRole: assumeRole },
    resources: {},
  };
};
