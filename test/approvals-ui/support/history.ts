import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';

/** Writes histories as Step Functions does: ids from 1, each event linked to its cause. */
export const createHistory = (startedAt: number) => {
  const events: HistoryEvent[] = [];
  const entered = new Map<string, number>();
  let at = startedAt;
  let last = 0;
  const add = (type: HistoryEventType, details: Partial<HistoryEvent> = {}, previous = last) => {
    const id = events.length + 1;
    events.push({ timestamp: new Date(at), type, id, previousEventId: previous, ...details });
    last = id;
    return id;
  };
  const task = { resourceType: 'lambda', resource: 'invoke.waitForTaskToken' };
  add('ExecutionStarted');
  last = 0;
  const history = {
    events,
    wait: (ms: number) => {
      at += ms;
      return history;
    },
    enter: (name: string, type = 'Task') => {
      entered.set(
        name,
        add(`${type}StateEntered` as HistoryEventType, { stateEnteredEventDetails: { name } }),
      );
      return history;
    },
    schedule: () => {
      add('TaskScheduled', { taskScheduledEventDetails: { ...task, region: 'us-east-1', parameters: '{}' } });
      add('TaskStarted', { taskStartedEventDetails: task });
      add('TaskSubmitted', { taskSubmittedEventDetails: task });
      return history;
    },
    exit: (name: string, type = 'Task') => {
      add(`${type}StateExited` as HistoryEventType, { stateExitedEventDetails: { name } });
      return history;
    },
    /** A task that starts, takes `ms` and succeeds. */
    done: (name: string, ms = 800) => {
      history.enter(name).schedule().wait(ms);
      add('TaskSucceeded', { taskSucceededEventDetails: task });
      return history.exit(name);
    },
    choose: (name: string) => history.enter(name, 'Choice').exit(name, 'Choice'),
    taskFailed: (error: string, cause: string) => {
      add('TaskFailed', { taskFailedEventDetails: { ...task, error, cause } });
      return history;
    },
    taskTimedOut: () => {
      add('TaskTimedOut', { taskTimedOutEventDetails: { ...task, error: 'States.Timeout' } });
      return history;
    },
    executionFailed: (error: string, cause?: string) => {
      add('ExecutionFailed', { executionFailedEventDetails: { error, ...(cause ? { cause } : {}) } });
      return history;
    },
    /** A redrive that schedules a failed task again. */
    redrive: (name: string) => {
      add('ExecutionRedriven', { executionRedrivenEventDetails: { redriveCount: 1 } });
      last = entered.get(name) ?? 0;
      return history.schedule();
    },
    aborted: () => {
      add('ExecutionAborted', { executionAbortedEventDetails: {} }, 0);
      return history;
    },
    succeeded: () => {
      add('ExecutionSucceeded', { executionSucceededEventDetails: {} });
      return history;
    },
    add,
  };
  return history;
};

/** A history under construction. */
export type History = ReturnType<typeof createHistory>;
