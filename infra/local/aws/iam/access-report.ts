import type { Store } from '../store.ts';
import type { Directory } from './directory.ts';
import { isServiceLinked } from './directory.ts';
import { matchesPattern, preparePattern } from './patterns.ts';
import { readPolicy } from './policy.ts';

/** An access that policies did not allow. */
interface DeniedAccess {
  /** The role's name, or the service principal. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** What the policies were asked, over all runs of a state directory. */
export interface AccessReport {
  /** How many accesses of roles and services were allowed. */
  readonly allowed: number;
  /** Each once, in the order in which they first happened. */
  readonly denied: readonly DeniedAccess[];
  /** Actions that a policy of the stack grants to a role and that no call needed. */
  readonly unused: readonly { readonly role: string; readonly action: string }[];
}

/** Keeps count of what policies allowed and denied. */
export interface AccessRecorder {
  readonly allowed: (role: string, action: string) => void;
  readonly denied: (access: DeniedAccess) => void;
  readonly report: () => AccessReport;
}

/** A recorder whose counts outlive the process. */
export const createAccessRecorder = (store: Store, directory: Directory): AccessRecorder => {
  const counts = store.table<number>('iam.allowed');
  const used = store.table<true>('iam.used');
  const denied = store.table<DeniedAccess>('iam.denied');

  return {
    allowed: (role, action) => {
      counts.put('total', (counts.get('total') ?? 0) + 1);
      const key = `${role} ${action.toLowerCase()}`;
      if (!used.has(key)) used.put(key, true);
    },
    denied: (access) => {
      const key = `${access.role} ${access.action} ${access.resource}`;
      if (!denied.has(key)) denied.put(key, access);
    },
    report: () => ({
      allowed: counts.get('total') ?? 0,
      denied: denied.values(),
      // Takes a look at every policy, and is asked for once, at the end; denials are looked for all the time.
      get unused() {
        return unusedGrants(directory, used.keys());
      },
    }),
  };
};

/** Leaves out AWS's own policies: nobody can make them narrower. */
const unusedGrants = (directory: Directory, usedKeys: readonly string[]): AccessReport['unused'] =>
  directory.roles
    .values()
    .filter((role) => !isServiceLinked(role.arn))
    .flatMap((role) => {
      const used = usedKeys
        .filter((key) => key.startsWith(`${role.roleName} `))
        .map((key) => key.slice(role.roleName.length + 1));
      const documents = [
        ...Object.values(role.inlinePolicies),
        ...role.managedPolicyArns.flatMap((arn) => directory.managedPolicies.get(arn)?.document ?? []),
      ];
      const granted = documents.flatMap((document) => readPolicy(document, role.roleName).grantedActions);
      return [...new Set(granted)]
        .filter(
          (action) => !used.some((one) => matchesPattern(preparePattern(action.toLowerCase()) ?? '', one)),
        )
        .map((action) => ({ role: role.roleName, action }));
    });
