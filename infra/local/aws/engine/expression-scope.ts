import type { State } from './definition.ts';
import type { Branch } from './execution.ts';
import type { Scope } from './expression.ts';
import type { Json } from './json.ts';
import type { Transition } from './transition.ts';

/** What `$states` holds beside input and context, where it applies. */
export interface Extras {
  /** JSON text of `$states.result`. */
  readonly result?: string | undefined;
  readonly errorOutput?: Json;
  /** `$states.context.Task.Token`. */
  readonly token?: string | null;
  /** `$states.context.Map.Item`, when it is not the branch's own. */
  readonly item?: Branch['item'];
}

/** Adds a member that is parsed from its text when an expression first reads it. */
const parsedOnRead = (target: object, name: string, text: string): void => {
  let value: Json | undefined;
  const get = () => {
    value ??= JSON.parse(text) as Json;
    return value;
  };
  Object.defineProperty(target, name, { enumerable: true, get });
};

const isoTime = (ms: number): string => new Date(ms).toISOString();

const contextOf = (transition: Transition, branch: Branch, state: State, extras: Extras): Json => {
  const { draft } = transition;
  const execution = { Id: draft.arn };
  parsedOnRead(execution, 'Input', draft.input);
  Object.assign(execution, {
    StartTime: isoTime(draft.startDate),
    Name: draft.name,
    RoleArn: draft.roleArn,
    RedriveCount: draft.redriveCount,
    ...(draft.redriveDate !== null && { RedriveTime: isoTime(draft.redriveDate) }),
  });
  const item = extras.item ?? branch.item;
  return {
    Execution: execution,
    StateMachine: { Id: draft.stateMachineArn, Name: draft.stateMachineName },
    State: {
      Name: state.name,
      EnteredTime: isoTime(branch.enteredAt),
      ...('retry' in state && { RetryCount: branch.retryCount }),
    },
    ...(item && { Map: { Item: { Index: item.index, Value: item.value } } }),
    ...(extras.token && { Task: { Token: extras.token } }),
  };
};

/**
 * What expressions of the branch's state can name: `$states` and the variables. Most expressions read one member of `$states`,
 * so each is made when it is first read.
 */
export const scopeOf = (transition: Transition, branch: Branch, state: State, extras: Extras = {}): Scope => {
  let context: Json | undefined;
  let input: Json | undefined;
  const states: { [member: string]: Json } = {
    get context() {
      context ??= contextOf(transition, branch, state, extras);
      return context;
    },
    get input() {
      input ??= JSON.parse(branch.input) as Json;
      return input;
    },
  };
  if (extras.result !== undefined) parsedOnRead(states, 'result', extras.result);
  if (extras.errorOutput !== undefined) states.errorOutput = extras.errorOutput;
  return { bindings: { ...branch.variables, states }, surroundings: transition };
};
