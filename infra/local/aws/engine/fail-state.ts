import type { State } from './definition.ts';
import type { Branch } from './execution.ts';
import { leave, VariablesTooLarge } from './exit-state.ts';
import { EvaluationError } from './expression.ts';
import { dropBranch } from './parallel-and-map.ts';
import {
  catcherFor,
  DataLimitExceeded,
  type Failure,
  failure,
  retrierFor,
  retryDelay,
} from './retry-and-catch.ts';
import { branchOf, emit, endExecution, setTimer, stateOf, type Turn, update } from './transition.ts';

/** Writes `EvaluationFailed` for what went wrong in a state's fields; gives the failure and the event that tells it. */
const evaluationFailed = (
  turn: Turn,
  branch: Branch,
  state: Pick<State, 'name'>,
  enteredEvent: number,
  error: EvaluationError | VariablesTooLarge,
): { failed: Failure; event: number } => {
  const cause =
    error instanceof EvaluationError
      ? `${causePrefix(state.name, enteredEvent)}${error.message}`
      : error.message;
  const location = error instanceof EvaluationError ? error.location : 'Assign';
  const details = {
    error: error.name,
    cause,
    ...(location !== undefined && { location }),
    state: state.name,
  };
  const event = emit(turn, branch.last, 'EvaluationFailed', details);
  return { failed: failure(error.name, cause), event };
};

/** How AWS begins the cause of what fails inside a state. */
export const causePrefix = (state: string, enteredEvent: number): string =>
  `An error occurred while executing the state '${state}' (entered at the event id #${enteredEvent}). `;

/**
 * Takes up an error that was thrown while a branch worked: it fails the branch's state.
 * @param completed whether the state's work was done, so that only leaving it failed
 * @throws the error itself if it is none of a state's
 */
export const failWith = async (turn: Turn, id: string, error: unknown, completed: boolean): Promise<void> => {
  const branch = branchOf(turn, id);
  if (error instanceof EvaluationError || error instanceof VariablesTooLarge) {
    const state = stateOf(turn, branch);
    const { failed, event } = evaluationFailed(turn, branch, state, branch.enteredEvent, error);
    await fail(turn, branch, failed, event, completed);
  } else if (error instanceof DataLimitExceeded) {
    await fail(turn, branch, failure(error.name, error.message), branch.last, completed);
  } else throw error;
};

/** The input of a Map iteration could not be chosen: fails the iteration, on account of the Map state. */
export const failIteration = async (turn: Turn, id: string, error: unknown): Promise<void> => {
  if (!(error instanceof EvaluationError)) throw error;
  const child = branchOf(turn, id);
  const parent = branchOf(turn, child.parent ?? '');
  const { failed, event } = evaluationFailed(turn, child, stateOf(turn, parent), parent.enteredEvent, error);
  await failChild(turn, update(turn, child, { last: event, phase: 'failed' }), failed, event);
};

const dropChildren = (turn: Turn, branch: Branch): Branch => {
  for (const id of branch.children?.ids ?? []) {
    const child = id === null ? undefined : turn.draft.branches[id];
    if (child) dropBranch(turn, child);
  }
  return update(turn, branch, { children: null });
};

/**
 * Fails the branch's state: retries it, hands the failure to a catcher, or fails what is around it.
 * @param event id of the event that tells the failure
 * @param completed whether a Parallel or Map state has been reported as succeeded already
 */
