import type { Job } from '../ledger/items.ts';
import type { StartJobRequest } from '../payloads.ts';
import type { Inspection, Outcome } from './kind.ts';

/**
 * The attempt that a try of the state works on: a failed one is followed by the next; one that is on its way or has
 * succeeded is taken over, and the new token waits for it.
 * @param fresh what a new attempt is made with
 */
export const attemptFor = (
  latest: Job | undefined,
  request: StartJobRequest,
  fresh: { readonly application: string; readonly clientToken: string; readonly startedAt: string },
): Job => {
  const { promotionId, state, kind, subject, taskToken } = request;
  // The same token asking again after the failure is the same try: it gets the failure, not another job.
  const failedBefore = latest?.status === 'FAILED' && latest.taskToken !== taskToken;
  if (latest !== undefined && !failedBefore) return { ...latest, taskToken };
  return {
    ...fresh,
    promotionId,
    state,
    attempt: (latest?.attempt ?? 0) + 1,
    kind,
    subject: { ...subject },
    taskToken,
    status: 'STARTING',
  };
};

/** The job with its outcome. */
export const finished = (job: Job, outcome: Outcome, now: Date): Job => ({
  ...job,
  endedAt: now.toISOString(),
  ...(outcome.state === 'succeeded'
    ? { status: 'SUCCEEDED', output: outcome.output }
    : { status: 'FAILED', error: outcome.error, cause: outcome.cause }),
});

/** What brings a job forward. */
export type Step =
  /** Write down the outcome before anybody is told. */
  | { readonly do: 'record'; readonly after: Job }
  /** Tell the waiting token, then write down that it was told. */
  | { readonly do: 'tell'; readonly after: Job }
  /** It is running, or all is told. */
  | { readonly do: 'nothing' };

/** The next step for a job, given what its service says; whoever comes second, token or outcome, completes the task. */
export const nextStep = (job: Job, inspection: Inspection, now: Date): Step => {
  if (job.status === 'STARTING' || job.status === 'RUNNING')
    return inspection.state === 'running'
      ? { do: 'nothing' }
      : { do: 'record', after: finished(job, inspection, now) };
  return job.answeredToken === job.taskToken
    ? { do: 'nothing' }
    : { do: 'tell', after: { ...job, answeredToken: job.taskToken } };
};
