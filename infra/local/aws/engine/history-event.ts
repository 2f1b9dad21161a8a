import type { Json } from './json.ts';

/**
 * One event of an execution's history, with the member names of GetExecutionHistory (`stateEnteredEventDetails`…).
 * Payloads are JSON texts; `timestamp` is in milliseconds since the epoch.
 */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: `${string}EventDetails`]: { readonly [member: string]: Json };
}

/** What is known of a payload's text in the history: it is never cut here. */
export const WHOLE = { truncated: false } as const;

/** The member that holds the details of each type of event that has any. */
const DETAILS: Readonly<Record<string, `${string}EventDetails`>> = {
  ...Object.fromEntries(
    ['Pass', 'Task', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map'].flatMap((type) => [
      [`${type}StateEntered`, 'stateEnteredEventDetails'],
      [`${type}StateExited`, 'stateExitedEventDetails'],
    ]),
  ),
  ...Object.fromEntries(
    [
      'ExecutionStarted',
      'ExecutionSucceeded',
      'ExecutionFailed',
      'ExecutionAborted',
      'ExecutionTimedOut',
      'ExecutionRedriven',
      'EvaluationFailed',
      'MapStateStarted',
      'MapIterationStarted',
      'MapIterationSucceeded',
      'MapIterationFailed',
      'MapIterationAborted',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskFailed',
      'TaskTimedOut',
    ].map((type) => [type, `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]),
  ),
};

/** Makes an event. Types without details (`MapStateSucceeded`, `TaskStateAborted`…) take none. */
export const historyEvent = (
  id: number,
  previousEventId: number,
  timestamp: number,
  type: string,
  details?: { readonly [member: string]: Json },
): HistoryEvent => {
  const member = DETAILS[type];
  return { id, previousEventId, timestamp, type, ...(member && { [member]: details ?? {} }) };
};
