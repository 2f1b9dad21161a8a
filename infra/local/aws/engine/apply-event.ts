import type { Branch, Execution, OpenTask, Timer } from './execution.ts';
import { ROOT } from './execution.ts';
import { failIteration, failWith } from './fail-state.ts';
import { type HistoryEvent, WHOLE } from './history-event.ts';
import { HISTORY_EVENTS } from './limits.ts';
import { beginIteration } from './parallel-and-map.ts';
import { redrive, setDeadline } from './redrive.ts';
import { complete, enter, perform } from './run-state.ts';
import { beatTask, failTask, startTask, submitTask, succeedTask, timeOutTask } from './tasks.ts';
import {
  beginTurn,
  branchOf,
  type Effect,
  emit,
  endExecution,
  HistoryFull,
  later,
  type Machine,
  type Step,
  type Turn,
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
export interface Advanced {
  readonly execution: Execution;
  /** New events, to be added to those before. */
  readonly history: readonly HistoryEvent[];
  readonly effects: readonly Effect[];
  /** False when the event no longer concerned the execution (a closed task, a timer not due); nothing has changed then. */
  readonly taken: boolean;
}

/** Whether an execution can be redriven, as far as the execution itself tells. */
export const isRedrivable = ({ status, lastEventId }: Execution): boolean =>
  status !== 'RUNNING' && status !== 'SUCCEEDED' && lastEventId < HISTORY_EVENTS - 1;

const takeTask = (
  turn: Turn,
  event: InputEvent & { taskId: string },
): Promise<void> | undefined | 'ignored' => {
  const task: OpenTask | undefined = turn.draft.tasks[event.taskId];
  if (!task) return 'ignored';
  switch (event.type) {
    case 'taskStarted':
      return task.stage === 'scheduled' ? void startTask(turn, task) : 'ignored';
    case 'taskSubmitted':
      return task.stage === 'started' ? void submitTask(turn, task, event.output) : 'ignored';
    case 'taskSucceeded':
      return succeedTask(turn, task, event.output);
    case 'taskFailed':
      return failTask(turn, task, event.error, event.cause);
    case 'taskHeartbeat':
      return void beatTask(turn, task);
  }
};

const takeTimer = (turn: Turn, timer: Timer): Promise<void> | undefined => {
  const { purpose } = timer;
  delete turn.draft.timers[timer.id];
  if (purpose.kind === 'execution') {
    const error = 'States.Timeout';
    emit(turn, 0, 'ExecutionTimedOut', { error });
    return void endExecution(turn, 'TIMED_OUT', { error });
  }
  if ('task' in purpose) {
    const task = turn.draft.tasks[purpose.task];
    return task && timeOutTask(turn, task, purpose.kind === 'heartbeat');
  }
  later(turn, branchOf(turn, purpose.branch), purpose.kind === 'retry' ? 'perform' : 'complete');
  return undefined;
};

const start = (turn: Turn): void => {
  const { draft } = turn;
  draft.startDate = turn.now;
  emit(turn, 0, 'ExecutionStarted', { input: draft.input, inputDetails: WHOLE, roleArn: draft.roleArn });
  turn.effects.push({ type: 'started' });
  setDeadline(turn);
  const root: Branch = {
    id: ROOT,
    parent: null,
    index: 0,
    block: 0,
    state: turn.machine.definition.blocks[0]?.startAt ?? '',
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
  later(turn, update(turn, root, {}), 'enter');
};

const take = (turn: Turn, event: InputEvent): Promise<void> | undefined | 'ignored' => {
  const { draft } = turn;
  if (event.type === 'redriven') return isRedrivable(draft) ? void redrive(turn) : 'ignored';
  if (event.type === 'started') return draft.lastEventId === 0 ? void start(turn) : 'ignored';
  if (draft.status !== 'RUNNING') return 'ignored';
  if (event.type === 'stopped') {
    const { error, cause } = event;
    const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    emit(turn, 0, 'ExecutionAborted', details);
    return void endExecution(turn, 'ABORTED', details);
  }
  if (event.type === 'timer') {
    const timer = draft.timers[event.id];
    return timer && timer.due <= turn.now ? takeTimer(turn, timer) : 'ignored';
  }
  return takeTask(turn, event);
};

const runStep = async (turn: Turn, { kind, result }: Step, branch: Branch): Promise<void> => {
  try {
    if (kind === 'begin') await beginIteration(turn, branch);
    else if (kind === 'enter') await enter(turn, branch);
    else if (kind === 'perform') await perform(turn, branch);
    else await complete(turn, branch, result);
  } catch (error) {
    if (error instanceof HistoryFull) throw error;
    if (kind === 'begin') await failIteration(turn, branch.id, error);
    else await failWith(turn, branch.id, error, kind === 'complete');
  }
};

const runSteps = async (turn: Turn): Promise<void> => {
  // The queue grows while it is walked, and is emptied when the execution ends.
  for (let i = 0; i < turn.steps.length; i++) {
    const step = turn.steps[i];
    const branch = step && turn.draft.branches[step.branch];
    if (step && branch?.phase === 'ready') await runStep(turn, step, branch);
  }
};

/**
 * Gives an execution one input event and takes every state that can be taken without waiting. Changes nothing that it
 * is given; the same execution, event and time always give the same result.
 * @param now milliseconds since the epoch
 */
export const advance = async (
  machine: Machine,
  execution: Execution,
  event: InputEvent,
  now: number,
): Promise<Advanced> => {
  const turn = beginTurn(machine, execution, now);
  try {
    const taking = take(turn, event);
    if (taking === 'ignored') return { execution, history: [], effects: [], taken: false };
    if (taking) await taking;
    await runSteps(turn);
  } catch (error) {
    if (!(error instanceof HistoryFull)) throw error;
    failFullHistory(turn);
  }
  // A task that was scheduled may have been stopped in the same turn.
  const { draft, history } = turn;
  const effects = turn.effects.filter((effect) => effect.type !== 'task' || effect.task.id in draft.tasks);
  return { execution: draft, history, effects, taken: true };
};

const failFullHistory = (turn: Turn): void => {
  const error = 'States.Runtime';
  const cause = `The execution reached the maximum number of history events (${HISTORY_EVENTS}).`;
  emit(turn, turn.draft.lastEventId, 'ExecutionFailed', { error, cause });
  endExecution(turn, 'FAILED', { error, cause });
};
