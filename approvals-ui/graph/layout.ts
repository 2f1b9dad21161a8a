import { Graph, layout } from '@dagrejs/dagre';
import type { MachineGraph } from '../../tasks/executions/definition.ts';
import { transitionKey } from '../../tasks/executions/progress.ts';

/** A point in pixels; the origin is the upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where a state is drawn. */
export interface PlacedState {
  readonly name: string;
  readonly type: string;
  /** The name in lines that fit. */
  readonly lines: readonly string[];
  /** Upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a way is drawn. */
export interface PlacedTransition {
  readonly from: string;
  readonly to: string;
  readonly isCatch: boolean;
  readonly points: readonly Point[];
}

/** A drawing's plan, in pixels. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  readonly transitions: readonly PlacedTransition[];
}

/** Width that a character of a name may take: generous, since fonts differ from one system to the next. */
const CHARACTER_WIDTH = 8.1;
const LONGEST_LINE = 20;
const LINE_HEIGHT = 18;
/** Room for the icon on the left and a margin on the right. */
const AROUND_NAME = 50;
/** Narrowest that the second line ("running for 12 min 3 s · try 2") fits into. */
const NARROWEST_TASK = 214;
const MARGIN = 6;

/** Whether a state's node has a second line that says how it stands. */
export const hasDetail = (type: string): boolean => !['Choice', 'Succeed', 'Fail', 'Pass'].includes(type);

/** Places a machine's states from top to bottom. */
export const layOut = (machine: MachineGraph): GraphLayout => {
  const graph = new Graph();
  // Aligned to one side, the usual way is one straight line, and what leaves it stands on the left.
  graph.setGraph({
    rankdir: 'TB',
    align: 'UR',
    nodesep: 18,
    ranksep: 26,
    edgesep: 14,
    marginx: MARGIN,
    marginy: MARGIN,
  });
  const names = new Map<string, readonly string[]>();
  const usual = usualWay(machine);
  for (const { name, type } of machine.states) {
    const lines = wrap(name);
    names.set(name, lines);
    const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * CHARACTER_WIDTH) + AROUND_NAME;
    graph.setNode(nodeOf(name), {
      width: hasDetail(type) ? Math.max(width, NARROWEST_TASK) : width,
      height: lines.length * LINE_HEIGHT + (hasDetail(type) ? 34 : 18),
    });
  }
  // dagre breaks ties by order, and what is entered first comes out on the side that is aligned.
  const ways = [...machine.transitions].sort(
    (a, b) => Number(usual.has(transitionKey(b.from, b.to))) - Number(usual.has(transitionKey(a.from, a.to))),
  );
  for (const { from, to } of ways) {
    graph.setEdge(nodeOf(from), nodeOf(to), { weight: usual.has(transitionKey(from, to)) ? 8 : 1 });
  }
  layout(graph);

  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    states: machine.states.map(({ name, type }) => {
      const node = graph.node(nodeOf(name)) as { x: number; y: number; width: number; height: number };
      return {
        name,
        type,
        lines: names.get(name) ?? [name],
        x: node.x - node.width / 2,
        y: node.y - node.height / 2,
        width: node.width,
        height: node.height,
      };
    }),
    transitions: machine.transitions.map(({ from, to, isCatch }) => ({
      from,
      to,
      isCatch,
      points: (graph.edge(nodeOf(from), nodeOf(to)) as { points: Point[] }).points,
    })),
  };
};

/** dagre keeps nodes as members of plain objects, which have some (`valueOf`) already. */
const nodeOf = (state: string): string => `state ${state}`;

/** The longest way from the start to success, as `transitionKey` writes its parts: the one that people expect. */
const usualWay = ({ startAt, states, transitions }: MachineGraph): ReadonlySet<string> => {
  const typeOf = new Map(states.map(({ name, type }) => [name, type]));
  const best = new Map<string, { readonly score: number; readonly next: string | undefined }>();
  const scoreOf = (name: string, above: ReadonlySet<string>): number => {
    const known = best.get(name);
    if (known) return known.score;
    let score = typeOf.get(name) === 'Succeed' ? states.length : 0;
    let next: string | undefined;
    for (const { from, to, isCatch } of transitions) {
      if (from !== name || isCatch || above.has(to)) continue;
      const through = scoreOf(to, new Set([...above, name])) + 1;
      if (through > score) [score, next] = [through, to];
    }
    best.set(name, { score, next });
    return score;
  };
  scoreOf(startAt, new Set([startAt]));
  const way = new Set<string>();
  for (let name = startAt, next = best.get(name)?.next; next; name = next, next = best.get(name)?.next) {
    if (way.has(transitionKey(name, next))) break;
    way.add(transitionKey(name, next));
  }
  return way;
};

/** A name in lines of at most `LONGEST_LINE` characters, broken between words where there are any. */
const wrap = (name: string): readonly string[] => {
  const lines: string[] = [];
  for (const word of name.split(' ').flatMap(cut)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LONGEST_LINE)
      lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
};

const cut = (word: string): string[] =>
  word.length <= LONGEST_LINE ? [word] : [word.slice(0, LONGEST_LINE), ...cut(word.slice(LONGEST_LINE))];
