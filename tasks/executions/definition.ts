import { parsedJson } from '../json.ts';

/** One state of a machine, as the graph shows it. */
export interface GraphState {
  readonly name: string;
  /** Task, Choice, Wait, Pass, Parallel, Map, Succeed or Fail. */
  readonly type: string;
  readonly comment?: string;
  /** What its function gets: JSON, with JSONata expressions as text. */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** One way from a state to another. */
export interface GraphTransition {
  readonly from: string;
  readonly to: string;
  /** Whether it is the way of a Catch. */
  readonly isCatch: boolean;
}

/** A machine's states in the order of its definition, and the ways between them. */
export interface MachineGraph {
  readonly startAt: string;
  readonly states: readonly GraphState[];
  readonly transitions: readonly GraphTransition[];
}

interface StateDefinition {
  readonly Type?: string;
  readonly Comment?: string;
  readonly Arguments?: { readonly Payload?: Readonly<Record<string, unknown>> };
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next?: string }[];
  readonly Catch?: readonly { readonly Next?: string }[];
}

/** The definition is not one that the graph can be read from. */
class DefinitionError extends Error {
  override readonly name = 'DefinitionNotReadable';
}

/**
 * Reads the top level of a definition in the States Language.
 * @throws DefinitionError
 */
export function readDefinition(definition: string): MachineGraph {
  const machine = parse(definition);
  const states = Object.entries(machine.States);
  return {
    startAt: machine.StartAt,
    states: states.map(([name, { Type, Comment, Arguments }]) => ({
      name,
      type: Type ?? 'Unknown',
      ...(Comment ? { comment: Comment } : {}),
      ...(Arguments?.Payload ? { payload: Arguments.Payload } : {}),
    })),
    transitions: states.flatMap(([name, state]) => transitionsOf(name, state)),
  };
}

/** Which way leads on, of those that do not fail; in the order of the definition. */
type ChooseWay = (from: string, ways: readonly GraphState[]) => GraphState | undefined;

/**
 * The states of the way that goes well, from the first to the last: past what fails, through each Choice.
 * @param choose @default the first way
 */
export function successPath(
  { startAt, states, transitions }: MachineGraph,
  choose: ChooseWay = (_from, [first]) => first,
): readonly GraphState[] {
  const byName = new Map(states.map((state) => [state.name, state]));
  const way: GraphState[] = [];
  let next: GraphState | undefined = byName.get(startAt);
  while (next !== undefined && !way.includes(next)) {
    way.push(next);
    const { name } = next;
    const following = transitions
      .filter(({ from, isCatch }) => from === name && !isCatch)
      .map(({ to }) => byName.get(to));
    next = choose(
      name,
      following.flatMap((state) => (state === undefined || state.type === 'Fail' ? [] : [state])),
    );
  }
  return way;
}

const parse = (definition: string): { StartAt: string; States: Record<string, StateDefinition> } => {
  const machine = parsedJson(definition) as
    | { StartAt?: string; States?: Record<string, StateDefinition> }
    | undefined;
  if (machine?.StartAt && machine.States) return { StartAt: machine.StartAt, States: machine.States };
  throw new DefinitionError(
    `The state machine's definition has no StartAt and States: ${definition.slice(0, 80)}`,
  );
};

const transitionsOf = (from: string, state: StateDefinition): GraphTransition[] => {
  const ways: [string | undefined, boolean][] = [
    [state.Next, false],
    ...(state.Choices ?? []).map((choice): [string | undefined, boolean] => [choice.Next, false]),
    [state.Default, false],
    ...(state.Catch ?? []).map((catcher): [string | undefined, boolean] => [catcher.Next, true]),
  ];
  const seen = new Set<string>();
  return ways.flatMap(([to, isCatch]) => {
    if (!to || seen.has(to)) return [];
    seen.add(to);
    return [{ from, to, isCatch }];
  });
};
