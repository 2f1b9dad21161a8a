import { isFailedCall } from '../failed-calls.ts';
import type { Job } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import type { StartJobRequest } from '../payloads.ts';
import { type JobDependencies, lookAt } from './advance-job.ts';
import {
  finished,
  isOvertaken,
  type NewAttempt,
  needsAttempt,
  nextAttempt,
  takenOver,
} from './job-attempts.ts';
import { RepeatedStartFailedError } from './job-errors.ts';

/** What starting needs. */
interface StartJobDependencies extends JobDependencies {
  readonly application: string;
  /** A new idempotency token, at most 36 characters (T13). */
  readonly newClientToken: () => string;
}

/** What the state's history shows of the start; nothing waits for it. */
type StartedJob =
  | { readonly attempt: number; readonly status: Job['status']; readonly externalId?: string }
  /** A later attempt of the state has taken over the job. */
  | { readonly overtaken: true };

/** What a new attempt is made with. */
async function fresh(
  { kinds, application, now, newClientToken }: StartJobDependencies,
  request: StartJobRequest,
): Promise<NewAttempt> {
  let startedAfter: string | undefined;
  try {
    startedAfter = await kinds[request.kind].newest?.(request);
  } catch (error) {
    // The start will fail as well; its error ends up in the attempt.
    if (!isFailedCall(error)) throw error;
  }
  return {
    application,
    clientToken: newClientToken(),
    startedAt: now().toISOString(),
    ...(startedAfter === undefined ? {} : { startedAfter }),
  };
}

interface Claimed {
  readonly job: Job;
  /** Whether an earlier state attempt may have started it already. */
  readonly isRepeated: boolean;
}

/**
 * Records the attempt and its token before anything starts (T35).
 * @returns the job attempt, or nothing if a later state attempt has taken over
 */
async function claim(
  dependencies: StartJobDependencies,
  request: StartJobRequest,
): Promise<Claimed | undefined> {
  const { ledger } = dependencies;
  for (;;) {
    const latest = await ledger.latestJob(request.promotionId, request.state);
    if (isOvertaken(latest, request)) return undefined;
    try {
      if (latest !== undefined && !needsAttempt(latest, request)) {
        const job = takenOver(latest, request);
        await ledger.replaceJob(latest, job);
        return { job, isRepeated: true };
      }
      const job = nextAttempt(latest, request, await fresh(dependencies, request));
      await ledger.addJob(job);
      return { job, isRepeated: false };
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
    }
  }
}

const isSameAttempt = (a: Job, b: Job): boolean =>
  a.promotionId === b.promotionId && a.state === b.state && a.attempt === b.attempt;

/** Starts the attempt's external job and records the result: its id, or the failure. */
async function begin(dependencies: StartJobDependencies, { job, isRepeated }: Claimed): Promise<Job> {
  const { ledger, kinds, now } = dependencies;
  const actions = kinds[job.kind];
  const isTaken = async (externalId: string): Promise<boolean> => {
    const owner = await ledger.jobByExternalId(externalId);
    return owner !== undefined && !isSameAttempt(owner, job);
  };

  let begun: (current: Job) => Job;
  let hasFailed = false;
  try {
    // What an earlier attempt may have started already goes on.
    const obstacle = isRepeated ? undefined : await actions.obstacle?.(job);
    if (obstacle === undefined) {
      const started = await actions.start(job, isTaken);
      const runningSince = now().toISOString();
      const what = typeof started === 'string' ? { externalId: started } : started;
      begun = (current) => ({ ...current, status: 'RUNNING', ...what, runningSince });
    } else {
      hasFailed = true;
      begun = (current) => finished(current, { state: 'failed', ...obstacle }, now());
    }
  } catch (error) {
    // Unless the call failed for good, the job may have started: the next state attempt starts the same job attempt again.
    if (!isFailedCall(error)) throw error;
    const cause = `${job.state} could not be started: ${error.name}: ${error.message}`;
    if (isRepeated) throw new RepeatedStartFailedError(actions.startError, cause);
    hasFailed = true;
    begun = (current) =>
      finished(current, { state: 'failed', error: actions.startError, code: 'StartFailed', cause }, now());
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
      // A later state attempt starts it as well, and may succeed.
      if (hasFailed && latest.stateAttempt !== job.stateAttempt) return latest;
      current = latest;
    }
  }
  return current;
}

/**
 * Starts the external job of a state, or takes over the one that an earlier attempt of the state started. Completes the task
 * at once if the job has ended: its event came before the ledger knew the job.
 * @throws RepeatedStartFailedError, and errors that leave open whether it was started
 */
export function startJob(dependencies: StartJobDependencies) {
  return async function startJob(request: StartJobRequest): Promise<StartedJob> {
    const claimed = await claim(dependencies, request);
    if (claimed === undefined) return { overtaken: true };
    const begun = claimed.job.status === 'STARTING' ? await begin(dependencies, claimed) : claimed.job;
    const { attempt, status, externalId } = await lookAt(dependencies, begun);
    return { attempt, status, ...(externalId === undefined ? {} : { externalId }) };
  };
}

/** Whether a state's job is recorded, and has not failed: another attempt of the state only takes it over. */
export const hasBegun =
  (ledger: Pick<Ledger, 'latestJob'>) =>
  async ({ promotionId, state }: Pick<StartJobRequest, 'promotionId' | 'state'>): Promise<boolean> => {
    const latest = await ledger.latestJob(promotionId, state);
    return latest !== undefined && latest.status !== 'FAILED';
  };
