import fc from 'fast-check';
import { createWorld, Killed, type World } from './world.ts';

/** The state that waits, as the state machine sees it: a token per try, failed until it is redriven. */
const createState = (world: World) => {
  let tries = 0;
  let status: 'failed' | 'waiting' | 'done' = 'failed';
  let token = '';
  const read = (): void => {
    const answer = world.tokens.told.find((candidate) => candidate.token === token);
    if (status === 'waiting' && answer !== undefined) status = answer.error === undefined ? 'done' : 'failed';
  };
  return {
    status: () => {
      read();
      return status;
    },
    answer: () => world.tokens.told.find((candidate) => candidate.token === token),
    /** Starts or redrives it. */
    enter: async (): Promise<void> => {
      read();
      if (status !== 'failed') return;
      tries += 1;
      token = `token-${tries}`;
      world.tokens.open(token);
      status = 'waiting';
      try {
        await world.start(token);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        // Lambda reports the crash, and the state fails unless it was told before.
        read();
        if (status === 'waiting') {
          status = 'failed';
          world.tokens.close(token);
        }
      }
    },
    timeOut: (): void => {
      read();
      if (status !== 'waiting') return;
      status = 'failed';
      world.tokens.close(token);
    },
  };
};

const survive = async (work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Killed) && !(error instanceof AggregateError)) throw error;
  }
};

const running = (world: World): number =>
  [...world.builds.values()].filter(({ state }) => state === 'running').length;

const happening = fc.record({
  what: fc.constantFrom(
    'enter',
    'succeed and tell',
    'succeed, event lost',
    'fail and tell',
    'fail, told twice',
    'fail, event lost',
    'old or foreign event',
    'time out',
    'reconcile',
  ),
  killAt: fc.option(fc.integer({ min: 1, max: 14 }), { nil: undefined, freq: 2 }),
});

describe('token and outcome meet', () => {
  it('through lost, doubled, early and late events, timeouts, redrives and kills, without a second build', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 12 }), async (happenings) => {
        const world = createWorld();
        const state = createState(world);
        for (const { what, killAt } of happenings) {
          world.killAt(killAt);
          if (what === 'enter') await state.enter();
          else if (what === 'time out') state.timeOut();
          else if (what === 'reconcile') await survive(world.reconcile);
          else if (what === 'old or foreign event') {
            await survive(() => world.settle('image/1'));
            await survive(() => world.settle('image/of-somebody-else'));
          } else {
            const ended = world.end(what.startsWith('succeed') ? 'succeeded' : 'failed');
            for (const id of what.endsWith('lost') ? [] : ended) {
              await survive(() => world.settle(id));
              if (what.endsWith('twice')) await survive(() => world.settle(id));
            }
          }
          expect(running(world)).toBeLessThanOrEqual(1);
        }

        // From now on nothing goes wrong, except that no event arrives.
        world.killAt(undefined);
        for (let round = 0; round < 4 && state.status() !== 'done'; round += 1) {
          await state.enter();
          world.end('succeeded');
          await world.reconcile();
        }
        await world.reconcile();
        expect(state.status()).toBe('done');
        const builds = [...world.builds];
        const good = builds.filter(([, build]) => build.state === 'succeeded');
        expect(good).toHaveLength(1);
        expect(state.answer()?.output).toEqual({ imageId: `ami of ${good[0]?.[0]}` });
        // Each build but the good one failed before the next began: nothing was built twice.
        expect(builds.slice(0, -1).every(([, build]) => build.state === 'failed')).toBe(true);
        expect(await world.ledger.openJobs('shop')).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  const interleaved = (withReconciling: boolean) =>
    fc.asyncProperty(fc.scheduler(), fc.constantFrom('succeeded', 'failed'), async (scheduler, ending) => {
      const world = createWorld(() => scheduler.schedule(Promise.resolve(), 'call'));
      world.tokens.open('token-1');
      const all = Promise.all([
        world.start('token-1'),
        scheduler.schedule(Promise.resolve(), 'the build ends').then(async () => {
          while (world.end(ending).length === 0) await scheduler.schedule(Promise.resolve(), 'not begun');
          const reconciling = withReconciling ? world.reconcile() : undefined;
          await Promise.all([world.settle('image/1'), world.settle('image/1'), reconciling]);
        }),
      ]);
      await scheduler.waitFor(all);
      expect(world.builds.size).toBe(1);
      expect(world.tokens.told).toHaveLength(1);
      expect(await world.ledger.openJobs('shop')).toEqual([]);
    });

  it('in whatever order start, end and doubled events interleave, with nobody reconciling', async () => {
    await fc.assert(interleaved(false), { numRuns: 100 });
  });

  it('in whatever order start, end, events and reconciling interleave', async () => {
    await fc.assert(interleaved(true), { numRuns: 100 });
  });

  it('for two tries of the state at once, one build answers whichever token waits last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = createWorld(() => scheduler.schedule(Promise.resolve(), 'call'));
        world.tokens.open('token-1');
        world.tokens.open('token-2');
        await scheduler.waitFor(Promise.all([world.start('token-1'), world.start('token-2')]));
        world.end('succeeded');
        await scheduler.waitFor(world.settle('image/1'));
        expect(world.builds.size).toBe(1);
        const [job] = await world.ledger.jobs(
          (await world.ledger.jobByExternalId('image/1'))?.promotionId ?? '',
        );
        expect(world.tokens.told.map(({ token }) => token)).toEqual([job?.taskToken]);
      }),
      { numRuns: 100 },
    );
  });
});
