import type { LifecycleHook, RefreshPreferences, ScalingPolicy } from '@aws-sdk/client-auto-scaling';
import { AwsError, type Host } from '../../host.ts';
import type { Table } from '../../store.ts';

/** A tag of a group; those that propagate are given to its instances at launch. */
export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagate: boolean;
}

/** A launch template as a group refers to it; the version is resolved at each launch. */
export interface LaunchTemplateUse {
  readonly id: string;
  readonly name: string;
  /** A number, `$Latest` or `$Default`. */
  readonly version: string;
}

/** One place in a group and the instance in it. */
export interface Slot {
  /** Makes launching again after a crash find the same instance. */
  readonly token: string;
  readonly state: 'Pending' | 'Pending:Wait' | 'InService' | 'Terminating';
  readonly launchTemplate: LaunchTemplateUse;
  readonly instanceId?: string;
  /** When it came into service, from which its grace period counts; milliseconds since the epoch. */
  readonly inServiceAt?: number;
  /** Lifecycle hooks that were passed, and the one that is waited for with its deadline (ms since the epoch). */
  readonly passedHooks?: readonly string[];
  readonly waitsFor?: { readonly hook: string; readonly token: string; readonly until: number };
}

/** An Auto Scaling group. */
export interface GroupRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly launchTemplate: LaunchTemplateUse;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  readonly tags: readonly GroupTag[];
  readonly targetGroupArns: readonly string[];
  /** Comma-separated subnets. */
  readonly subnets: string;
  readonly healthCheckType: string;
  readonly healthCheckGracePeriod: number;
  readonly protectsNew: boolean;
  readonly deleting: boolean;
  readonly slots: readonly Slot[];
  readonly hooks: readonly LifecycleHook[];
  readonly policies: readonly ScalingPolicy[];
}

/** Statuses of a refresh that may still change. */
export const openRefreshStatuses = ['Pending', 'InProgress', 'Cancelling'] as const;

/** An instance refresh. */
export interface RefreshRecord {
  readonly id: string;
  readonly groupName: string;
  readonly status: (typeof openRefreshStatuses)[number] | 'Successful' | 'Failed' | 'Cancelled';
  readonly reason?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly preferences: RefreshPreferences;
  readonly total: number;
  /** Instances still to replace. */
  readonly remaining: readonly string[];
  /** The failure that was asked for. */
  readonly isFaulty: boolean;
}

/** Something that a group did. */
export interface ActivityRecord {
  readonly id: string;
  readonly groupName: string;
  readonly description: string;
  readonly cause: string;
  readonly status: 'Successful' | 'Failed';
  readonly message?: string;
  readonly at: number;
}

/** Everything that this service keeps in the store. */
export interface AutoScalingTables {
  readonly groups: Table<GroupRecord>;
  readonly refreshes: Table<RefreshRecord>;
  readonly activities: Table<ActivityRecord>;
  /** Ports at which groups without a load balancer are reached, by group name. */
  readonly doors: Table<'qat' | number>;
}

/** The service's tables in the host's store. */
export const autoScalingTables = ({ store }: Host): AutoScalingTables => ({
  groups: store.table('autoscaling.groups'),
  refreshes: store.table('autoscaling.refreshes'),
  activities: store.table('autoscaling.activities'),
  doors: store.table('autoscaling.doors'),
});

/** The error for what is asked for wrongly; Auto Scaling has one code for all of it. */
export const validationError = (message: string): AwsError => new AwsError('ValidationError', message);

/** @throws AwsError `ValidationError` if there is no such group */
export const findGroup = (tables: AutoScalingTables, name: string | undefined): GroupRecord => {
  const group = tables.groups.get(name ?? '');
  if (group) return group;
  throw validationError(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
};

/** ARN for a group, or of one that does not exist yet. */
export const groupArn = (host: Host, tables: AutoScalingTables, name: string): string =>
  tables.groups.get(name)?.arn ??
  `arn:${host.partition}:autoscaling:${host.region}:${host.accountId}:autoScalingGroup:*:autoScalingGroupName/${name}`;

/** Condition keys of a group's tags. */
export const groupTagContext = (group: GroupRecord | undefined): Record<string, string> =>
  Object.fromEntries(
    (group?.tags ?? []).flatMap(({ key, value }) => [
      [`aws:ResourceTag/${key}`, value],
      [`autoscaling:ResourceTag/${key}`, value],
    ]),
  );

/** Changes the newest version of a group in one write; a group that is gone stays gone. */
export const changeGroup = (
  tables: AutoScalingTables,
  name: string,
  change: (group: GroupRecord) => GroupRecord,
): void => {
  const group = tables.groups.get(name);
  if (!group) return;
  const changed = change(group);
  // Groups are looked at again and again: a look that finds nothing to do writes nothing.
  if (changed !== group) tables.groups.put(name, changed);
};

/** Changes one slot of a group, or drops it when `change` gives nothing. */
export const changeSlot = (
  tables: AutoScalingTables,
  name: string,
  token: string,
  change: (slot: Slot) => Slot | undefined,
): void =>
  changeGroup(tables, name, (group) => ({
    ...group,
    slots: group.slots.flatMap((slot) => (slot.token === token ? (change(slot) ?? []) : slot)),
  }));
