import fc from 'fast-check';
import { type Calendar, EMPTY_CALENDAR } from '../../../tasks/calendar/calendar.ts';
import type { Runner } from './promotions-runner.ts';
import { createPromotionsWorld } from './promotions-world.ts';

/** Set either to look further. A failure prints the seed and the shortest events that lead to it. */
const SEED = Number(process.env.PROMOTIONS_SEED ?? 11);
const HISTORIES = Number(process.env.PROMOTIONS ?? 100);

type World = ReturnType<typeof createPromotionsWorld>;
type Do = (world: World) => Promise<unknown>;
type Event = readonly [name: string, happen: Do];

/** The clock starts at 12:00 UTC. */
const lunch: Calendar = {
  ...EMPTY_CALENDAR,
  freezes: [
    {
      name: 'Lunch',
      from: '2026-11-22 12:10',
      until: '2026-11-22 13:00',
      timeZone: 'UTC',
      environments: ['qat', 'prod'],
    },
  ],
};

const some = (name: string, index: number, act: (world: World, runner: Runner) => unknown): Event => [
  `${name} ${index}`,
  async (world) => {
    const runner = world.runners[index % Math.max(1, world.runners.length)];
    if (runner !== undefined) await act(world, runner);
  },
];
const index = fc.nat(15);
const people = fc.constantFrom('olga', 'quinn', 'parker');
const environments = fc.constantFrom(['qat'] as const, ['prod'] as const, ['qat', 'prod'] as const);

