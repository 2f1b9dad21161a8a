import type { Job } from '../ledger/items.ts';
import type { StartJobRequest } from '../payloads.ts';
import { askerName, utcTime } from '../words.ts';
import type { Inspection, JobFailure, Missing, Outcome } from './job-actions.ts';
import { jobErrors } from './job-errors.ts';

/** Whether a later attempt of the state has begun: nobody waits for this one's token any more. */
export const isOvertaken = (latest: Job | undefined, { stateAttempt }: StartJobRequest): boolean =>
  latest !== undefined && stateAttempt < latest.stateAttempt;

/** Whether an attempt of the state starts a job of its own: the first does, and one after a job that failed. */
export const needsAttempt = (latest: Job | undefined, { taskToken }: StartJobRequest): boolean =>
  // The same token after the failure is the same state attempt: it gets the failure, not another job.
  latest === undefined || (latest.status === 'FAILED' && latest.taskToken !== taskToken);

/** What a new attempt is made with. */
export type NewAttempt = Pick<Job, 'application' | 'clientToken' | 'startedAt' | 'startedAfter'>;

/** The job attempt that runs or has ended, and that the token of this state attempt waits for from now on. */
export const takenOver = (latest: Job, { taskToken, stateAttempt }: StartJobRequest): Job => ({
  ...latest,
  taskToken,
  stateAttempt,
});

/** The attempt that follows the latest one. */
export function nextAttempt(latest: Job | undefined, request: StartJobRequest, fresh: NewAttempt): Job {
  const { promotionId, state, kind, parameters, taskToken, stateAttempt } = request;
  return {
    ...fresh,
    promotionId,
    state,
    attempt: (latest?.attempt ?? 0) + 1,
    kind,
    parameters: { ...parameters },
    taskToken,
    stateAttempt,
    status: 'STARTING',
  };
}

/**
 * How long a job may be unknown to its service after it was started, in ms: an id that has just been given may not be found yet,
 * for seconds as a rule. A second job would start beside one that runs.
 */
const UNSEEN_MS = 10 * 60_000;

/** A deployment that an operator took back has failed for that reason, unless an alarm was faster. */
const sentBackInstead = (
  { sentBack }: Job,
  { error, code, cause }: JobFailure,
): Partial<Pick<Job, 'error' | 'cause'>> =>
  sentBack === undefined || error !== jobErrors.deploymentFailed || code !== undefined
    ? {}
    : {
        error: jobErrors.sentBack,
        cause: `${askerName(sentBack.askedBy)} sent the traffic back to the old instances, ${utcTime(sentBack.at)}: ${sentBack.reason}\n${cause}`,
      };

/** A deployment that Lockstep stopped before traffic moved has failed for that reason, unless an alarm was faster. */
const haltedInstead = <Failure extends JobFailure>({ halted }: Job, failure: Failure): Failure => {
  const { code, ...rest } = failure;
  if (halted === undefined || failure.error !== jobErrors.deploymentFailed || code === 'AlarmActive')
    return failure;
  return {
    ...rest,
    error: jobErrors.imageReplaced,
    cause: `${halted.reason}\n${failure.cause}`,
  } as Failure;
};

/** The job with its outcome. */
export function finished(job: Job, reported: Outcome | Missing, now: Date): Job {
  const outcome = reported.state === 'succeeded' ? reported : haltedInstead(job, reported);
  return {
    ...job,
    endedAt: now.toISOString(),
    ...(outcome.state === 'succeeded'
      ? { status: 'SUCCEEDED', output: outcome.output }
      : {
          status: 'FAILED',
          error: outcome.error,
          ...(outcome.code && { code: outcome.code }),
          cause: outcome.cause,
          ...(outcome.alarms && { alarms: outcome.alarms }),
          ...sentBackInstead(job, outcome),
        }),
  };
}

/** What advances a job. */
type JobStep =
  /** Record the outcome before completing the task. */
  | { readonly do: 'record'; readonly after: Job }
  /** Complete the task with the waiting token, then record that. */
  | { readonly do: 'complete'; readonly after: Job }
  /** The job runs, or its task is complete. */
  | { readonly do: 'nothing' };

/** The next step for a job, given what its service reports: the later of token and outcome completes the task. */
export function nextStep(job: Job, inspection: Inspection, now: Date): JobStep {
  if (job.status === 'STARTING' || job.status === 'RUNNING') {
    const isUnderWay =
      inspection.state === 'running' ||
      (inspection.state === 'missing' &&
        now.getTime() - Date.parse(job.runningSince ?? job.startedAt) < UNSEEN_MS);
    return isUnderWay ? { do: 'nothing' } : { do: 'record', after: finished(job, inspection, now) };
  }
  return job.completedToken === job.taskToken
    ? { do: 'nothing' }
    : { do: 'complete', after: { ...job, completedToken: job.taskToken } };
}
