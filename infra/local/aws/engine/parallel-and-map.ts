import type { MapState, ParallelState } from './definition.ts';
import type { Branch, Children } from './execution.ts';
import { EvaluationError } from './expression.ts';
import { scopeOf } from './expression-scope.ts';
import { isJsonArray, type Json } from './json.ts';
import { MAX_SECONDS } from './limits.ts';
import { evaluate, evaluateAs, evaluateInteger } from './template.ts';
import { blockOf, branchOf, emit, later, nextNumber, stateOf, type Turn, update } from './transition.ts';

const startChild = (
  turn: Turn,
  parent: Branch,
  child: Partial<Branch>,
  index: number,
  block: number,
): Branch => {
  const id = `branch-${nextNumber(turn)}`;
  return update(
    turn,
    {
      id,
      parent: parent.id,
      index,
      block,
      state: blockOf(turn, block).startAt,
      input: parent.input,
      enteredEvent: 0,
      enteredAt: 0,
      last: 0,
      retryCount: 0,
      retries: [],
      variables: parent.variables,
      sizes: {},
      item: parent.item,
      phase: 'ready',
      children: null,
    },
    child,
  );
};

/** Starts every branch of a Parallel state. */
export const performParallel = async (turn: Turn, branch: Branch, state: ParallelState): Promise<void> => {
  const input = state.arguments
    ? JSON.stringify(await evaluate(state.arguments, scopeOf(turn, branch, state)))
    : branch.input;
  const last = emit(turn, branch.last, 'ParallelStateStarted');
  const children = state.branches.map((block, index) =>
    startChild(turn, branch, { input, last }, index, block),
  );
  update(turn, branch, {
    last,
    phase: 'children',
    children: {
      ids: children.map((child) => child.id),
      outputs: children.map(() => null),
      succeeded: 0,
      next: children.length,
      items: null,
    },
  });
  for (const child of children) later(turn, child, 'enter');
};

const itemsOf = async (turn: Turn, branch: Branch, state: MapState): Promise<readonly Json[]> => {
  if (state.items) return evaluateAs('array', state.items, 'Items', scopeOf(turn, branch, state));
  const input = JSON.parse(branch.input) as Json;
  if (isJsonArray(input)) return input;
  throw new EvaluationError(`Map state input must be an array but was: ${JSON.stringify(input)}`);
};

/** Starts as many iterations of a Map state as may run at a time. */
export const performMap = async (turn: Turn, branch: Branch, state: MapState): Promise<void> => {
  const items = await itemsOf(turn, branch, state);
  const concurrency = state.maxConcurrency
    ? await evaluateInteger(
        state.maxConcurrency,
        'MaxConcurrency',
        [0, MAX_SECONDS],
        scopeOf(turn, branch, state),
      )
    : 0;
  for (const [field, template] of state.tolerance) {
    await evaluateAs('number', template, field, scopeOf(turn, branch, state));
  }
  const last = emit(turn, branch.last, 'MapStateStarted', { length: items.length });
  let started = update(turn, branch, {
    last,
    phase: 'children',
    children: {
      ids: items.map(() => null),
      outputs: items.map(() => null),
      succeeded: 0,
      next: 0,
      items,
    },
  });
  if (items.length === 0) {
    later(turn, started, 'complete', '[]');
    return;
  }
  for (let i = 0; i < Math.min(concurrency || items.length, items.length); i++) {
    started = startIteration(turn, started, state, last);
  }
};

const replaced = <Item>(list: readonly Item[], index: number, item: Item): Item[] => {
  const copy = [...list];
  copy[index] = item;
  return copy;
};

const startIteration = (turn: Turn, parent: Branch, state: MapState, previous: number): Branch => {
  const children = parent.children as Children;
  const index = children.next;
  const value = children.items?.[index] ?? null;
  const last = emit(turn, previous, 'MapIterationStarted', { index, name: state.name });
  const child = startChild(turn, parent, { last, item: { index, value } }, index, state.processor);
  later(turn, child, 'begin');
  return update(turn, parent, {
    children: { ...children, next: index + 1, ids: replaced(children.ids, index, child.id) },
  });
};

/**
 * Chooses the input of a Map iteration and enters its first state.
 * @throws EvaluationError of the ItemSelector
 */
export const beginIteration = async (turn: Turn, child: Branch): Promise<void> => {
  const parent = branchOf(turn, child.parent ?? '');
  const state = stateOf(turn, parent) as MapState;
  const input = state.itemSelector
    ? await evaluate(state.itemSelector, scopeOf(turn, parent, state, { item: child.item }))
    : (child.item?.value ?? null);
  later(turn, update(turn, child, { input: JSON.stringify(input) }), 'enter');
};

/** Forgets a branch and everything below it; its variables no longer count. */
export const dropBranch = (turn: Turn, branch: Branch): void => {
  for (const id of branch.children?.ids ?? []) {
    const child = id === null ? undefined : turn.draft.branches[id];
    if (child) dropBranch(turn, child);
  }
  for (const bytes of Object.values(branch.sizes)) turn.draft.variableBytes -= bytes;
  delete turn.draft.branches[branch.id];
};

/** A branch or iteration has come to its end: hands its output to the state around it. */
export const finishChild = (turn: Turn, child: Branch, output: string): void => {
  dropBranch(turn, child);
  const parent = branchOf(turn, child.parent ?? '');
  const before = parent.children as Children;
  const children = {
    ...before,
    ids: replaced(before.ids, child.index, null),
    outputs: replaced(before.outputs, child.index, output),
    succeeded: before.succeeded + 1,
  };
  const state = stateOf(turn, parent);
  const last =
    state.type === 'Map'
      ? emit(turn, child.last, 'MapIterationSucceeded', { index: child.index, name: state.name })
      : child.last;
  const updated = update(turn, parent, { last, children });
  if (children.succeeded === children.outputs.length) {
    later(turn, updated, 'complete', `[${children.outputs.join(',')}]`);
  } else if (state.type === 'Map' && children.next < children.outputs.length) {
    startIteration(turn, updated, state, child.last);
  }
};