const one: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Event>(['push', (w) => w.push()]) },
  { weight: 1, arbitrary: index.map((i): Event => [`push ${i} again`, (w) => w.push(i)]) },
  { weight: 5, arbitrary: index.map((i) => some('go back to', i, (w, r) => w.goBack(r))) },
  { weight: 12, arbitrary: index.map((i) => some('step', i, (w, r) => w.step(r))) },
  { weight: 6, arbitrary: index.map((i) => some('approve', i, (w, r) => w.decide(r, 'approve'))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(index, fc.nat(90))
      .map(([i, m]) => some(`approve for in ${m} min`, i, (w, r) => w.decide(r, 'approve', m))),
  },
  { weight: 1, arbitrary: index.map((i) => some('reject', i, (w, r) => w.decide(r, 'reject'))) },
  { weight: 3, arbitrary: index.map((i) => some('fail', i, (w, r) => w.fail(r))) },
  { weight: 3, arbitrary: index.map((i) => some('redrive', i, (w, r) => w.redrive(r))) },
  { weight: 3, arbitrary: index.map((i) => some('restore', i, (w, r) => w.restore(r))) },
  { weight: 3, arbitrary: index.map((i) => some('track', i, (w, r) => w.track(r))) },
  { weight: 2, arbitrary: index.map((i) => some('mark', i, (w, r) => w.mark(r))) },
  { weight: 1, arbitrary: index.map((i) => some('unmark', i, (w, r) => w.unmark(r))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 2, max: 90 }), environments)
      .map(([m, where]): Event => [`freeze ${where} for ${m} min`, (w) => w.freeze(m, where)]),
  },
  { weight: 2, arbitrary: index.map((i): Event => [`end freeze ${i}`, (w) => w.endFreeze(i)]) },
  {
    weight: 3,
    arbitrary: fc.tuple(index, people, people).map(([i, asks, confirms]) =>
      some(`${asks} asks, ${confirms} confirms to go on with`, i, async (w, r) => {
        await w.askOverride(r, asks);
        await w.decideOverride(r, confirms, 'confirm');
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: index.map((i) =>
      some('parker declines', i, (w, r) => w.decideOverride(r, 'parker', 'decline')),
    ),
  },
  { weight: 3, arbitrary: fc.constant<Event>(['advance', (w) => w.advance()]) },
  { weight: 2, arbitrary: fc.constant<Event>(['tend', (w) => w.tend()]) },
  {
    weight: 2,
    arbitrary: fc.nat(30).map((m): Event => [`${m} min pass`, async (w) => w.pass(m)]),
  },
);
const goOn = (world: World, runner: Runner): Promise<void> =>
  world.act(async () => {
    await world.step(runner);
    await world.decide(runner, 'approve');
    await world.track(runner);
  });

interface Happening {
  readonly happen: (world: World) => Promise<void>;
  readonly [fc.toStringMethod]: () => string;
}
const happens = (name: string, happen: Happening['happen']): Happening => ({
  happen,
  [fc.toStringMethod]: () => name,
});
/** Some of what happens is killed at a call, or comes at the same time as something else. */
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: one.map(([name, what]) => happens(name, (w) => w.act(() => what(w)))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(one, fc.integer({ min: 1, max: 40 }))
      .map(([[name, what], call]) =>
        happens(`${name}, killed at call ${call}`, (w) => w.act(() => what(w), call)),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(one, one)
      .map(([[name, what], [other, then]]) =>
        happens(`${name} while ${other}`, (w) => w.act(() => Promise.all([what(w), then(w)]))),
      ),
  },
  {
    // One fails in Prod, and others ask for Prod before it is restored; perhaps it is redriven, in a freeze or not.
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('Lock Prod', 'Point Prod at image', 'Deploy to Prod', 'Verify Prod'),
        fc.array(one),
      )
      .map(([state, others]) =>
        happens(
          `the newest fails at ${state}, then ${others.map(([name]) => name).join(', ')}`,
          async (w) => {
            const runner = w.runners.at(-1);
            if (runner === undefined) return;
            for (let step = 0; step < 30 && runner.runs && w.stateOf(runner) !== state; step += 1)
              await goOn(w, runner);
            await w.act(() => w.fail(runner));
            await w.act(() => w.track(runner));
            await w.act(() => w.push());
            const next = w.runners.at(-1);
            for (let step = 0; step < 12 && next !== undefined; step += 1) await goOn(w, next);
            for (const [, then] of others) await w.act(() => then(w));
            await w.act(() => w.redrive(runner));
            await goOn(w, runner);
          },
        ),
      ),
  },
  {
    // What failed in Prod lost the lock, and is redriven in a freeze.
    weight: 2,
    arbitrary: fc.constantFrom('Point Prod at image', 'Deploy to Prod').map((state) =>
      happens(`the newest fails at ${state}, and is redriven in a freeze`, async (w) => {
        const runner = w.runners.at(-1);
        if (runner === undefined) return;
        for (let step = 0; step < 30 && runner.runs && w.stateOf(runner) !== state; step += 1)
          await goOn(w, runner);
        for (const then of [w.fail, w.track, w.restore] as const) await w.act(() => then(runner));
        await w.act(() => w.advance());
        await w.act(() => w.freeze(60, ['prod']));
        await w.act(() => w.redrive(runner));
        await goOn(w, runner);
      }),
    ),
  },
  {
    // One goes far, perhaps the newest, while something else happens.
    weight: 8,
    arbitrary: fc
      .tuple(fc.option(index), fc.integer({ min: 2, max: 26 }), fc.option(one), fc.nat(25))
      .map(([i, steps, meanwhile, at]) =>
        happens(
          `${steps} steps of ${i ?? 'the newest'}${meanwhile ? `, while ${meanwhile[0]} at ${at}` : ''}`,
          async (w) => {
            for (let step = 0; step < steps; step += 1)
              await w.act(async () => {
                const runner = i === null ? w.runners.at(-1) : w.runners[i % Math.max(1, w.runners.length)];
                const other = step === at ? meanwhile?.[1](w) : undefined;
                if (runner !== undefined) await w.step(runner);
                if (runner !== undefined) await w.decide(runner, 'approve');
                if (runner !== undefined) await w.track(runner);
                await other;
              });
          },
        ),
      ),
  },
);

/** A release that one may go back to. */
const promoted = async (world: World): Promise<void> => {
  await world.act(() => world.push());
  const runner = world.runners.at(-1);
  for (let step = 0; runner?.runs && step < 30; step += 1) await goOn(world, runner);
};

it('in any order of anything, nobody shares a lock, nothing bad and nothing frozen goes on, and everything ends', async () => {
  const ends = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 10, maxLength: 60 }),
      fc.boolean(),
      fc.nat(3),
      fc.infiniteStream(fc.nat(3)),
      async (history, hasCalendar, releases, ticks) => {
        const pace = async () => {
          for (let left = ticks.next().value ?? 0; left > 0; left -= 1) await Promise.resolve();
        };
        const calendar = hasCalendar ? lunch : EMPTY_CALENDAR;
        const world = createPromotionsWorld(calendar, pace);
        await world.ledger.noteCalendar('shop', calendar);
        for (let release = 0; release < releases; release += 1) await promoted(world);
        for (const { happen } of history) await happen(world);
        await world.settle(20 + 12 * world.runners.length);
        for (const { id, runs } of world.runners) if (runs) throw new Error(`${id} waits for nothing`);
        for (const { end = 'failed', kind } of world.runners)
          ends.set(`${kind} ${end}`, (ends.get(`${kind} ${end}`) ?? 0) + 1);
      },
    ),
    { seed: SEED, numRuns: HISTORIES },
  );
  // Else it would prove little.
  expect(Object.fromEntries(ends)).toMatchObject(
    Object.fromEntries(
      ['Promoted', 'Recalled', 'Stale', 'Superseded', 'failed']
        .map((end) => `push ${end}`)
        .concat('go-back Promoted', 'go-back Recalled')
        .map((end) => [end, expect.any(Number)]),
    ),
  );
});
