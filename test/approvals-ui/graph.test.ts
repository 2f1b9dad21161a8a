import fc from 'fast-check';
import { type GraphLayout, layOut } from '../../approvals-ui/graph/layout.ts';
import { promotionGraph } from '../../approvals-ui/graph/steps.ts';
import { readDefinition } from '../../tasks/executions/definition.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { anApproval } from '../tasks/doubles/samples.ts';
import { createHistory } from './support/history.ts';
import { promotionDefinition } from '../support/promotion-definition.ts';
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

const overlapping = ({ states }: GraphLayout): string[] =>
  states.flatMap((a, index) =>
    states
      .slice(index + 1)
      .filter(
        (b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
      )
      .map((b) => `${a.name} / ${b.name}`),
  );

const isInside = ({ states, width, height }: GraphLayout) =>
  states.every(
    (state) =>
      state.x >= 0 && state.y >= 0 && state.x + state.width <= width && state.y + state.height <= height,
  );

describe('the layout', () => {
  const plan = layOut(readDefinition(promotionDefinition));

  const denialFirst = promotionDefinition.replaceAll(
    /"Next":"([^"]+)"}],"Default":"Refused"/g,
    '"Next":"Rejected"}],"Default":"$1"',
  );

  it.each([
    ['approval', promotionDefinition],
    ['denial', denialFirst],
  ])(
    'puts the usual way in one straight line from top to bottom, also if Choice tells %s first',
    (_first, definition) => {
      const { states } = layOut(readDefinition(definition));
      const spine = states.filter(({ name }) => name !== names.rejected);
      expect(new Set(spine.map(({ x, width }) => Math.round(x + width / 2))).size).toBe(1);
      expect(spine.map(({ y }) => y)).toEqual(spine.map(({ y }) => y).sort((a, b) => a - b));
    },
  );

  it('ends for a machine that goes round in circles', () => {
    const States = {
      Ask: { Type: 'Task', Next: 'Done?' },
      'Done?': { Type: 'Choice', Choices: [{ Next: 'Done' }], Default: 'Pause' },
      Pause: { Type: 'Wait', Next: 'Ask' },
      Done: { Type: 'Succeed' },
    };
    const circle = layOut(readDefinition(JSON.stringify({ StartAt: 'Ask', States })));
    expect(overlapping(circle)).toEqual([]);
    expect(circle.transitions).toHaveLength(4);
  });

  it('is narrow enough to be read on a telephone', () => {
    expect(plan.width).toBeLessThanOrEqual(365);
  });

  it('neither overlaps nor clips, whatever the names', () => {
    const word = fc.stringMatching(/^[A-Za-z?]{1,40}$/);
    const name = fc
      .array(word, { minLength: 1, maxLength: 6 })
      .map((words) => words.join(' ').slice(0, 80).trim());
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 12 }), (all) => {
        const states = Object.fromEntries(
          all.map((state, index) => [
            state,
            index === all.length - 1
              ? { Type: 'Succeed' }
              : index % 3 === 1
                ? { Type: 'Choice', Choices: [{ Next: all[index + 1] }], Default: all.at(-1) }
                : { Type: 'Task', Next: all[index + 1] },
          ]),
        );
        const random = layOut(readDefinition(JSON.stringify({ StartAt: all[0], States: states })));
        expect(overlapping(random)).toEqual([]);
        expect(isInside(random)).toBe(true);
        for (const { name: state, lines, width } of random.states) {
          expect(lines.join('').replaceAll(' ', '')).toBe(state.replaceAll(' ', ''));
          // An average letter of a wide bold face takes 8 pixels at this size; the icon takes 37.
          for (const line of lines) expect(line.length * 8 + 37).toBeLessThanOrEqual(width);
        }
      }),
      { numRuns: 60, examples: [[['valueOf', '?']]] },
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
