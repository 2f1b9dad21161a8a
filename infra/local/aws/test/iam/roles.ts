import type { PolicyDocument, PolicyStatement } from '../../host.ts';
import { createDirectory, type RoleRecord } from '../../iam/directory.ts';
import type { Store } from '../../store.ts';

/** A policy document of these statements. */
export const policyOf = (...Statement: readonly PolicyStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement,
});

/** Puts a role into the directory as the iam service would. */
export const putRole = (store: Store, roleName: string, more: Partial<RoleRecord> = {}): RoleRecord => {
  const role: RoleRecord = {
    arn: `arn:aws:iam::000000000000:role/${roleName}`,
    roleName,
    roleId: `AROA${roleName.toUpperCase()}`,
    path: '/',
    maxSessionDuration: 3600,
    createdAt: 0,
    trustPolicy: policyOf(),
    inlinePolicies: {},
    managedPolicyArns: [],
    tags: [],
    ...more,
  };
  createDirectory(store).roles.put(roleName, role);
  return role;
};
