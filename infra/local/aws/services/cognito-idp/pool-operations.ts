import type {
  DeleteUserPoolCommandInput,
  DescribeUserPoolCommandInput,
  DescribeUserPoolCommandOutput,
  UpdateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { type PoolTables, poolArn } from './pools.ts';

/** Looking at a pool, changing its protection, and deleting it. */
export const poolOperations = (host: Host, tables: PoolTables): Readonly<Record<string, Operation>> => {
  const find = (id = '') => {
    const pool = tables.pools.get(id);
    if (pool) return pool;
    throw new AwsError('ResourceNotFoundException', `User pool ${id} does not exist.`);
  };
  const on =
    (action: string) =>
    ({ UserPoolId = '' }: { UserPoolId?: string | undefined }) => ({
      action: `cognito-idp:${action}`,
      resource: poolArn(host, UserPoolId),
    });

  const update: Operation<UpdateUserPoolCommandInput, object> = {
    requires: on('UpdateUserPool'),
    run: ({ UserPoolId, DeletionProtection, ...others }) => {
      const pool = find(UserPoolId);
      const [other] = Object.keys(others);
      if (other !== undefined || DeletionProtection === undefined)
        throw new AwsError(
          'InvalidParameterException',
          `The emulator updates DeletionProtection of a user pool and nothing else; received ${other}.`,
        );
      tables.pools.put(pool.id, { ...pool, isProtected: DeletionProtection === 'ACTIVE' });
      return {};
    },
  };

  const remove: Operation<DeleteUserPoolCommandInput, object> = {
    requires: on('DeleteUserPool'),
    run: ({ UserPoolId }) => {
      const { id, isProtected } = find(UserPoolId);
      if (isProtected)
        throw new AwsError(
          'InvalidParameterException',
          'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
        );
      tables.pools.delete(id);
      tables.keys.delete(id);
      return {};
    },
  };

  const describe: Operation<
    DescribeUserPoolCommandInput,
    Omit<DescribeUserPoolCommandOutput, '$metadata'>
  > = {
    requires: on('DescribeUserPool'),
    run: ({ UserPoolId }) => {
      const { id, name, isProtected } = find(UserPoolId);
      return {
        UserPool: {
          Id: id,
          Name: name,
          Arn: poolArn(host, id),
          DeletionProtection: isProtected ? 'ACTIVE' : 'INACTIVE',
        },
      };
    },
  };

  return { DescribeUserPool: describe, UpdateUserPool: update, DeleteUserPool: remove };
};
