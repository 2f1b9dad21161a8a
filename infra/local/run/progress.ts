import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { failureOf as failureIn } from '../../../tasks/executions/progress.ts';
import { readCause } from '../../../tasks/failure-cause.ts';
import { failedAs } from '../../../tasks/promotions/status.ts';

/** One thing to tell about a promotion as it goes. */
export interface ProgressLine {
  readonly at: Date;
  /**
   * `overtaken`: a newer promotion has ended this one in that state, which is no failure of the state; nor is `recalled`: its commit
   * was marked bad.
   */
  readonly kind: 'started' | 'waiting' | 'done' | 'failed' | 'overtaken' | 'recalled' | 'redriven' | 'ended';
  /** The state's name; of the whole promotion if absent. */
  readonly state?: string;
  /** How long the state took, in ms, when it is over. */
  readonly tookMs?: number;
  /** Error and cause, or how it ended. */
  readonly detail?: string;
}

const failures = new Set(['TaskFailed', 'TaskTimedOut', 'EvaluationFailed']);

/**
 * Tells a promotion's history line by line. Give it the events as they come, each once and in order; it remembers where
 * the promotion stands.
 */
export const createProgress = () => {
  let state: { name: string; since: Date; hasFailed?: boolean } | undefined;
  const at = (event: HistoryEvent) => event.timestamp ?? new Date(0);

  const stateLine = (kind: ProgressLine['kind'], event: HistoryEvent, detail?: string): ProgressLine[] =>
    state
      ? [
          {
            at: at(event),
            kind,
            state: state.name,
            tookMs: at(event).getTime() - state.since.getTime(),
            ...(detail !== undefined && { detail }),
          },
        ]
      : [];

  return (event: HistoryEvent): ProgressLine[] => {
    if (event.stateEnteredEventDetails) {
      state = { name: event.stateEnteredEventDetails.name ?? '', since: at(event) };
      return event.type === 'TaskStateEntered' ? stateLine('started', event) : [];
    }
    if (event.type === 'TaskSubmitted') return stateLine('waiting', event);
    // A failure that is caught leaves the state as well.
    if (event.stateExitedEventDetails) return state?.hasFailed ? [] : stateLine('done', event);
    if (event.type === 'TaskScheduled' && state) state = { ...state, hasFailed: false };
    if (failures.has(event.type ?? '')) {
      if (state) state = { ...state, hasFailed: true };
      const end = failedAs(event.taskFailedEventDetails?.error);
      return end === 'FAILED'
        ? stateLine('failed', event, failureOf(event))
        : stateLine(
            end === 'RECALLED' ? 'recalled' : 'overtaken',
            event,
            readCause(event.taskFailedEventDetails?.cause ?? '').cause,
          );
    }
    if (event.type === 'ExecutionRedriven') {
      state = state && { name: state.name, since: at(event) };
      return [{ at: at(event), kind: 'redriven', ...(state && { state: state.name }) }];
    }
    return ending(event, at(event));
  };
};

const failureOf = (event: HistoryEvent): string => {
  const { error, cause } = failureIn(event);
  return [error, cause && readCause(cause).cause].filter(Boolean).join(': ');
};

const ending = (event: HistoryEvent, at: Date): ProgressLine[] => {
  switch (event.type) {
    case 'ExecutionSucceeded':
      return [{ at, kind: 'ended', detail: 'SUCCEEDED' }];
    case 'ExecutionFailed':
      return [{ at, kind: 'ended', detail: failedAs(event.executionFailedEventDetails?.error) }];
    case 'ExecutionTimedOut':
      return [{ at, kind: 'ended', detail: 'TIMED_OUT' }];
    case 'ExecutionAborted':
      return [{ at, kind: 'ended', detail: ['ABORTED', failureOf(event)].filter(Boolean).join(', ') }];
    default:
      return [];
  }
};
