import { isRefusedCall } from '../aws-errors.ts';
import type { Job } from '../ledger/items.ts';
import { LedgerConflictError } from '../ledger/ledger.ts';
import type { StartJobRequest } from '../payloads.ts';
import { type JobDependencies, lookAt } from './advance.ts';
import { attemptFor, finished } from './rendezvous.ts';

/** What starting needs. */
export interface StartJobDependencies extends JobDependencies {
  readonly application: string;
  /** A new idempotency token, at most 36 characters (T13). */
  readonly newClientToken: () => string;
}

/** What the state's history shows of the start; nothing waits for it. */
export interface StartedJob {
  readonly attempt: number;
  readonly status: Job['status'];
  readonly externalId?: string;
}

/** Records the attempt and its token before anything starts (T35). */
const claim = async (dependencies: StartJobDependencies, request: StartJobRequest): Promise<Job> => {
  const { ledger, application, now, newClientToken } = dependencies;
  for (;;) {
    const latest = await ledger.latestJob(request.promotionId, request.state);
    const job = attemptFor(latest, request, {
      application,
      clientToken: newClientToken(),
      startedAt: now().toISOString(),
    });
    try {
      if (latest?.attempt === job.attempt) await ledger.replaceJob(latest, job);
      else await ledger.addJob(job);
      return job;
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
    }
  }
};

const isSameAttempt = (a: Job, b: Job): boolean =>
  a.promotionId === b.promotionId && a.state === b.state && a.attempt === b.attempt;

/** Starts the attempt's external job and records what came of it: its id, or the refusal. */
const begin = async (dependencies: StartJobDependencies, job: Job): Promise<Job> => {
  const { ledger, kinds, now } = dependencies;
  const actions = kinds[job.kind];
  const isTaken = async (externalId: string): Promise<boolean> => {
    const owner = await ledger.jobByExternalId(externalId);
    return owner !== undefined && !isSameAttempt(owner, job);
  };

  let begun: (current: Job) => Job;
  try {
    const externalId = await actions.start(job, isTaken);
    begun = (current) => ({ ...current, status: 'RUNNING', externalId });
  } catch (error) {
    // What is not known to be refused may have started: the next try starts the same attempt again.
    if (!isRefusedCall(error)) throw error;
    const cause = `${job.state} could not be started: ${error.name}: ${error.message}`;
    begun = (current) => finished(current, { state: 'failed', error: actions.refusal, cause }, now());
  }

  let current = job;
  while (current.status === 'STARTING') {
    const after = begun(current);
    try {
      await ledger.replaceJob(current, after);
      return after;
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
      const latest = await ledger.latestJob(job.promotionId, job.state);
      if (latest?.attempt !== job.attempt) return job;
      current = latest;
    }
  }
  return current;
};

/**
 * Starts the external job of a state, or takes over the one that an earlier try of the state started. What ended in the
 * meantime is told at once: its event came when nobody knew the job.
 */
export const startJob =
  (dependencies: StartJobDependencies) =>
  async (request: StartJobRequest): Promise<StartedJob> => {
    const claimed = await claim(dependencies, request);
    const begun = claimed.status === 'STARTING' ? await begin(dependencies, claimed) : claimed;
    const { attempt, status, externalId } = await lookAt(dependencies, begun);
    return { attempt, status, ...(externalId === undefined ? {} : { externalId }) };
  };
