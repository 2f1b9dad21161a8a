import type { Catcher, Retrier } from './definition.ts';
import type { Json } from './json.ts';

/** Why a state failed. */
export interface Failure {
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** `$states.errorOutput` of a catcher. */
  readonly errorOutput: Json;
  /** Whether a task reported it: `States.TaskFailed` stands for those. */
  readonly isTaskFailure: boolean;
  /** Further names that retriers and catchers know it by. */
  readonly aliases: readonly string[];
}

/** A failure by its error and cause; either may be missing. */
export const failure = (error?: string, cause?: string, rest: Partial<Failure> = {}): Failure => ({
  error,
  cause,
  errorOutput: { Error: error ?? null, Cause: cause ?? null },
  isTaskFailure: false,
  aliases: [],
  ...rest,
});

/** A payload is larger than the service allows. `cause` is complete as it stands. */
export class DataLimitExceededError extends Error {
  override readonly name = 'States.DataLimitExceeded';
}

/** A result of a state or task is larger than 256 KiB. */
export const resultTooLarge = (stateOrTask: string): DataLimitExceededError =>
  new DataLimitExceededError(
    `The state/task '${stateOrTask}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );

/** Whether a list of error names covers a failure. Nothing covers `States.Runtime`: it always ends the execution. */
export const covers = (errorEquals: readonly string[], failed: Failure): boolean => {
  const { error } = failed;
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error || failed.aliases.includes(name)) return true;
    if (name === 'States.ALL') return error !== 'States.DataLimitExceeded';
    return name === 'States.TaskFailed' && failed.isTaskFailure && error !== 'States.Timeout';
  });
};

/** The retrier that takes a failure, with its place; undefined when its attempts are used up. */
export const retrierFor = (
  retriers: readonly Retrier[],
  used: readonly number[],
  failed: Failure,
): { readonly retrier: Retrier; readonly index: number } | undefined => {
  const index = retriers.findIndex((candidate) => covers(candidate.errorEquals, failed));
  const retrier = retriers[index];
  return retrier && (used[index] ?? 0) < retrier.maxAttempts ? { retrier, index } : undefined;
};

/** The catcher that takes a failure. */
export const catcherFor = (catchers: readonly Catcher[], failed: Failure): Catcher | undefined =>
  catchers.find((candidate) => covers(candidate.errorEquals, failed));

/**
 * Milliseconds before a retry.
 * @param used retries that this retrier has made before
 * @param random a number in [0, 1), taken only with full jitter
 */
export const retryDelay = (retrier: Retrier, used: number, random: () => number): number => {
  const grown = retrier.intervalSeconds * retrier.backoffRate ** used;
  const seconds = Math.min(grown, retrier.maxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return Math.round(seconds * 1000 * (retrier.fullJitter ? random() : 1));
};
