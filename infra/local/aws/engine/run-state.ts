import type { ChoiceState, FailState, State, WaitState } from './definition.ts';
import type { Branch } from './execution.ts';
import { leave } from './exit-state.ts';
import { EvaluationError } from './expression.ts';
import { scopeOf } from './expression-scope.ts';
import { causePrefix, fail } from './fail-state.ts';
import { WHOLE } from './history-event.ts';
import { MAX_SECONDS } from './limits.ts';
import { performMap, performParallel } from './parallel-and-map.ts';
import { failure } from './retry-and-catch.ts';
import { performTask } from './tasks.ts';
import { evaluateAs, evaluateInteger } from './template.ts';
import { parseTimestamp } from './timestamp.ts';
import { emit, setTimer, stateOf, type Turn, update } from './transition.ts';

/** Enters the branch's state and does what the state does. */
export const enter = (turn: Turn, branch: Branch): Promise<void> => {
  const { type, name } = stateOf(turn, branch);
  const details = { name, input: branch.input, inputDetails: WHOLE };
  const enteredEvent = emit(turn, branch.last, `${type}StateEntered`, details);
  return perform(turn, update(turn, branch, { enteredEvent, enteredAt: turn.now, last: enteredEvent }));
};

/**
 * Does what the branch's state does, up to where it waits for something outside.
 * @throws EvaluationError, DataLimitExceeded, VariablesTooLarge
 */
export const perform = (turn: Turn, branch: Branch): Promise<void> => {
  const state = stateOf(turn, branch);
  switch (state.type) {
    case 'Pass':
      return leave(turn, branch, state, { handover: state, next: state.next, output: branch.input });
    case 'Succeed':
      return leave(turn, branch, state, { handover: state, next: undefined, output: branch.input });
    case 'Choice':
      return choose(turn, branch, state);
    case 'Wait':
      return wait(turn, branch, state);
    case 'Fail':
      return failState(turn, branch, state);
    case 'Task':
      return performTask(turn, branch, state);
    case 'Parallel':
      return performParallel(turn, branch, state);
    case 'Map':
      return performMap(turn, branch, state);
  }
};

/** Leaves the branch's state with its result, a JSON text; without one, with its input. */
export const complete = (turn: Turn, branch: Branch, result: string | undefined): Promise<void> => {
  const state = stateOf(turn, branch);
  if (state.type === 'Parallel' || state.type === 'Map')
    emit(turn, branch.last, `${state.type}StateSucceeded`);
  return leave(turn, branch, state, {
    handover: state as Extract<State, { next: unknown }>,
    next: 'next' in state ? state.next : undefined,
    output: result ?? branch.input,
    extras: { result },
  });
};

const choose = async (turn: Turn, branch: Branch, state: ChoiceState): Promise<void> => {
  const scope = scopeOf(turn, branch, state);
  for (const [i, rule] of state.choices.entries()) {
    if (await evaluateAs('boolean', rule.condition, `Choices[${i}]/Condition`, scope)) {
      return leave(turn, branch, state, { handover: rule, next: rule.next, output: branch.input });
    }
  }
  if (state.default !== undefined) {
    return leave(turn, branch, state, { handover: state, next: state.default, output: branch.input });
  }
  const cause =
    `${causePrefix(state.name, branch.enteredEvent)}Failed to transition out of the state. ` +
    'The state does not point to a next state.';
  return fail(turn, branch, failure('States.Runtime', cause), branch.last);
};

const wait = async (turn: Turn, branch: Branch, state: WaitState): Promise<void> => {
  const due = await dueOf(turn, branch, state);
  if (due <= turn.now) return complete(turn, branch, undefined);
  update(turn, branch, { phase: 'waiting' });
  setTimer(turn, due, { kind: 'wait', branch: branch.id });
};

const dueOf = async (turn: Turn, branch: Branch, state: WaitState): Promise<number> => {
  const scope = scopeOf(turn, branch, state);
  if (state.seconds) {
    return turn.now + (await evaluateInteger(state.seconds, 'Seconds', [0, MAX_SECONDS], scope)) * 1000;
  }
  const text = state.timestamp ? await evaluateAs('string', state.timestamp, 'Timestamp', scope) : '';
  const due = parseTimestamp(text);
  if (due !== undefined) return due;
  throw new EvaluationError(
    `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
    'Timestamp',
  );
};

const failState = async (turn: Turn, branch: Branch, state: FailState): Promise<void> => {
  const scope = scopeOf(turn, branch, state);
  const error = state.error && (await evaluateAs('string', state.error, 'Error', scope));
  const cause = state.cause && (await evaluateAs('string', state.cause, 'Cause', scope));
  return fail(turn, branch, failure(error, cause), branch.last);
};
