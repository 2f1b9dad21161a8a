import type { State } from './definition.ts';
import type { Branch } from './execution.ts';
import { exitState, VariablesTooLargeError } from './exit-state.ts';
import { EvaluationError } from './expression.ts';
import { dropBranch } from './parallel-and-map.ts';
import {
  catcherFor,
  DataLimitExceededError,
  type Failure,
  failure,
  retrierFor,
  retryDelay,
} from './retry-and-catch.ts';
import {
  addEvent,
  branchOf,
  endExecution,
  setTimer,
  stateOf,
  type Transition,
  update,
} from './transition.ts';

/** Writes `EvaluationFailed` for what went wrong in a state's fields; gives the failure and the event that tells it. */
const evaluationFailed = (
  transition: Transition,
  branch: Branch,
  state: Pick<State, 'name'>,
  enteredEvent: number,
  error: EvaluationError | VariablesTooLargeError,
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
  const event = addEvent(transition, branch.last, 'EvaluationFailed', details);
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
export const failWithError = async (
  transition: Transition,
  id: string,
  error: unknown,
  completed: boolean,
): Promise<void> => {
  const branch = branchOf(transition, id);
  if (error instanceof EvaluationError || error instanceof VariablesTooLargeError) {
    const state = stateOf(transition, branch);
    const { failed, event } = evaluationFailed(transition, branch, state, branch.enteredEvent, error);
    await failState(transition, branch, failed, event, completed);
  } else if (error instanceof DataLimitExceededError) {
    await failState(transition, branch, failure(error.name, error.message), branch.last, completed);
  } else throw error;
};

/** The input of a Map iteration could not be chosen: fails the iteration, on account of the Map state. */
export const failIteration = async (transition: Transition, id: string, error: unknown): Promise<void> => {
  if (!(error instanceof EvaluationError)) throw error;
  const child = branchOf(transition, id);
  const parent = branchOf(transition, child.parent ?? '');
  const { failed, event } = evaluationFailed(
    transition,
    child,
    stateOf(transition, parent),
    parent.enteredEvent,
    error,
  );
  await failChild(transition, update(transition, child, { last: event, phase: 'failed' }), failed, event);
};

const dropChildren = (transition: Transition, branch: Branch): Branch => {
  for (const id of branch.children?.ids ?? []) {
    const child = id === null ? undefined : transition.draft.branches[id];
    if (child) dropBranch(transition, child);
  }
  return update(transition, branch, { children: null });
};

/**
 * Fails the branch's state: retries it, hands the failure to a catcher, or fails what is around it.
 * @param event id of the event that tells the failure
 * @param completed whether a Parallel or Map state has been reported as succeeded already
 */
export const failState = async (
  transition: Transition,
  branch: Branch,
  failed: Failure,
  event: number,
  completed = false,
): Promise<void> => {
  const state = stateOf(transition, branch);
  const retry = 'retry' in state ? retrierFor(state.retry, branch.retries, failed) : undefined;
  if (retry) {
    const used = branch.retries[retry.index] ?? 0;
    const retries = [...branch.retries];
    for (let i = 0; i <= retry.index; i++) retries[i] ??= 0;
    retries[retry.index] = used + 1;
    const delay = retryDelay(retry.retrier, used, transition.random.number);
    update(transition, dropChildren(transition, branch), {
      phase: 'retrying',
      last: event,
      retries,
      retryCount: branch.retryCount + 1,
    });
    setTimer(transition, transition.now + delay, { kind: 'retry', branch: branch.id });
    return;
  }

  const isContainer = state.type === 'Parallel' || state.type === 'Map';
  const last = isContainer && !completed ? addEvent(transition, event, `${state.type}StateFailed`) : event;
  const updated = update(transition, branch, { last });
  const catcher = 'catch' in state ? catcherFor(state.catch, failed) : undefined;
  if (!catcher) return failBranch(transition, updated, failed);
  try {
    await exitState(transition, dropChildren(transition, updated), state, {
      handover: catcher,
      next: catcher.next,
      output: JSON.stringify(failed.errorOutput),
      extras: { errorOutput: failed.errorOutput },
    });
  } catch (error) {
    // What fails in a catcher is nobody's to catch in this state.
    const now = branchOf(transition, branch.id);
    if (error instanceof EvaluationError || error instanceof VariablesTooLargeError) {
      const again = evaluationFailed(transition, now, state, now.enteredEvent, error);
      return failBranch(transition, update(transition, now, { last: again.event }), again.failed);
    }
    if (!(error instanceof DataLimitExceededError)) throw error;
    return failBranch(transition, now, failure(error.name, error.message));
  }
};

/** Nothing in the branch's state takes the failure: it fails the state around it, or the execution. */
const failBranch = async (transition: Transition, branch: Branch, failed: Failure): Promise<void> => {
  const updated = update(transition, branch, { phase: 'failed' });
  if (updated.parent !== null) return failChild(transition, updated, failed, updated.last);
  const { error, cause } = failed;
  const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  addEvent(transition, updated.last, 'ExecutionFailed', details);
  endExecution(transition, 'FAILED', details);
};

/** A branch or iteration failed: stops its siblings and fails the state around them. */
const failChild = async (
  transition: Transition,
  child: Branch,
  failed: Failure,
  event: number,
): Promise<void> => {
  const parent = branchOf(transition, child.parent ?? '');
  const state = stateOf(transition, parent);
  const iteration = (index: number) => ({ index, name: state.name });
  if (state.type === 'Map') addEvent(transition, event, 'MapIterationFailed', iteration(child.index));
  if (child.enteredEvent > 0 && stateOf(transition, child).type === 'Task')
    addEvent(transition, event, 'TaskStateAborted');
  for (const id of parent.children?.ids ?? []) {
    if (id === null || id === child.id) continue;
    const sibling = branchOf(transition, id);
    if (state.type === 'Map') addEvent(transition, event, 'MapIterationAborted', iteration(sibling.index));
    abort(transition, sibling, event);
  }
  await failState(transition, parent, failed, event);
};

/** State types whose abortion has an event of its own. */
const ABORTABLE = ['Task', 'Wait', 'Parallel', 'Map'];

/** Stops a branch because a sibling failed; what it was doing is kept for a redrive. */
const abort = (transition: Transition, branch: Branch, event: number): void => {
  for (const id of branch.children?.ids ?? []) {
    if (id !== null) abort(transition, branchOf(transition, id), event);
  }
  const { type } = stateOf(transition, branch);
  if (branch.enteredEvent > 0 && ABORTABLE.includes(type)) addEvent(transition, event, `${type}StateAborted`);
  const { tasks, timers } = transition.draft;
  for (const task of Object.values(tasks)) if (task.branch === branch.id) closeTask(transition, task.id);
  for (const { id, purpose } of Object.values(timers)) {
    if ('branch' in purpose && purpose.branch === branch.id) delete timers[id];
  }
  update(transition, branch, { phase: 'aborted' });
};

/** Takes a task off the open ones, with its timers. */
export const closeTask = (transition: Transition, id: string): void => {
  for (const timer of transition.draft.tasks[id]?.timers ?? []) delete transition.draft.timers[timer];
  delete transition.draft.tasks[id];
};
