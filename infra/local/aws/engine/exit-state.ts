import type { Assignments, Handover, State } from './definition.ts';
import type { Branch } from './execution.ts';
import { EvaluationError, type Scope } from './expression.ts';
import { type Extras, scopeOf } from './expression-scope.ts';
import { WHOLE } from './history-event.ts';
import { exceedsBytes, type Json } from './json.ts';
import { ASSIGN_BYTES, PAYLOAD_BYTES, VARIABLES_BYTES } from './limits.ts';
import { finishChild } from './parallel-and-map.ts';
import { follow } from './reference-path.ts';
import { resultTooLarge } from './retry-and-catch.ts';
import { evaluate } from './template.ts';
import { addEvent, endExecution, queueStep, type Transition, update } from './transition.ts';

/** Variables that a state assigns would not fit. */
export class VariablesTooLargeError extends Error {
  override readonly name = 'States.DataLimitExceeded';
}

interface Assigned {
  readonly values: Readonly<Record<string, Json>>;
  readonly texts: Readonly<Record<string, string>>;
}

const assign = async (
  branch: Branch,
  state: State,
  assignments: Assignments,
  scope: Scope,
): Promise<Assigned> => {
  const values: [string, Json][] = [];
  const texts: [string, string][] = [];
  let bytes = 0;
  for (const [name, template] of assignments) {
    const value =
      template.kind === 'reference'
        ? follow(template, JSON.parse(branch.input) as Json)
        : await evaluate(template, scope);
    if (value === undefined && template.kind === 'reference') {
      throw new EvaluationError(
        `The path '${template.text}' could not be found in the input.`,
        `Assign/${name}.$`,
      );
    }
    const text = JSON.stringify(value);
    bytes += Buffer.byteLength(text);
    values.push([name, value as Json]);
    texts.push([name, text]);
  }
  if (bytes > ASSIGN_BYTES) {
    throw new VariablesTooLargeError(
      `State variable size limit exceeded. State '${state.name}' assigned variables that exceed the limit of one ` +
        `state by ${bytes - ASSIGN_BYTES} bytes.`,
    );
  }
  return { values: Object.fromEntries(values), texts: Object.fromEntries(texts) };
};

/** The branch with the variables assigned; they count towards the execution's total. */
const storeVariables = (transition: Transition, branch: Branch, state: State, assigned: Assigned): Branch => {
  const sizes = { ...branch.sizes };
  let total = transition.draft.variableBytes;
  for (const [name, text] of Object.entries(assigned.texts)) {
    const bytes = Buffer.byteLength(text);
    total += bytes - (sizes[name] ?? 0);
    sizes[name] = bytes;
  }
  if (total > VARIABLES_BYTES) {
    throw new VariablesTooLargeError(
      `Execution total variable size limit exceeded. State '${state.name}' assigned variables that exceed the ` +
        `total execution limit by ${total - VARIABLES_BYTES} bytes.`,
    );
  }
  transition.draft.variableBytes = total;
  return update(transition, branch, { variables: { ...branch.variables, ...assigned.values }, sizes });
};

/** How a state is left. */
interface StateExit {
  readonly handover: Handover;
  /** The state that follows; undefined at the end of the block. */
  readonly next: string | undefined;
  /** JSON text of the output when the handover names none. */
  readonly output: string;
  readonly extras?: Extras;
}

/**
 * Leaves the branch's state: evaluates Assign and Output, both on the variables as they were at entry, writes
 * StateExited, and goes on to the next state or ends the branch.
 * @throws EvaluationError, DataLimitExceededError, VariablesTooLargeError before anything is written
 */
export const exitState = async (
  transition: Transition,
  branch: Branch,
  state: State,
  exit: StateExit,
): Promise<void> => {
  const { handover, next } = exit;
  const scope =
    handover.assign || handover.output ? scopeOf(transition, branch, state, exit.extras) : undefined;
  const assigned = scope && handover.assign && (await assign(branch, state, handover.assign, scope));
  const output =
    scope && handover.output ? JSON.stringify(await evaluate(handover.output, scope)) : exit.output;
  if (exceedsBytes(output, PAYLOAD_BYTES)) throw resultTooLarge(state.name);

  const kept = assigned ? storeVariables(transition, branch, state, assigned) : branch;
  const last = addEvent(transition, branch.last, `${state.type}StateExited`, {
    name: state.name,
    output,
    outputDetails: WHOLE,
    ...(assigned && { assignedVariables: assigned.texts, assignedVariablesDetails: WHOLE }),
  });
  const left = update(transition, kept, { last, children: null });
  if (next !== undefined) moveTo(transition, left, next, output);
  else if (left.parent !== null) finishChild(transition, left, output);
  else {
    addEvent(transition, last, 'ExecutionSucceeded', { output, outputDetails: WHOLE });
    endExecution(transition, 'SUCCEEDED', { output });
  }
};

/** Makes a state the branch's next one. */
const moveTo = (transition: Transition, branch: Branch, state: string, input: string): void => {
  const changes = { state, input, enteredEvent: 0, retryCount: 0, retries: [] };
  queueStep(transition, update(transition, branch, changes), 'enter');
};
