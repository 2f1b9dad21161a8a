import type {
  AdminAddUserToGroupCommandInput,
  AdminGetUserCommandInput,
  AdminGetUserCommandOutput,
  AdminListGroupsForUserCommandInput,
  AdminListGroupsForUserCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { membershipKey, type PoolTables, type PoolUser, poolArn, usersOf } from './pools.ts';

type Answer<Output> = Omit<Output, '$metadata'>;
type GroupInput = Pick<AdminAddUserToGroupCommandInput, 'UserPoolId' | 'Username' | 'GroupName'>;

const userNotFound = () => new AwsError('UserNotFoundException', 'User does not exist.');

/** Who is in a pool and in which group of it: asking, putting in and taking out. */
export const userOperations = (host: Host, tables: PoolTables): Readonly<Record<string, Operation>> => {
  const on =
    (action: string) =>
    ({ UserPoolId = '' }: Partial<GroupInput>) => ({
      action: `cognito-idp:${action}`,
      resource: poolArn(host, UserPoolId),
    });
  const find = ({ UserPoolId = '', Username = '' }: Partial<GroupInput>): PoolUser => {
    if (!tables.pools.get(UserPoolId))
      throw new AwsError('ResourceNotFoundException', `User pool ${UserPoolId} does not exist.`);
    const user = usersOf(tables, UserPoolId).find(({ name, sub }) => name === Username || sub === Username);
    if (!user) throw userNotFound();
    return user;
  };
  const change = (action: string, isMember: boolean): Operation<GroupInput, Record<string, never>> => ({
    requires: on(action),
    run: (input) => {
      const { name } = find(input);
      const { UserPoolId = '', GroupName = '' } = input;
      if (!tables.groups.values().some((one) => one.userPoolId === UserPoolId && one.name === GroupName))
        throw new AwsError('ResourceNotFoundException', 'Group not found.');
      tables.memberships.put(membershipKey(UserPoolId, GroupName, name), { isMember });
      return {};
    },
  });
  const list: Operation<AdminListGroupsForUserCommandInput, Answer<AdminListGroupsForUserCommandOutput>> = {
    requires: on('AdminListGroupsForUser'),
    run: (input) => {
      const { items, nextToken } = page(find(input).groups, input.NextToken, input.Limit, {
        errorName: 'InvalidParameterException',
      });
      return {
        Groups: items.map((GroupName) => ({ GroupName, UserPoolId: input.UserPoolId })),
        ...(nextToken && { NextToken: nextToken }),
      };
    },
  };
  const get: Operation<AdminGetUserCommandInput, Answer<AdminGetUserCommandOutput>> = {
    requires: on('AdminGetUser'),
    run: (input) => {
      const { name, provider, attributes } = find(input);
      return {
        Username: name,
        Enabled: true,
        UserStatus: provider === undefined ? 'CONFIRMED' : 'EXTERNAL_PROVIDER',
        UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
      };
    },
  };
  return {
    AdminGetUser: get,
    AdminListGroupsForUser: list,
    AdminAddUserToGroup: change('AdminAddUserToGroup', true),
    AdminRemoveUserFromGroup: change('AdminRemoveUserFromGroup', false),
  };
};
