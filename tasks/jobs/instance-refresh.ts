import type { Activity, InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import { consoleLine, instanceRefreshLink } from '../console-links.ts';
import { launchFailure } from '../launch-failures.ts';
import type { Job } from '../ledger/items.ts';
import type { JobParameters } from '../payloads.ts';
import { instanceRefreshId, partsOf } from './external-ids.ts';
import type { Inspection, JobActions } from './job-actions.ts';
import { jobErrors } from './job-errors.ts';

/** Auto Scaling, as far as instance refreshes need it. */
export interface InstanceRefreshes {
  /**
   * Replaces every instance of the group, without keeping any healthy meanwhile: the group has one (T30).
   * @returns the refresh's id
   * @throws InstanceRefreshInProgressFault while another runs
   */
  readonly start: (autoScalingGroupName: string) => Promise<string>;
  /** The group's refreshes, newest first: the one asked for, or those of the last weeks. */
  readonly list: (autoScalingGroupName: string, refreshId?: string) => Promise<readonly InstanceRefresh[]>;
  /** What the group did lately. */
  readonly activities: (autoScalingGroupName: string) => Promise<readonly Activity[]>;
  /** Asks the group's refresh to end, if one is in progress. It ends later, as `Cancelled`. */
  readonly cancel: (autoScalingGroupName: string) => Promise<void>;
}

const underWay = new Set<string | undefined>([
  'Pending',
  'InProgress',
  'Baking',
  'Cancelling',
  'RollbackInProgress',
]);

/** The state of a refresh, as Auto Scaling reports it. */
function refreshInspection(
  region: string,
  externalId: string,
  refresh: InstanceRefresh | undefined,
  noInstances: string | undefined,
): Inspection {
  const [group, refreshId] = partsOf(externalId);
  if (refresh?.Status === 'Successful')
    return { state: 'succeeded', output: { instanceRefreshId: refreshId } };
  const ending =
    refresh === undefined
      ? 'no longer exists. A redrive refreshes again.'
      : `ended ${refresh.Status ?? 'without a status'} at ${refresh.PercentageComplete ?? 0} %: ${refresh.StatusReason ?? 'no reason was given'}`;
  return {
    state: refresh === undefined ? 'missing' : 'failed',
    error: jobErrors.instanceRefreshFailed,
    cause: [
      `Instance refresh ${refreshId} of the Auto Scaling group ${group} ${ending}`,
      ...(noInstances === undefined ? [] : [`Instances could not be started: ${noInstances}`]),
      ...consoleLine(instanceRefreshLink(region, group)),
    ].join('\n'),
  };
}

/**
 * Refreshes of a group's instances. They take no idempotency token: a refresh that an earlier start began is newer than the
 * newest one before the job attempt. Times would not show it, as the function's clock is not Auto Scaling's.
 */
export function instanceRefresh(refreshes: InstanceRefreshes, region: string): JobActions {
  const startedBefore = async (
    group: string,
    job: Job,
    isTaken: (externalId: string) => Promise<boolean>,
  ): Promise<string | undefined> => {
    for (const { InstanceRefreshId: id } of await refreshes.list(group)) {
      if (id === undefined) continue;
      if (id === job.startedAfter) return undefined;
      const externalId = instanceRefreshId(group, id);
      if (!(await isTaken(externalId))) return externalId;
    }
    return undefined;
  };

  return {
    startError: jobErrors.instanceRefreshFailed,
    newest: async ({ parameters }) => {
      const { autoScalingGroupName: group } = parameters as JobParameters['instance-refresh'];
      return (await refreshes.list(group))[0]?.InstanceRefreshId;
    },
    start: async (job, isTaken) => {
      const { autoScalingGroupName: group } = job.parameters as JobParameters['instance-refresh'];
      const before = await startedBefore(group, job, isTaken);
      if (before !== undefined) return before;
      try {
        return instanceRefreshId(group, await refreshes.start(group));
      } catch (error) {
        // One is in progress, or the response was lost: it is ours if a start of this attempt began it.
        const started = await startedBefore(group, job, isTaken);
        if (started === undefined) throw error;
        return started;
      }
    },
    inspect: async (externalId) => {
      const [group, refreshId] = partsOf(externalId);
      const [refresh] = await refreshes.list(group, refreshId);
      if (refresh?.Status === 'Successful') return refreshInspection(region, externalId, refresh, undefined);
      const noInstances = refresh && launchFailure(await refreshes.activities(group), refresh.StartTime);
      if (!underWay.has(refresh?.Status)) return refreshInspection(region, externalId, refresh, noInstances);
      // It would wait for an hour and then say nothing of this (T57). It fails when it has ended, so that a redrive can begin.
      if (noInstances !== undefined && refresh?.Status !== 'Cancelling') await refreshes.cancel(group);
      return { state: 'running' };
    },
  };
}
