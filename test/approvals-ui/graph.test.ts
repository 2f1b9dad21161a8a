import fc from 'fast-check';
import { type GraphRow, type Line, layOut } from '../../approvals-ui/graph/layout.ts';
import { promotionGraph } from '../../approvals-ui/graph/steps.ts';
import { type GraphTransition, readDefinition } from '../../tasks/executions/definition.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { promotionDefinition } from '../support/promotion-definition.ts';
import { anApproval } from '../tasks/doubles/samples.ts';
import { createHistory } from './support/history.ts';
import { untilPmo, untilQc } from './support/scene.ts';

const START = Date.parse('2026-11-22T10:00:00.000Z');

describe('the definition', () => {
  it('gives states and ways, Catch included, each way once', () => {
    const graph = readDefinition(
      JSON.stringify({
        StartAt: 'A',
        States: {
          A: { Type: 'Task', Next: 'B', Catch: [{ Next: 'C' }, { Next: 'C' }] },
          B: { Type: 'Choice', Choices: [{ Next: 'C' }], Default: 'C' },
          C: { Type: 'Succeed', Comment: 'the end' },
        },
      }),
    );
    expect(graph.states.map(({ name }) => name)).toEqual(['A', 'B', 'C']);
    expect(graph.transitions).toEqual([
      { from: 'A', to: 'B', isCatch: false },
      { from: 'A', to: 'C', isCatch: true },
      { from: 'B', to: 'C', isCatch: false },
    ]);
  });

  it.each(['', '{', '{}', '{"StartAt":"A"}'])('fails for %p', (definition) => {
    expect(() => readDefinition(definition)).toThrow(
      expect.objectContaining({ name: 'DefinitionNotReadable' }),
    );
  });
});

/** Names of the states in the order of their rows. */
const order = (rows: readonly GraphRow[]) => rows.map(({ state }) => state.name);

const isVertical = ({ kind }: Line) => kind === 'through' || kind === 'corner-down' || kind === 'corner-up';

/** What is not drawn as one unbroken line from its source to its target that no other target's line touches. */
const broken = (rows: readonly GraphRow[], transitions: readonly GraphTransition[]): string[] => {
  const names = order(rows);
  return transitions.flatMap((transition) => {
    const { from, to } = transition;
    const [source, target] = [names.indexOf(from), names.indexOf(to)];
    const isShared = ({ transitions: all }: Line) => all.some((one) => one.from === from && one.to === to);
    if (target === source + 1)
      return isShared({ kind: 'in', transitions: [rows[target]?.fromAbove ?? none] })
        ? []
        : [`${from} above ${to}`];
    const [first, last] = [Math.min(source, target), Math.max(source, target)];
    const lanes = rows[first]?.cells.map((_, lane) => lane) ?? [];
    const drawn = lanes.filter((lane) =>
      rows.slice(first, last + 1).every(({ cells }, index) => {
        const kind = index === 0 ? 'corner-down' : index === last - first ? 'corner-up' : 'through';
        const lines = (cells[lane] ?? []).filter(isVertical);
        return (
          lines.some((line) => line.kind === kind && isShared(line)) &&
          lines.every((line) => line.transitions.every((one) => one.to === to))
        );
      }),
    );
    const [lane = -1] = drawn;
    const reaches = (row: number, end: 'out' | 'in') =>
      rows[row]?.cells
        .slice(lane + 1)
        .every((lines, index, { length }) =>
          lines.some((line) => line.kind === (index === length - 1 ? end : 'across') && isShared(line)),
        );
    return drawn.length === 1 && reaches(source, 'out') && reaches(target, 'in') ? [] : [`${from} to ${to}`];
  });
};
const none: GraphTransition = { from: '', to: '', isCatch: false };

