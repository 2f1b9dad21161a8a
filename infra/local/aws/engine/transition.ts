import type { Block, Definition, State } from './definition.ts';
import type { Branch, Execution, OpenTask, Timer } from './execution.ts';
import { type HistoryEvent, historyEvent } from './history-event.ts';
import type { Json } from './json.ts';
import { HISTORY_EVENTS } from './limits.ts';
import { type Random, randomFrom } from './random.ts';

/** What the interpreter needs beside an execution: the definition it is pinned to, and how its tokens are made. */
export interface Machine {
  readonly definition: Definition;
  /** The token of a task: always the same for the same task, and not to be guessed by others. */
  readonly token: (executionArn: string, taskId: string) => string;
}

/** What is to be done outside. */
export type Effect =
  | { readonly type: 'task'; readonly task: OpenTask }
  /** The execution ended; its open tasks and timers are gone. */
  | { readonly type: 'ended' }
  | { readonly type: 'started' }
  | { readonly type: 'redriven' };

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** An execution's next state while it is being worked out. */
interface Draft extends Writable<Omit<Execution, 'branches' | 'tasks' | 'timers'>> {
  branches: Record<string, Branch>;
  tasks: Record<string, OpenTask>;
  timers: Record<string, Timer>;
}

/** One call of `applyEvent`: a draft, and what has come of it so far. */
export interface Transition {
  readonly machine: Machine;
  readonly draft: Draft;
  readonly now: number;
  readonly random: Random;
  readonly history: HistoryEvent[];
  readonly effects: Effect[];
  /** Steps to take, in order; a step is dropped when its branch is no longer ready. */
  readonly steps: Step[];
}

/** What a branch does next. */
export interface Step {
  readonly branch: string;
  /**
   * `begin`: choose the input of a Map iteration; `enter`: enter the branch's state; `perform`: do what the state does
   * (again, after a retry's delay or a redrive); `complete`: leave the state with its result.
   */
  readonly kind: 'begin' | 'enter' | 'run' | 'complete';
  /** JSON text of the result, to complete with. */
  readonly result?: string;
}

/** The history has room for nothing but the execution's end. */
export class HistoryFullError extends Error {}

/** Begins a transition at an execution. */
export const beginTransition = (machine: Machine, execution: Execution, now: number): Transition => {
  const sequence = execution.sequence + 1;
  return {
    machine,
    now,
    draft: {
      ...execution,
      sequence,
      branches: { ...execution.branches },
      tasks: { ...execution.tasks },
      timers: { ...execution.timers },
    },
    random: randomFrom(`${execution.arn}\n${sequence}\n${now}`),
    history: [],
    effects: [],
    steps: [],
  };
};

/**
 * Adds an event to the history; gives its id.
 * @throws HistoryFullError when only the execution's end may still be written
 */
export const addEvent = (
  transition: Transition,
  previousEventId: number,
  type: string,
  details?: { readonly [member: string]: Json },
): number => {
  const { draft } = transition;
  if (draft.lastEventId >= HISTORY_EVENTS - 1 && !ENDS.has(type)) throw new HistoryFullError();
  draft.lastEventId++;
  transition.history.push(historyEvent(draft.lastEventId, previousEventId, transition.now, type, details));
  return draft.lastEventId;
};

const ENDS = new Set(['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut']);

/** A number that no other branch, task or timer of the execution has. */
export const nextNumber = (transition: Transition): number => ++transition.draft.lastNumber;

/** Replaces members of a branch; gives the branch as it is then. */
export const update = (transition: Transition, branch: Branch, changes: Partial<Branch>): Branch => {
  const updated = { ...branch, ...changes };
  transition.draft.branches[branch.id] = updated;
  return updated;
};

/** The branch as it is now. */
export const branchOf = (transition: Transition, id: string): Branch => {
  const branch = transition.draft.branches[id];
  if (!branch) throw new Error(`The execution ${transition.draft.arn} has no branch '${id}'.`);
  return branch;
};

/** A block of the definition. */
export const blockOf = (transition: Transition, index: number): Block => {
  const block = transition.machine.definition.blocks[index];
  if (!block) throw new Error(`The definition has no block ${index}.`);
  return block;
};

/** The state that a branch is in. */
export const stateOf = (transition: Transition, branch: Branch): State => {
  const state = blockOf(transition, branch.block).states.get(branch.state);
  if (!state) throw new Error(`The definition has no state '${branch.state}' in block ${branch.block}.`);
  return state;
};

/** Sets a timer; gives its id. */
export const setTimer = (transition: Transition, due: number, purpose: Timer['purpose']): string => {
  const id = `timer-${nextNumber(transition)}`;
  transition.draft.timers[id] = { id, due, purpose };
  return id;
};

/** Makes a branch ready and puts its next step at the end of the queue. */
export const queueStep = (
  transition: Transition,
  branch: Branch,
  kind: Step['kind'],
  result?: string,
): void => {
  update(transition, branch, { phase: 'ready' });
  transition.steps.push({ branch: branch.id, kind, ...(result !== undefined && { result }) });
};

/** Ends the execution; open tasks and timers go, the branches stay for a redrive. */
export const endExecution = (
  transition: Transition,
  status: Draft['status'],
  outcome: { readonly output?: string; readonly error?: string; readonly cause?: string },
): void => {
  const { output = null, error = null, cause = null } = outcome;
  Object.assign(transition.draft, {
    status,
    stopDate: transition.now,
    output,
    error,
    cause,
    tasks: {},
    timers: {},
  });
  transition.steps.length = 0;
  transition.effects.push({ type: 'ended' });
};