export const fail = async (
  turn: Turn,
  branch: Branch,
  failed: Failure,
  event: number,
  completed = false,
): Promise<void> => {
  const state = stateOf(turn, branch);
  const retry = 'retry' in state ? retrierFor(state.retry, branch.retries, failed) : undefined;
  if (retry) {
    const used = branch.retries[retry.index] ?? 0;
    const retries = [...branch.retries];
    for (let i = 0; i <= retry.index; i++) retries[i] ??= 0;
    retries[retry.index] = used + 1;
    const delay = retryDelay(retry.retrier, used, turn.random.number);
    update(turn, dropChildren(turn, branch), {
      phase: 'retrying',
      last: event,
      retries,
      retryCount: branch.retryCount + 1,
    });
    setTimer(turn, turn.now + delay, { kind: 'retry', branch: branch.id });
    return;
  }

  const isContainer = state.type === 'Parallel' || state.type === 'Map';
  const last = isContainer && !completed ? emit(turn, event, `${state.type}StateFailed`) : event;
  const updated = update(turn, branch, { last });
  const catcher = 'catch' in state ? catcherFor(state.catch, failed) : undefined;
  if (!catcher) return failBranch(turn, updated, failed);
  try {
    await leave(turn, dropChildren(turn, updated), state, {
      handover: catcher,
      next: catcher.next,
      output: JSON.stringify(failed.errorOutput),
      extras: { errorOutput: failed.errorOutput },
    });
  } catch (error) {
    // What fails in a catcher is nobody's to catch in this state.
    const now = branchOf(turn, branch.id);
    if (error instanceof EvaluationError || error instanceof VariablesTooLarge) {
      const again = evaluationFailed(turn, now, state, now.enteredEvent, error);
      return failBranch(turn, update(turn, now, { last: again.event }), again.failed);
    }
    if (!(error instanceof DataLimitExceeded)) throw error;
    return failBranch(turn, now, failure(error.name, error.message));
  }
};

/** Nothing in the branch's state takes the failure: it fails the state around it, or the execution. */
const failBranch = async (turn: Turn, branch: Branch, failed: Failure): Promise<void> => {
  const updated = update(turn, branch, { phase: 'failed' });
  if (updated.parent !== null) return failChild(turn, updated, failed, updated.last);
  const { error, cause } = failed;
  const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  emit(turn, updated.last, 'ExecutionFailed', details);
  endExecution(turn, 'FAILED', details);
};

/** A branch or iteration failed: stops its siblings and fails the state around them. */
const failChild = async (turn: Turn, child: Branch, failed: Failure, event: number): Promise<void> => {
  const parent = branchOf(turn, child.parent ?? '');
  const state = stateOf(turn, parent);
  const iteration = (index: number) => ({ index, name: state.name });
  if (state.type === 'Map') emit(turn, event, 'MapIterationFailed', iteration(child.index));
  if (child.enteredEvent > 0 && stateOf(turn, child).type === 'Task') emit(turn, event, 'TaskStateAborted');
  for (const id of parent.children?.ids ?? []) {
    if (id === null || id === child.id) continue;
    const sibling = branchOf(turn, id);
    if (state.type === 'Map') emit(turn, event, 'MapIterationAborted', iteration(sibling.index));
    abort(turn, sibling, event);
  }
  await fail(turn, parent, failed, event);
};

/** State types whose abortion has an event of its own. */
const ABORTABLE = ['Task', 'Wait', 'Parallel', 'Map'];

/** Stops a branch because a sibling failed; what it was doing is kept for a redrive. */
const abort = (turn: Turn, branch: Branch, event: number): void => {
  for (const id of branch.children?.ids ?? []) {
    if (id !== null) abort(turn, branchOf(turn, id), event);
  }
  const { type } = stateOf(turn, branch);
  if (branch.enteredEvent > 0 && ABORTABLE.includes(type)) emit(turn, event, `${type}StateAborted`);
  const { tasks, timers } = turn.draft;
  for (const task of Object.values(tasks)) if (task.branch === branch.id) closeTask(turn, task.id);
  for (const { id, purpose } of Object.values(timers)) {
    if ('branch' in purpose && purpose.branch === branch.id) delete timers[id];
  }
  update(turn, branch, { phase: 'aborted' });
};

/** Takes a task off the open ones, with its timers. */
export const closeTask = (turn: Turn, id: string): void => {
  for (const timer of turn.draft.tasks[id]?.timers ?? []) delete turn.draft.timers[timer];
  delete turn.draft.tasks[id];
};
