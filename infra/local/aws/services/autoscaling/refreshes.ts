import { randomUUID } from 'node:crypto';
import type {
  CancelInstanceRefreshAnswer,
  CancelInstanceRefreshType,
  DescribeInstanceRefreshesAnswer,
  DescribeInstanceRefreshesType,
  InstanceRefresh,
  StartInstanceRefreshAnswer,
  StartInstanceRefreshType,
} from '@aws-sdk/client-auto-scaling';
import { AwsError, type Host, type Operation } from '../../host.ts';
import {
  type AutoScalingTables,
  changeGroup,
  findGroup,
  type GroupRecord,
  groupArn,
  groupTagContext,
  openRefreshStatuses,
  type RefreshRecord,
  validationError,
} from './records.ts';

/** Most refreshes that one answer holds unless the caller says otherwise (the API's default). */
const DEFAULT_RECORDS = 50;

/**
 * How long a refresh waits for instances, in ms: Auto Scaling tries failed launches again, which does not end it. The hour is what
 * people report; AWS's guide only says that a refresh whose instances do not become healthy fails in the end.
 */
const LONGEST_WAIT_MS = 3_600_000;

/** The refreshes of all groups. */
export interface Refreshes {
  /** Takes the group's refresh one step on. @returns whether one is under way */
  readonly advance: (group: GroupRecord, isStable: boolean) => boolean;
  /** @param wake called when a group has something new to do */
  readonly operations: (wake: (groupName: string) => void) => Record<string, Operation>;
}

/**
 * Instance refreshes: rolling, one instance at a time, each terminated and replaced at once from what the launch template
 * resolves to now. An end is told on the event bus (T30).
 */
