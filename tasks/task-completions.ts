import { beginningOf, endOf } from './truncate-text.ts';

/** Whether a task was still waiting: it may have timed out, be complete already, or belong to a stopped execution. */
export type Completion = 'completed' | 'no-longer-open';

/** Completes tasks by their tokens. A token that no longer waits is an outcome, not an error (T36). */
export interface TaskCompletions {
  readonly succeed: (taskToken: string, output: object) => Promise<Completion>;
  readonly fail: (
    taskToken: string,
    failure: { readonly error: string; readonly cause: string },
  ) => Promise<Completion>;
}

/** Longest error name and cause that SendTaskFailure takes, in characters (its API reference). */
export const MAX_ERROR_LENGTH = 256;
const MAX_CAUSE_LENGTH = 32_768;

const GAP = '\n[…]\n';

/** Shortens a cause to what Step Functions takes. What failed stands first and the log's end last: the middle goes. */
export function fitCause(cause: string, max = MAX_CAUSE_LENGTH): string {
  if (cause.length <= max) return cause;
  const head = Math.floor((max - GAP.length) / 2);
  return beginningOf(cause, head) + GAP + endOf(cause, max - GAP.length - head);
}
