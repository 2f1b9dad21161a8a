import type { MapState, ParallelState } from './definition.ts';
import type { Branch, Children } from './execution.ts';
import { EvaluationError } from './expression.ts';
import { scopeOf } from './expression-scope.ts';
import { isJsonArray, type Json } from './json.ts';
import { MAX_SECONDS } from './limits.ts';
import { evaluate, evaluateAs, evaluateInteger } from './template.ts';
import {
  addEvent,
  blockOf,
  branchOf,
  nextNumber,
  queueStep,
  stateOf,
  type Transition,
  update,
} from './transition.ts';

const startChild = (
  transition: Transition,
  parent: Branch,
  child: Partial<Branch>,
  index: number,
  block: number,
): Branch => {
  const id = `branch-${nextNumber(transition)}`;
  return update(
    transition,
    {
      id,
      parent: parent.id,
      index,
      block,
      state: blockOf(transition, block).startAt,
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
export const runParallel = async (
  transition: Transition,
  branch: Branch,
  state: ParallelState,
): Promise<void> => {
  const input = state.arguments
    ? JSON.stringify(await evaluate(state.arguments, scopeOf(transition, branch, state)))
    : branch.input;
  const last = addEvent(transition, branch.last, 'ParallelStateStarted');
  const children = state.branches.map((block, index) =>
    startChild(transition, branch, { input, last }, index, block),
  );
  update(transition, branch, {
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
  for (const child of children) queueStep(transition, child, 'enter');
};

const itemsOf = async (transition: Transition, branch: Branch, state: MapState): Promise<readonly Json[]> => {
  if (state.items) return evaluateAs('array', state.items, 'Items', scopeOf(transition, branch, state));
  const input = JSON.parse(branch.input) as Json;
  if (isJsonArray(input)) return input;
  throw new EvaluationError(`Map state input must be an array but was: ${JSON.stringify(input)}`);
};

/** Starts as many iterations of a Map state as may run at a time. */
export const runMap = async (transition: Transition, branch: Branch, state: MapState): Promise<void> => {
  const items = await itemsOf(transition, branch, state);
  const concurrency = state.maxConcurrency
    ? await evaluateInteger(
        state.maxConcurrency,
        'MaxConcurrency',
        [0, MAX_SECONDS],
        scopeOf(transition, branch, state),
      )
    : 0;
  for (const [field, template] of state.tolerance) {
    await evaluateAs('number', template, field, scopeOf(transition, branch, state));
  }
  const last = addEvent(transition, branch.last, 'MapStateStarted', { length: items.length });
  let started = update(transition, branch, {
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
    queueStep(transition, started, 'complete', '[]');
    return;
  }
  for (let i = 0; i < Math.min(concurrency || items.length, items.length); i++) {
    started = startIteration(transition, started, state, last);
  }
};

const replaced = <Item>(list: readonly Item[], index: number, item: Item): Item[] => {
  const copy = [...list];
  copy[index] = item;
  return copy;
};

const startIteration = (
  transition: Transition,
  parent: Branch,
  state: MapState,
  previous: number,
): Branch => {
  const children = parent.children as Children;
  const index = children.next;
  const value = children.items?.[index] ?? null;
  const last = addEvent(transition, previous, 'MapIterationStarted', { index, name: state.name });
  const child = startChild(transition, parent, { last, item: { index, value } }, index, state.processor);
  queueStep(transition, child, 'begin');
  return update(transition, parent, {
    children: { ...children, next: index + 1, ids: replaced(children.ids, index, child.id) },
  });
};

/**
 * Chooses the input of a Map iteration and enters its first state.
 * @throws EvaluationError of the ItemSelector
 */
export const beginIteration = async (transition: Transition, child: Branch): Promise<void> => {
  const parent = branchOf(transition, child.parent ?? '');
  const state = stateOf(transition, parent) as MapState;
  const input = state.itemSelector
    ? await evaluate(state.itemSelector, scopeOf(transition, parent, state, { item: child.item }))
    : (child.item?.value ?? null);
  queueStep(transition, update(transition, child, { input: JSON.stringify(input) }), 'enter');
};

/** Forgets a branch and everything below it; its variables no longer count. */
export const dropBranch = (transition: Transition, branch: Branch): void => {
  for (const id of branch.children?.ids ?? []) {
    const child = id === null ? undefined : transition.draft.branches[id];
    if (child) dropBranch(transition, child);
  }
  for (const bytes of Object.values(branch.sizes)) transition.draft.variableBytes -= bytes;
  delete transition.draft.branches[branch.id];
};

/** A branch or iteration has come to its end: hands its output to the state around it. */
export const finishChild = (transition: Transition, child: Branch, output: string): void => {
  dropBranch(transition, child);
  const parent = branchOf(transition, child.parent ?? '');
  const before = parent.children as Children;
  const children = {
    ...before,
    ids: replaced(before.ids, child.index, null),
    outputs: replaced(before.outputs, child.index, output),
    succeeded: before.succeeded + 1,
  };
  const state = stateOf(transition, parent);
  const last =
    state.type === 'Map'
      ? addEvent(transition, child.last, 'MapIterationSucceeded', { index: child.index, name: state.name })
      : child.last;
  const updated = update(transition, parent, { last, children });
  if (children.succeeded === children.outputs.length) {
    queueStep(transition, updated, 'complete', `[${children.outputs.join(',')}]`);
  } else if (state.type === 'Map' && children.next < children.outputs.length) {
    startIteration(transition, updated, state, child.last);
  }
};