export const createRefreshes = (host: Host, tables: AutoScalingTables): Refreshes => {
  const isOpen = ({ status }: RefreshRecord) => openRefreshStatuses.some((open) => open === status);
  const openOf = (groupName: string) =>
    tables.refreshes.values().find((one) => one.groupName === groupName && isOpen(one));

  const end = (refresh: RefreshRecord, status: 'Successful' | 'Failed' | 'Cancelled', reason?: string) => {
    const word = status === 'Successful' ? 'Succeeded' : status;
    // The id makes telling it again after a crash harmless.
    host.emit({
      id: `${refresh.id}-${word.toLowerCase()}`,
      source: 'aws.autoscaling',
      detailType: `EC2 Auto Scaling Instance Refresh ${word}`,
      resources: [groupArn(host, tables, refresh.groupName)],
      detail: { InstanceRefreshId: refresh.id, AutoScalingGroupName: refresh.groupName },
    });
    tables.refreshes.put(refresh.id, {
      ...refresh,
      status,
      endedAt: host.clock.now(),
      ...(reason === undefined ? {} : { reason }),
    });
  };

  const advance: Refreshes['advance'] = (group, isStable) => {
    const refresh = openOf(group.name);
    if (!refresh) return false;
    if (refresh.status === 'Cancelling') end(refresh, 'Cancelled', 'Cancelled by user.');
    else if (refresh.isFaulty) {
      end(refresh, 'Failed', `The failure of this refresh of ${group.name} was asked for by --fail.`);
    } else if (!isStable && host.clock.now() >= refresh.startedAt + LONGEST_WAIT_MS) {
      end(refresh, 'Failed', 'Instances did not become healthy within an hour.');
    } else if (refresh.status === 'Pending')
      tables.refreshes.put(refresh.id, { ...refresh, status: 'InProgress' });
    else if (isStable) {
      const [next, ...remaining] = refresh.remaining;
      if (next === undefined) end(refresh, 'Successful');
      else {
        // In this order: were the process killed in between, the instance would be found gone.
        changeGroup(tables, group.name, (now) => ({
          ...now,
          slots: now.slots.map((slot) =>
            slot.instanceId === next ? { ...slot, state: 'Terminating' } : slot,
          ),
        }));
        tables.refreshes.put(refresh.id, { ...refresh, remaining });
      }
    }
    return true;
  };

  const describe = (refresh: RefreshRecord): InstanceRefresh => ({
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName: refresh.groupName,
    Status: refresh.status,
    ...(refresh.reason === undefined ? {} : { StatusReason: refresh.reason }),
    StartTime: new Date(refresh.startedAt),
    ...(refresh.endedAt === undefined ? {} : { EndTime: new Date(refresh.endedAt) }),
    PercentageComplete: percentage(refresh),
    InstancesToUpdate: refresh.remaining.length,
    Preferences: refresh.preferences,
    Strategy: 'Rolling',
  });

  const start = ({
    AutoScalingGroupName,
    ...input
  }: StartInstanceRefreshType): StartInstanceRefreshAnswer => {
    const group = findGroup(tables, AutoScalingGroupName);
    if (input.DesiredConfiguration || (input.Strategy ?? 'Rolling') !== 'Rolling') {
      throw validationError(
        'The emulator refreshes by strategy Rolling and without DesiredConfiguration only.',
      );
    }
    if (openOf(group.name)) {
      throw new AwsError(
        'InstanceRefreshInProgress',
        `An Instance Refresh is already in progress and blocks the execution of this Instance Refresh of ${group.name}.`,
      );
    }
    const preferences = input.Preferences ?? {};
    const remaining = group.slots
      .filter(
        ({ launchTemplate }) =>
          !preferences.SkipMatching ||
          launchTemplate.id !== group.launchTemplate.id ||
          launchTemplate.version !== group.launchTemplate.version,
      )
      .flatMap(({ instanceId }) => instanceId ?? []);
    const id = randomUUID();
    tables.refreshes.put(id, {
      id,
      groupName: group.name,
      status: 'Pending',
      startedAt: host.clock.now(),
      preferences,
      total: remaining.length,
      remaining,
      isFaulty: host.faults.take(group.name, id, tables.refreshes.has),
    });
    return { InstanceRefreshId: id };
  };

  return {
    advance,
    operations: (wake) => {
      const access = (action: string) => (input: { AutoScalingGroupName: string | undefined }) => ({
        action: `autoscaling:${action}`,
        resource: groupArn(host, tables, input.AutoScalingGroupName ?? ''),
        context: groupTagContext(tables.groups.get(input.AutoScalingGroupName ?? '')),
      });
      const startRefresh: Operation<StartInstanceRefreshType, StartInstanceRefreshAnswer> = {
        requires: access('StartInstanceRefresh'),
        run: (input) => {
          const answer = start(input);
          wake(input.AutoScalingGroupName ?? '');
          return answer;
        },
      };
      const cancelRefresh: Operation<CancelInstanceRefreshType, CancelInstanceRefreshAnswer> = {
        requires: access('CancelInstanceRefresh'),
        run: ({ AutoScalingGroupName }) => {
          const refresh = openOf(findGroup(tables, AutoScalingGroupName).name);
          if (!refresh) {
            throw new AwsError(
              'ActiveInstanceRefreshNotFound',
              `No in progress or pending Instance Refresh found for Auto Scaling group ${AutoScalingGroupName}.`,
            );
          }
          tables.refreshes.put(refresh.id, { ...refresh, status: 'Cancelling' });
          wake(refresh.groupName);
          return { InstanceRefreshId: refresh.id };
        },
      };
      const describeRefreshes: Operation<DescribeInstanceRefreshesType, DescribeInstanceRefreshesAnswer> = {
        requires: () => ({ action: 'autoscaling:DescribeInstanceRefreshes', resource: '*' }),
        run: ({ AutoScalingGroupName, InstanceRefreshIds, MaxRecords }) => {
          const group = findGroup(tables, AutoScalingGroupName);
          return {
            InstanceRefreshes: tables.refreshes
              .values()
              .filter(({ groupName }) => groupName === group.name)
              .filter(({ id }) => !InstanceRefreshIds?.length || InstanceRefreshIds.includes(id))
              .reverse()
              .slice(0, MaxRecords ?? DEFAULT_RECORDS)
              .map(describe),
          };
        },
      };
      return {
        StartInstanceRefresh: startRefresh,
        CancelInstanceRefresh: cancelRefresh,
        DescribeInstanceRefreshes: describeRefreshes,
      };
    },
  };
};

const percentage = ({ status, total, remaining }: RefreshRecord): number => {
  if (status === 'Successful') return 100;
  return total === 0 ? 0 : Math.floor(((total - remaining.length) / total) * 100);
};
