import type {
  DeleteUserPoolCommandInput,
  UpdateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { type PoolTables, poolArn } from './pools.ts';

/** Changing a pool's protection, and deleting it. */
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

  return { UpdateUserPool: update, DeleteUserPool: remove };
};
