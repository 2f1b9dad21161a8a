import type { FailureCause } from './failure-cause.ts';

/** Whether a task token was still waiting: it may have timed out, been completed before, or belong to a stopped execution. */
export type Completion = 'completed' | 'no-longer-open';

/** Why a state fails. */
export interface TaskFailure extends FailureCause {
  /** The error that Retry and Catch match. */
  readonly error: string;
}

/** Completes task tokens. A token that no longer waits is an outcome, not an error (T36). */
export interface TaskCompletions {
  readonly succeed: (taskToken: string, output: object) => Promise<Completion>;
  readonly fail: (taskToken: string, failure: TaskFailure) => Promise<Completion>;
}

/** Longest error name that SendTaskFailure takes, in characters (its API reference). */
export const MAX_ERROR_LENGTH = 256;
