import type { Branch, Execution, OpenTask, Timer } from './execution.ts';
import { ROOT } from './execution.ts';
import { failIteration, failWithError } from './fail-state.ts';
import { type HistoryEvent, WHOLE } from './history-event.ts';
import { HISTORY_EVENTS } from './limits.ts';
import { beginIteration } from './parallel-and-map.ts';
import { redrive, setDeadline } from './redrive.ts';
import { completeState, enterState, runState } from './run-state.ts';
import { failTask, recordHeartbeat, startTask, submitTask, succeedTask, timeOutTask } from './tasks.ts';
import {
  addEvent,
  beginTransition,
  branchOf,
  type Effect,
  endExecution,
  HistoryFullError,
  type Machine,
  queueStep,
  type Step,
  type Transition,
  update,
} from './transition.ts';

/** What happens to an execution from outside. Outputs are JSON texts. */
export type InputEvent =
  | { readonly type: 'started' }
  | { readonly type: 'taskStarted'; readonly taskId: string }
  /** The service's answer to a call that waits for its token. */
  | { readonly type: 'taskSubmitted'; readonly taskId: string; readonly output: string }
  /** The call's answer, or the token's: `SendTaskSuccess`. */
  | { readonly type: 'taskSucceeded'; readonly taskId: string; readonly output: string }
  | { readonly type: 'taskFailed'; readonly taskId: string; readonly error?: string; readonly cause?: string }
  | { readonly type: 'taskHeartbeat'; readonly taskId: string }
  | { readonly type: 'timer'; readonly id: string }
  | { readonly type: 'stopped'; readonly error?: string; readonly cause?: string }
  | { readonly type: 'redriven' };

/** What an input event has done. */
export interface Applied {
  readonly execution: Execution;
  /** New events, to be added to those before. */
  readonly history: readonly HistoryEvent[];
  readonly effects: readonly Effect[];
  /** False when the event no longer concerned the execution (a closed task, a timer not due); nothing has changed then. */
  readonly applied: boolean;
}

/** Whether an execution can be redriven, as far as the execution itself tells. */
export const isRedrivable = ({ status, lastEventId }: Execution): boolean =>
  status !== 'RUNNING' && status !== 'SUCCEEDED' && lastEventId < HISTORY_EVENTS - 1;

const applyTaskEvent = (
  transition: Transition,
  event: InputEvent & { taskId: string },
): Promise<void> | undefined | 'ignored' => {
  const task: OpenTask | undefined = transition.draft.tasks[event.taskId];
  if (!task) return 'ignored';
  switch (event.type) {
    case 'taskStarted':
      return task.stage === 'scheduled' ? void startTask(transition, task) : 'ignored';
    case 'taskSubmitted':
      return task.stage === 'started' ? void submitTask(transition, task, event.output) : 'ignored';
    case 'taskSucceeded':
      return succeedTask(transition, task, event.output);
    case 'taskFailed':
      return failTask(transition, task, event.error, event.cause);
    case 'taskHeartbeat':
      return void recordHeartbeat(transition, task);
  }
};

const fireTimer = (transition: Transition, timer: Timer): Promise<void> | undefined => {
  const { purpose } = timer;
  delete transition.draft.timers[timer.id];
  if (purpose.kind === 'execution') {
    const error = 'States.Timeout';
    addEvent(transition, 0, 'ExecutionTimedOut', { error });
    return void endExecution(transition, 'TIMED_OUT', { error });
  }
  if ('task' in purpose) {
    const task = transition.draft.tasks[purpose.task];
    return task && timeOutTask(transition, task, purpose.kind === 'heartbeat');
  }
  queueStep(transition, branchOf(transition, purpose.branch), purpose.kind === 'retry' ? 'run' : 'complete');
  return undefined;
};

const start = (transition: Transition): void => {
  const { draft } = transition;
  draft.startDate = transition.now;
  addEvent(transition, 0, 'ExecutionStarted', {
    input: draft.input,
    inputDetails: WHOLE,
    roleArn: draft.roleArn,
  });
  transition.effects.push({ type: 'started' });
  setDeadline(transition);
  const root: Branch = {
    id: ROOT,
    parent: null,
    index: 0,
    block: 0,
    state: transition.machine.definition.blocks[0]?.startAt ?? '',
    input: draft.input,
    enteredEvent: 0,
    enteredAt: 0,
    // The first state's entry names no predecessor.
    last: 0,
    retryCount: 0,
    retries: [],
    variables: {},
    sizes: {},
    item: null,
    phase: 'ready',
    children: null,
  };
  queueStep(transition, update(transition, root, {}), 'enter');
};

const apply = (transition: Transition, event: InputEvent): Promise<void> | undefined | 'ignored' => {
  const { draft } = transition;
  if (event.type === 'redriven') return isRedrivable(draft) ? void redrive(transition) : 'ignored';
  if (event.type === 'started') return draft.lastEventId === 0 ? void start(transition) : 'ignored';
  if (draft.status !== 'RUNNING') return 'ignored';
  if (event.type === 'stopped') {
    const { error, cause } = event;
    const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    addEvent(transition, 0, 'ExecutionAborted', details);
    return void endExecution(transition, 'ABORTED', details);
  }
  if (event.type === 'timer') {
    const timer = draft.timers[event.id];
    return timer && timer.due <= transition.now ? fireTimer(transition, timer) : 'ignored';
  }
  return applyTaskEvent(transition, event);
};

const runStep = async (transition: Transition, { kind, result }: Step, branch: Branch): Promise<void> => {
  try {
    if (kind === 'begin') await beginIteration(transition, branch);
    else if (kind === 'enter') await enterState(transition, branch);
    else if (kind === 'run') await runState(transition, branch);
    else await completeState(transition, branch, result);
  } catch (error) {
    if (error instanceof HistoryFullError) throw error;
    if (kind === 'begin') await failIteration(transition, branch.id, error);
    else await failWithError(transition, branch.id, error, kind === 'complete');
  }
};

const runSteps = async (transition: Transition): Promise<void> => {
  // The queue grows while it is walked, and is emptied when the execution ends.
  for (let i = 0; i < transition.steps.length; i++) {
    const step = transition.steps[i];
    const branch = step && transition.draft.branches[step.branch];
    if (step && branch?.phase === 'ready') await runStep(transition, step, branch);
  }
};

/**
 * Gives an execution one input event and takes every state that can be taken without waiting. Changes nothing that it
 * is given; the same execution, event and time always give the same result.
 * @param now milliseconds since the epoch
 */
export const applyEvent = async (
  machine: Machine,
  execution: Execution,
  event: InputEvent,
  now: number,
): Promise<Applied> => {
  const transition = beginTransition(machine, execution, now);
  try {
    const applying = apply(transition, event);
    if (applying === 'ignored') return { execution, history: [], effects: [], applied: false };
    if (applying) await applying;
    await runSteps(transition);
  } catch (error) {
    if (!(error instanceof HistoryFullError)) throw error;
    failFullHistory(transition);
  }
  // A task that was scheduled may have been stopped in the same transition.
  const { draft, history } = transition;
  const effects = transition.effects.filter(
    (effect) => effect.type !== 'task' || effect.task.id in draft.tasks,
  );
  return { execution: draft, history, effects, applied: true };
};

const failFullHistory = (transition: Transition): void => {
  const error = 'States.Runtime';
  const cause = `The execution reached the maximum number of history events (${HISTORY_EVENTS}).`;
  addEvent(transition, transition.draft.lastEventId, 'ExecutionFailed', { error, cause });
  endExecution(transition, 'FAILED', { error, cause });
};
