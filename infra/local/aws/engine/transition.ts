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
export interface Draft extends Writable<Omit<Execution, 'branches' | 'tasks' | 'timers'>> {
  branches: Record<string, Branch>;
  tasks: Record<string, OpenTask>;
  timers: Record<string, Timer>;
}

/** One call of `advance`: a draft, and what has come of it so far. */
export interface Turn {
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
  readonly kind: 'begin' | 'enter' | 'perform' | 'complete';
  /** JSON text of the result, to complete with. */
  readonly result?: string;
}

/** The history has room for nothing but the execution's end. */
export class HistoryFull extends Error {}

/** Begins a turn at an execution. */
export const beginTurn = (machine: Machine, execution: Execution, now: number): Turn => {
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
 * @throws HistoryFull when only the execution's end may still be written
 */
export const emit = (
  turn: Turn,
  previousEventId: number,
  type: string,
  details?: { readonly [member: string]: Json },
): number => {
  const { draft } = turn;
  if (draft.lastEventId >= HISTORY_EVENTS - 1 && !ENDS.has(type)) throw new HistoryFull();
  draft.lastEventId++;
  turn.history.push(historyEvent(draft.lastEventId, previousEventId, turn.now, type, details));
  return draft.lastEventId;
};

const ENDS = new Set(['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut']);

/** A number that no other branch, task or timer of the execution has. */
export const nextNumber = (turn: Turn): number => ++turn.draft.lastNumber;

/** Replaces members of a branch; gives the branch as it is then. */
export const update = (turn: Turn, branch: Branch, changes: Partial<Branch>): Branch => {
  const updated = { ...branch, ...changes };
  turn.draft.branches[branch.id] = updated;
  return updated;
};

/** The branch as it is now. */
export const branchOf = (turn: Turn, id: string): Branch => {
  const branch = turn.draft.branches[id];
  if (!branch) throw new Error(`The execution ${turn.draft.arn} has no branch '${id}'.`);
  return branch;
};

/** A block of the definition. */
export const blockOf = (turn: Turn, index: number): Block => {
  const block = turn.machine.definition.blocks[index];
  if (!block) throw new Error(`The definition has no block ${index}.`);
  return block;
};

/** The state that a branch is in. */
export const stateOf = (turn: Turn, branch: Branch): State => {
  const state = blockOf(turn, branch.block).states.get(branch.state);
  if (!state) throw new Error(`The definition has no state '${branch.state}' in block ${branch.block}.`);
  return state;
};

/** Sets a timer; gives its id. */
export const setTimer = (turn: Turn, due: number, purpose: Timer['purpose']): string => {
  const id = `timer-${nextNumber(turn)}`;
  turn.draft.timers[id] = { id, due, purpose };
  return id;
};

/** Makes a branch ready and puts its next step at the end of the queue. */
export const later = (turn: Turn, branch: Branch, kind: Step['kind'], result?: string): void => {
  update(turn, branch, { phase: 'ready' });
  turn.steps.push({ branch: branch.id, kind, ...(result !== undefined && { result }) });
};

/** Ends the execution; open tasks and timers go, the branches stay for a redrive. */
export const endExecution = (
  turn: Turn,
  status: Draft['status'],
  outcome: { readonly output?: string; readonly error?: string; readonly cause?: string },
): void => {
  const { output = null, error = null, cause = null } = outcome;
  Object.assign(turn.draft, { status, stopDate: turn.now, output, error, cause, tasks: {}, timers: {} });
  turn.steps.length = 0;
  turn.effects.push({ type: 'ended' });
};
