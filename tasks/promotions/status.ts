import type { PromotionStatus } from '../ledger/items.ts';
import { RECALLED, REJECTED, STALE, SUPERSEDED } from '../payloads.ts';

/** The promotion's status of an execution that failed: a Fail state's error distinguishes an end that is no technical failure. */
export function failedAs(error: string | undefined): PromotionStatus {
  if (error === REJECTED) return 'REJECTED';
  if (error === SUPERSEDED) return 'SUPERSEDED';
  if (error === RECALLED) return 'RECALLED';
  return error === STALE ? 'STALE' : 'FAILED';
}

/** The promotion's status by its execution's. */
export function statusOf(execution: {
  readonly status?: string | undefined;
  readonly error?: string | undefined;
}): PromotionStatus {
  const { status, error } = execution;
  if (status === 'FAILED') return failedAs(error);
  return status === 'SUCCEEDED' || status === 'TIMED_OUT' || status === 'ABORTED' ? status : 'RUNNING';
}

const finalStatuses: readonly string[] = [
  'SUCCEEDED',
  'REJECTED',
  'SUPERSEDED',
  'STALE',
  'RECALLED',
] satisfies readonly PromotionStatus[];

/** Whether a promotion has ended for good: a Fail state that is redriven fails again. */
export const isFinal = (status: string): boolean => finalStatuses.includes(status);
