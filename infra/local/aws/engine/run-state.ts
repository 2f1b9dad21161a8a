import type { ChoiceState, FailState, State, WaitState } from './definition.ts';
import type { Branch } from './execution.ts';
import { exitState } from './exit-state.ts';
import { EvaluationError } from './expression.ts';
import { scopeOf } from './expression-scope.ts';
import { causePrefix, failState } from './fail-state.ts';
import { WHOLE } from './history-event.ts';
import { MAX_SECONDS } from './limits.ts';
import { runMap, runParallel } from './parallel-and-map.ts';
import { failure } from './retry-and-catch.ts';
import { scheduleTask } from './tasks.ts';
import { evaluateAs, evaluateInteger } from './template.ts';
import { parseTimestamp } from './timestamp.ts';
import { addEvent, setTimer, stateOf, type Transition, update } from './transition.ts';

/** Enters the branch's state and does what the state does. */
export const enterState = (transition: Transition, branch: Branch): Promise<void> => {
  const { type, name } = stateOf(transition, branch);
  const details = { name, input: branch.input, inputDetails: WHOLE };
  const enteredEvent = addEvent(transition, branch.last, `${type}StateEntered`, details);
  return runState(
    transition,
    update(transition, branch, { enteredEvent, enteredAt: transition.now, last: enteredEvent }),
  );
};

/**
 * Does what the branch's state does, up to where it waits for something outside.
 * @throws EvaluationError, DataLimitExceededError, VariablesTooLargeError
 */
export const runState = (transition: Transition, branch: Branch): Promise<void> => {
  const state = stateOf(transition, branch);
  switch (state.type) {
    case 'Pass':
      return exitState(transition, branch, state, {
        handover: state,
        next: state.next,
        output: branch.input,
      });
    case 'Succeed':
      return exitState(transition, branch, state, { handover: state, next: undefined, output: branch.input });
    case 'Choice':
      return choose(transition, branch, state);
    case 'Wait':
      return wait(transition, branch, state);
    case 'Fail':
      return runFailState(transition, branch, state);
    case 'Task':
      return scheduleTask(transition, branch, state);
    case 'Parallel':
      return runParallel(transition, branch, state);
    case 'Map':
      return runMap(transition, branch, state);
  }
};

/** Leaves the branch's state with its result, a JSON text; without one, with its input. */
export const completeState = (
  transition: Transition,
  branch: Branch,
  result: string | undefined,
): Promise<void> => {
  const state = stateOf(transition, branch);
  if (state.type === 'Parallel' || state.type === 'Map')
    addEvent(transition, branch.last, `${state.type}StateSucceeded`);
  return exitState(transition, branch, state, {
    handover: state as Extract<State, { next: unknown }>,
    next: 'next' in state ? state.next : undefined,
    output: result ?? branch.input,
    extras: { result },
  });
};

const choose = async (transition: Transition, branch: Branch, state: ChoiceState): Promise<void> => {
  const scope = scopeOf(transition, branch, state);
  for (const [i, rule] of state.choices.entries()) {
    if (await evaluateAs('boolean', rule.condition, `Choices[${i}]/Condition`, scope)) {
      return exitState(transition, branch, state, { handover: rule, next: rule.next, output: branch.input });
    }
  }
  if (state.default !== undefined) {
    return exitState(transition, branch, state, {
      handover: state,
      next: state.default,
      output: branch.input,
    });
  }
  const cause =
    `${causePrefix(state.name, branch.enteredEvent)}Failed to transition out of the state. ` +
    'The state does not point to a next state.';
  return failState(transition, branch, failure('States.Runtime', cause), branch.last);
};

const wait = async (transition: Transition, branch: Branch, state: WaitState): Promise<void> => {
  const due = await dueOf(transition, branch, state);
  if (due <= transition.now) return completeState(transition, branch, undefined);
  update(transition, branch, { phase: 'waiting' });
  setTimer(transition, due, { kind: 'wait', branch: branch.id });
};

const dueOf = async (transition: Transition, branch: Branch, state: WaitState): Promise<number> => {
  const scope = scopeOf(transition, branch, state);
  if (state.seconds) {
    return transition.now + (await evaluateInteger(state.seconds, 'Seconds', [0, MAX_SECONDS], scope)) * 1000;
  }
  const text = state.timestamp ? await evaluateAs('string', state.timestamp, 'Timestamp', scope) : '';
  const due = parseTimestamp(text);
  if (due !== undefined) return due;
  throw new EvaluationError(
    `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
    'Timestamp',
  );
};

const runFailState = async (transition: Transition, branch: Branch, state: FailState): Promise<void> => {
  const scope = scopeOf(transition, branch, state);
  const error = state.error && (await evaluateAs('string', state.error, 'Error', scope));
  const cause = state.cause && (await evaluateAs('string', state.cause, 'Cause', scope));
  return failState(transition, branch, failure(error, cause), branch.last);
};
