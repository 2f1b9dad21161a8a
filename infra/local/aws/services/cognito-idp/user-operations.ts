import type {
  AdminAddUserToGroupCommandInput,
  AdminGetUserCommandInput,
  AdminGetUserCommandOutput,
  AdminListGroupsForUserCommandInput,
  AdminListGroupsForUserCommandOutput,
  ListUsersInGroupCommandInput,
  ListUsersInGroupCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { membershipKey, type PoolTables, type PoolUser, poolArn, usersOf } from './pools.ts';

type Answer<Output> = Omit<Output, '$metadata'>;
type GroupInput = Pick<AdminAddUserToGroupCommandInput, 'UserPoolId' | 'Username' | 'GroupName'>;

const userNotFound = () => new AwsError('UserNotFoundException', 'User does not exist.');

const userTypeOf = ({ name, provider, attributes }: PoolUser) => ({
  Username: name,
  Enabled: true,
  UserStatus: provider === undefined ? ('CONFIRMED' as const) : ('EXTERNAL_PROVIDER' as const),
  Attributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
});

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
  const requireGroup = (poolId: string, group: string): void => {
    if (!tables.groups.values().some((one) => one.userPoolId === poolId && one.name === group))
      throw new AwsError('ResourceNotFoundException', 'Group not found.');
  };
  const change = (action: string, isMember: boolean): Operation<GroupInput, Record<string, never>> => ({
    requires: on(action),
    run: (input) => {
      const { name } = find(input);
      const { UserPoolId = '', GroupName = '' } = input;
      requireGroup(UserPoolId, GroupName);
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
  const members: Operation<ListUsersInGroupCommandInput, Answer<ListUsersInGroupCommandOutput>> = {
    requires: on('ListUsersInGroup'),
    run: ({ UserPoolId = '', GroupName = '', NextToken, Limit }) => {
      requireGroup(UserPoolId, GroupName);
      const found = usersOf(tables, UserPoolId).filter(({ groups }) => groups.includes(GroupName));
      const { items, nextToken } = page(found, NextToken, Limit, { errorName: 'InvalidParameterException' });
      return { Users: items.map(userTypeOf), ...(nextToken && { NextToken: nextToken }) };
    },
  };
  const get: Operation<AdminGetUserCommandInput, Answer<AdminGetUserCommandOutput>> = {
    requires: on('AdminGetUser'),
    run: (input) => {
      const { Attributes, ...user } = userTypeOf(find(input));
      return { ...user, UserAttributes: Attributes };
    },
  };
  return {
    AdminGetUser: get,
    AdminListGroupsForUser: list,
    ListUsersInGroup: members,
    AdminAddUserToGroup: change('AdminAddUserToGroup', true),
    AdminRemoveUserFromGroup: change('AdminRemoveUserFromGroup', false),
  };
};
