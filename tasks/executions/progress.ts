import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { type FailureCause, readCause } from '../failure-cause.ts';

/** How one attempt of a state ended, or that it goes on. */
type AttemptStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One attempt of a state: by the first entering, by a Retry, or by a redrive. */
export interface Attempt extends Partial<FailureCause> {
  readonly state: string;
  /** 1, 2, … within the state. */
  readonly number: number;
  readonly status: AttemptStatus;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly error?: string;
}

/** What a history shows. */
export interface Progress {
  /** In order of their start. */
  readonly attempts: readonly Attempt[];
  /** Ways that were taken, as `transitionKey` writes them. */
  readonly taken: ReadonlySet<string>;
}

/** How a way between two states is written in `Progress.taken`. */
export const transitionKey = (from: string, to: string): string => JSON.stringify([from, to]);

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type OpenAttempt = Mutable<Attempt> & { isScheduled: boolean };

/**
 * Reads a whole history, oldest event first. Events belong to the state of their predecessor; a redrive schedules the
 * failed task again without entering its state again.
 */
export function progressOf(events: readonly HistoryEvent[]): Progress {
  const stateOf = new Map<number, string>();
  const attempts: OpenAttempt[] = [];
  const taken = new Set<string>();
  const latest = (state: string | undefined) => attempts.findLast((attempt) => attempt.state === state);

  const begin = (state: string, at: number, isScheduled: boolean) => {
    const number = attempts.filter((attempt) => attempt.state === state).length + 1;
    attempts.push({ state, number, status: 'RUNNING', startedAt: at, isScheduled });
  };
  const end = (attempt: OpenAttempt | undefined, status: AttemptStatus, at: number, event?: HistoryEvent) => {
    if (attempt?.status !== 'RUNNING') return;
    attempt.status = status;
    attempt.endedAt = at;
    const { error, cause } = event ? failureOf(event) : {};
    if (error !== undefined) attempt.error = error;
    if (cause !== undefined) Object.assign(attempt, readCause(cause));
  };

  for (const event of events) {
    const type = event.type ?? '';
    const at = event.timestamp?.getTime() ?? 0;
    const before = stateOf.get(event.previousEventId ?? 0);
    const state = event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name ?? before;
    if (state !== undefined && event.id !== undefined) stateOf.set(event.id, state);

    if (type.endsWith('StateEntered') && state !== undefined) {
      if (before !== undefined) taken.add(transitionKey(before, state));
      begin(state, at, false);
    } else if (type.endsWith('StateExited')) {
      end(latest(state), 'SUCCEEDED', at);
    } else if (/^(Task|LambdaFunction|Activity)Scheduled$/.test(type) && state !== undefined) {
      const attempt = latest(state);
      if (attempt?.status === 'RUNNING' && !attempt.isScheduled) attempt.isScheduled = true;
      else begin(state, at, true);
    } else if (/^(Task|LambdaFunction|Activity)TimedOut$/.test(type)) {
      end(latest(state), 'TIMED_OUT', at, event);
    } else if (/^(Task|LambdaFunction|Activity)\w*Failed$/.test(type) || type === 'EvaluationFailed') {
      end(latest(event.evaluationFailedEventDetails?.state ?? state), 'FAILED', at, event);
    } else if (type === 'TaskStateAborted') {
      end(latest(state), 'ABORTED', at);
    } else if (type === 'ExecutionFailed') {
      end(latest(state), 'FAILED', at, event);
    } else if (type === 'ExecutionTimedOut' || type === 'ExecutionAborted') {
      const status = type === 'ExecutionAborted' ? 'ABORTED' : 'TIMED_OUT';
      for (const attempt of attempts) end(attempt, status, at, event);
    } else if (type === 'ExecutionSucceeded') {
      end(latest(state), 'SUCCEEDED', at);
    }
  }
  return { attempts: attempts.map(({ isScheduled: _, ...attempt }) => attempt), taken };
}

/** Error and cause, wherever this type of event keeps them. */
export const failureOf = (event: HistoryEvent): { error?: string | undefined; cause?: string | undefined } =>
  Object.entries(event).find(
    ([field, details]) => details !== undefined && /(Failed|TimedOut|Aborted)EventDetails$/.test(field),
  )?.[1] ?? {};

/** Id of the last event, which is how many there are. */
export const lastEventId = (events: readonly HistoryEvent[]): number =>
  events.reduce((highest, { id = 0 }) => Math.max(highest, id), 0);
