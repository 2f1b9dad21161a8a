import type { Job } from '../ledger/items.ts';
import type { StartJobRequest } from '../payloads.ts';
import type { Inspection, Missing, Outcome } from './job-kind.ts';

/** Whether a later try of the state has come: nobody waits for this one's token any more. */
export const isOvertaken = (latest: Job | undefined, { stateAttempt }: StartJobRequest): boolean =>
  latest !== undefined && stateAttempt < latest.stateAttempt;

/** Whether a try of the state works on an attempt of its own: on the first, and after one that failed. */
export const needsAttempt = (latest: Job | undefined, { taskToken }: StartJobRequest): boolean =>
  // The same token asking again after the failure is the same try: it gets the failure, not another job.
  latest === undefined || (latest.status === 'FAILED' && latest.taskToken !== taskToken);

/** What a new attempt is made with. */
export type NewAttempt = Pick<Job, 'application' | 'clientToken' | 'startedAt' | 'startedAfter'>;

/** The attempt that is on its way or over, and that the token of this try waits for from now on. */
export const takenOver = (latest: Job, { taskToken, stateAttempt }: StartJobRequest): Job => ({
  ...latest,
  taskToken,
  stateAttempt,
});

/** The attempt that follows the latest one. */
export const nextAttempt = (latest: Job | undefined, request: StartJobRequest, fresh: NewAttempt): Job => {
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
};

/**
 * How long a job may be unknown to its service after it was started, in ms: an id that has just been given may not be found yet,
 * for seconds as a rule. A job that is taken for gone while it runs would be started beside itself.
 */
export const UNSEEN_MS = 10 * 60_000;

/** The job with its outcome. */
export const finished = (job: Job, outcome: Outcome | Missing, now: Date): Job => ({
  ...job,
  endedAt: now.toISOString(),
  ...(outcome.state === 'succeeded'
    ? { status: 'SUCCEEDED', output: outcome.output }
    : {
        status: 'FAILED',
        error: outcome.error,
        ...(outcome.code && { code: outcome.code }),
        cause: outcome.cause,
      }),
});

/** What brings a job forward. */
export type JobStep =
  /** Write down the outcome before anybody is told. */
  | { readonly do: 'record'; readonly after: Job }
  /** Tell the waiting token, then write down that it was told. */
  | { readonly do: 'complete'; readonly after: Job }
  /** It is running, or all is told. */
  | { readonly do: 'nothing' };

/** The next step for a job, given what its service says; whoever comes second, token or outcome, completes the task. */
export const nextStep = (job: Job, inspection: Inspection, now: Date): JobStep => {
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
};
