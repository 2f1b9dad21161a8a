import type { Assignments, Definition, State } from './definition.ts';
import type { Problems } from './definition-problems.ts';

const assignmentsOf = (state: State): readonly Assignments[] => {
  const found: (Assignments | undefined)[] = [];
  if ('assign' in state) found.push(state.assign);
  if ('catch' in state) found.push(...state.catch.map((catcher) => catcher.assign));
  if (state.type === 'Choice') found.push(...state.choices.map((rule) => rule.assign));
  return found.filter((assign) => assign !== undefined);
};

const innerBlocksOf = (state: State): readonly number[] => {
  if (state.type === 'Parallel') return state.branches;
  return state.type === 'Map' ? [state.processor] : [];
};

/**
 * Reports variables that a branch or an iteration assigns although a scope around it does: inner states read outer
 * variables, and may not shadow them.
 */
export const checkScopes = (definition: Definition, problems: Problems): void => {
  const visit = (index: number, outer: ReadonlySet<string>, path: string): void => {
    const states = [...(definition.blocks[index]?.states.values() ?? [])];
    const own = new Set<string>();
    for (const state of states) {
      for (const [name] of assignmentsOf(state).flat()) {
        if (outer.has(name)) {
          problems.schema(
            `The variable '${name}' is assigned in an outer scope already; give it another name`,
            `${path}/${state.name}/Assign/${name}`,
          );
        }
        own.add(name);
      }
    }
    const visible = new Set([...outer, ...own]);
    for (const state of states) {
      for (const inner of innerBlocksOf(state)) visit(inner, visible, `${path}/${state.name}/States`);
    }
  };
  visit(0, new Set(), '/States');
};
