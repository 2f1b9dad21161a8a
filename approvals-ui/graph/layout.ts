import {
  type GraphState,
  type GraphTransition,
  type MachineGraph,
  successPath,
} from '../../tasks/executions/definition.ts';

/**
 * How a line runs through one cell of a lane: `through` from top to bottom; `corner-down` and `corner-up` between the
 * right edge and the bottom or the top; `across` from the left edge to the right one; `out` and `in` across the cell
 * beside a state, away from it and into it.
 */
type LineKind = 'through' | 'corner-down' | 'corner-up' | 'across' | 'out' | 'in';

/** A line in a cell, with the transitions that share it. */
export interface Line {
  readonly kind: LineKind;
  readonly transitions: readonly GraphTransition[];
}

/** One state with what is drawn beside it. */
export interface GraphRow {
  readonly state: GraphState;
  /** The transition from the state in the row above, if there is one. */
  readonly fromAbove: GraphTransition | undefined;
  /** The cells on the left of the state, from left to right; as many in every row. */
  readonly cells: readonly (readonly Line[])[];
}

/** A transition between rows that do not follow each other. */
interface Jump {
  readonly transition: GraphTransition;
  readonly from: number;
  readonly to: number;
}

/** All jumps to one row, which share a line, and the rows that the line touches. */
interface Lane {
  readonly jumps: readonly Jump[];
  readonly first: number;
  readonly last: number;
}

/**
 * Gives each state a row and each line a lane, without any measure: the browser knows how wide and high text is, so
 * that every font and every text size fits.
 */
export function layOut(machine: MachineGraph): readonly GraphRow[] {
  const states = inOrder(machine);
  const rowOf = new Map(states.map(({ name }, row) => [name, row]));
  const all = machine.transitions.flatMap((transition): Jump[] => {
    const from = rowOf.get(transition.from);
    const to = rowOf.get(transition.to);
    return from === undefined || to === undefined || from === to ? [] : [{ transition, from, to }];
  });
  const lanes = lanesOf(all.filter(({ from, to }) => to !== from + 1));
  return states.map((state, row) => ({
    state,
    fromAbove: all.find(({ from, to }) => to === row && from === row - 1)?.transition,
    cells:
      lanes.length === 0 ? [] : [...lanes.map((_, lane) => linesAt(lanes, lane, row)), beside(lanes, row)],
  }));
}

/**
 * The way that goes well comes first; what leads into it from beside comes behind the state that leads there. Of the other states, the one that is left to latest comes next: its line is the
 * shortest, and stays inside the others.
 */
function inOrder(machine: MachineGraph): readonly GraphState[] {
  const way = withDetours(machine, successPath(machine));
  const leftAt = ({ name }: GraphState) =>
    way.findIndex((state) => machine.transitions.some(({ from, to }) => from === state.name && to === name));
  const others = machine.states
    .filter(({ name }) => !way.some((state) => state.name === name))
    .sort((a, b) => leftAt(b) - leftAt(a));
  return [...way, ...others];
}

/** The way, with the states that leave it and come back behind the one that leads to them. */
function withDetours(machine: MachineGraph, way: readonly GraphState[]): readonly GraphState[] {
  const rows = [...way];
  const isEnd = ({ name }: GraphState) => !machine.transitions.some(({ from }) => from === name);
  for (let at = 0; at < rows.length; at++) {
    const detours = machine.transitions
      .filter(({ from }) => from === rows[at]?.name)
      .flatMap(({ to }) => machine.states.filter(({ name }) => name === to))
      .filter((state) => !rows.includes(state) && !isEnd(state));
    rows.splice(at + 1, 0, ...new Set(detours));
  }
  return rows;
}

/** Lanes from left to right; those that share one do not touch the same row. The shortest stand next to the states. */
function lanesOf(jumps: readonly Jump[]): readonly (readonly Lane[])[] {
  const byTarget = new Map<number, Jump[]>();
  for (const jump of jumps) byTarget.set(jump.to, [...(byTarget.get(jump.to) ?? []), jump]);
  const targets = [...byTarget.values()].map((together): Lane => {
    const rows = together.flatMap(({ from, to }) => [from, to]);
    return { jumps: together, first: Math.min(...rows), last: Math.max(...rows) };
  });
  const lanes: Lane[][] = [];
  for (const target of targets.sort((a, b) => a.last - a.first - (b.last - b.first))) {
    const free = lanes.find((lane) =>
      lane.every(({ first, last }) => target.first > last || target.last < first),
    );
    if (free) free.push(target);
    else lanes.push([target]);
  }
  return lanes.reverse();
}

function linesAt(lanes: readonly (readonly Lane[])[], lane: number, row: number): readonly Line[] {
  const own = jumpsOf(lanes.slice(lane, lane + 1));
  const further = jumpsOf(lanes.slice(0, lane));
  return [
    line('across', further, ({ from, to }) => from === row || to === row),
    line('through', own, ({ from, to }) => Math.min(from, to) < row && row < Math.max(from, to)),
    line('corner-down', own, ({ from, to }) => Math.min(from, to) === row),
    line('corner-up', own, ({ from, to }) => Math.max(from, to) === row),
  ].filter(isDrawn);
}

function beside(lanes: readonly (readonly Lane[])[], row: number): readonly Line[] {
  const jumps = jumpsOf(lanes);
  return [line('out', jumps, ({ from }) => from === row), line('in', jumps, ({ to }) => to === row)].filter(
    isDrawn,
  );
}

const jumpsOf = (lanes: readonly (readonly Lane[])[]): readonly Jump[] =>
  lanes.flat().flatMap(({ jumps }) => jumps);

const line = (kind: LineKind, jumps: readonly Jump[], touches: (jump: Jump) => boolean): Line => ({
  kind,
  transitions: jumps.filter(touches).map(({ transition }) => transition),
});

const isDrawn = ({ transitions }: Line): boolean => transitions.length > 0;