describe('the layout', () => {
  const machine = JSON.parse(promotionDefinition) as {
    States: Record<string, { Default?: string; Choices?: { Next: string }[] }>;
  };
  for (const state of Object.values(machine.States)) {
    const [choice] = state.Choices ?? [];
    if (choice?.Next === names.rejected && state.Default)
      [state.Default, choice.Next] = [choice.Next, state.Default];
  }
  const rejectionFirst = JSON.stringify(machine);

  it.each([
    ['an approval', promotionDefinition],
    ['a rejection', rejectionFirst],
  ])('puts the way that goes well first, also if Choice tells %s first', (_first, definition) => {
    const ends = [names.superseded, names.rejected, names.stale, names.recalled];
    const rows = layOut(readDefinition(definition));
    const way = rows.slice(0, -ends.length);
    // Only some configurations have these states.
    const optional = Object.values(names).filter(
      (name) => !(name in (JSON.parse(promotionDefinition) as typeof machine).States),
    );
    expect(order(way)).toEqual(Object.values(names).filter((name) => ![...ends, ...optional].includes(name)));
    expect(way.filter(({ fromAbove }) => fromAbove === undefined).map(({ state }) => state.name)).toEqual([
      names.isGoBack,
      names.lockQat,
    ]);
    // The line to the end that is left to latest stays inside the others.
    expect(order(rows.slice(-ends.length))).toEqual([
      names.stale,
      names.rejected,
      names.superseded,
      names.recalled,
    ]);
  });

  it('draws each transition of the promotion as one line', () => {
    const machine = readDefinition(promotionDefinition);
    expect(broken(layOut(machine), machine.transitions)).toEqual([]);
  });

  it('draws each transition of any machine as one line, circles included', () => {
    const to = fc.nat();
    const state = fc.oneof(
      fc.record({ Type: fc.constant('Task'), to: fc.array(to, { minLength: 1, maxLength: 3 }) }),
      fc.record({ Type: fc.constant('Choice'), to: fc.array(to, { minLength: 1, maxLength: 4 }) }),
      fc.record({ Type: fc.constantFrom('Succeed', 'Fail'), to: fc.constant([]) }),
    );
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 14 }), (all) => {
        // A member that plain objects have already is a name like any other.
        const nameOf = (index: number) => ['valueOf', '?'][index] ?? `State ${index}`;
        const States = Object.fromEntries(
          all.map(({ Type, to }, index) => {
            const [Next, ...others] = to.map((other) => nameOf(other % all.length));
            const Ways = others.map((name) => ({ Next: name }));
            const ways = Type === 'Task' ? { Next, Catch: Ways } : { Default: Next, Choices: Ways };
            return [nameOf(index), { Type, ...(Next === undefined ? {} : ways) }];
          }),
        );
        const machine = readDefinition(JSON.stringify({ StartAt: nameOf(0), States }));
        const rows = layOut(machine);
        expect([...order(rows)].sort()).toEqual(Object.keys(States).sort());
        expect(
          broken(
            rows,
            machine.transitions.filter(({ from, to }) => from !== to),
          ),
        ).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('steps', () => {
  const execution = (events: ReturnType<typeof createHistory>['events'], status = 'RUNNING') => ({
    status,
    redrivable: false,
    redrives: 0,
    startedAt: START,
    definition: promotionDefinition,
    events,
  });
  const stepsOf = (...given: Parameters<typeof promotionGraph>) =>
    new Map(promotionGraph(...given).steps.map((step) => [step.name, step]));

  it('wait for a role while its request is open', () => {
    const { events } = untilQc(createHistory(START));
    const steps = stepsOf(execution(events), [anApproval({ expiresAt: '2026-11-29T10:00:00.000Z' })], START);
    expect(steps.get(names.qcApproval)).toMatchObject({ status: 'waiting', detail: 'waiting for QC · 7 d' });
    expect(steps.get(names.deployToQat)).toMatchObject({ status: 'done', detail: 'done in 5.2 s' });
    expect(steps.get(names.pmoApproval)).toMatchObject({ status: 'idle', detail: 'not reached' });
  });

  it('wait for a lock, and say until when the calendar keeps the promotion from it', () => {
    const { events } = createHistory(START).enter(names.lockQat).schedule();
    const held = {
      environment: 'qat',
      holds: [],
      reasons: ['Year-end close'],
      until: '2026-11-30T06:00:00.000Z',
      timeZone: 'Europe/Berlin',
    } as const;
    const detailOf = (...more: [] | [typeof held]) =>
      stepsOf(execution(events), [], START + 60_000, ...more).get(names.lockQat);
    expect(detailOf()).toMatchObject({ status: 'waiting', detail: 'waiting for the lock · 1 min' });
    expect(detailOf(held)).toMatchObject({
      status: 'waiting',
      detail: 'frozen until Mon 30 Nov 2026, 07:00 CET',
    });
  });

  it('run with the time that has passed', () => {
    const { events } = createHistory(START).enter(names.buildQatImage).schedule();
    const steps = stepsOf(execution(events), [], START + 125_000);
    expect(steps.get(names.buildQatImage)).toMatchObject({
      status: 'running',
      detail: 'running for 2 min 5 s',
    });
  });

  it('are tried again between the tries of a Retry, and have failed when the execution has', () => {
    const history = createHistory(START).enter(names.buildQatImage).schedule().taskFailed('Busy', 'x');
    expect(stepsOf(execution(history.events), [], START).get(names.buildQatImage)).toMatchObject({
      status: 'running',
      detail: 'tries again · failed 1×',
    });
    history.executionFailed('Busy', 'x');
    expect(stepsOf(execution(history.events, 'FAILED'), [], START).get(names.buildQatImage)).toMatchObject({
      status: 'failed',
    });
  });

  it('are stopped, not failed, at a Fail state and by StopExecution', () => {
    const denied = createHistory(START).enter(names.rejected, 'Fail').executionFailed('Rejected');
    expect(stepsOf(execution(denied.events, 'FAILED'), [], START).get(names.rejected)?.status).toBe(
      'stopped',
    );
    const stopped = untilPmo(createHistory(START)).aborted();
    expect(stepsOf(execution(stopped.events, 'ABORTED'), [], START).get(names.pmoApproval)?.status).toBe(
      'stopped',
    );
  });
});
