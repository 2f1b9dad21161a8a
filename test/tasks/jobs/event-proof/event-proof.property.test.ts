import fc from 'fast-check';
import { createWorld, RECONCILE_PERIOD, STATE_TIMEOUT, type Story } from './world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What functions call: of the services, of Step Functions, of the ledger, of the record of evidence. */
const calls = [
  // Starts more often: what they leave behind is hardest to find again.
  ...[
    'start',
    'start',
    'start',
    'start',
    'image',
    'build',
    'startedWith',
    'list',
    'run',
    'actions',
    'succeed',
    'fail',
  ],
  ...['latestJob', 'addJob', 'replaceJob', 'jobByExternalId', 'openJobs', 'openApprovals'],
  ...['entries', 'addEntry'],
];

const anyStories: fc.Arbitrary<Story> = fc.record({
  kind: fc.constantFrom('code-build', 'image-build', 'instance-refresh', 'pipeline-run'),
  jobs: fc.array(
    fc.record({
      lasts: fc.constantFrom(0, SECOND, 3 * MINUTE, 12 * MINUTE, STATE_TIMEOUT + 7 * MINUTE),
      ending: fc.constantFrom('succeeded', 'failed'),
      events: fc.array(fc.constantFrom(0, 1, 4 * MINUTE, 35 * MINUTE), { maxLength: 3 }),
    }),
    { maxLength: 4 },
  ),
  fates: fc.array(
    fc.record({
      of: fc.constantFrom(...calls),
      nth: fc.constantFrom(0, 0, 0, 1, 2, 3),
      fate: fc.constantFrom('crash before', 'crash after', 'throttled', 'response lost', 'denied', 'stale'),
    }),
    { maxLength: 6 },
  ),
  reconciles: fc.constant(true),
  redrives: fc.array(fc.constantFrom(0, SECOND, 7 * MINUTE), { maxLength: 4 }),
  cutOffs: fc.array(fc.option(fc.constantFrom(0, SECOND), { nil: undefined }), { maxLength: 3 }),
  skew: fc.constantFrom(0, 0, -10 * SECOND, 10 * SECOND),
  jumps: fc.array(
    fc.record({
      after: fc.constantFrom(1, 2 * MINUTE, 20 * MINUTE),
      by: fc.constantFrom(-3 * HOUR, 3 * HOUR),
    }),
    { maxLength: 2 },
  ),
  byHand: fc.array(fc.constantFrom(2 * MINUTE, 20 * MINUTE), { maxLength: 2 }),
  unseen: fc.constantFrom(0, SECOND, MINUTE),
});
/** Where clocks jump by hours, a job that is not known yet looks like one that no longer exists. */
const stories = anyStories.map((story) => (story.jumps.length === 0 ? story : { ...story, unseen: 0 }));

it('completes each job once, with the truth, despite faults of events, calls, functions and clocks', async () => {
  await fc.assert(
    fc.asyncProperty(stories, fc.scheduler(), async (story, scheduler) => {
      const world = createWorld(story, () => scheduler.schedule(Promise.resolve()));
      await scheduler.waitFor(world.run(60 * MINUTE));
      world.calmDown();
      // A job that outlasts its state, its redrive, and one period.
      await scheduler.waitFor(world.run(STATE_TIMEOUT + 20 * MINUTE));
      await scheduler.waitFor(world.run(2 * RECONCILE_PERIOD));

      expect(world.problems).toEqual([]);
      expect(world.state.status()).toBe('done');
      const ours = world.services.ours();
      expect(ours.map(({ ending }) => ending)).toEqual([...ours.slice(1).map(() => 'failed'), 'succeeded']);
      expect(world.state.completions().filter(({ ending }) => ending === 'succeeded')).toHaveLength(1);
      expect(await world.ledger.openJobs('shop')).toEqual([]);
      const ends = (await world.entries()).filter(({ kind }) => kind === 'job-ended');
      expect(new Set(ends.map(({ key }) => key)).size).toBe(ends.length);
    }),
    { numRuns: 120 },
  );
});

it('waits for no reconcile when an event reports the end, however start, events and a second attempt interleave', async () => {
  const undisturbed = fc.record({
    kind: fc.constantFrom(
      'code-build' as const,
      'image-build' as const,
      'instance-refresh' as const,
      'pipeline-run' as const,
    ),
    jobs: fc.tuple(
      fc.record({
        lasts: fc.constantFrom(0, SECOND, 3 * MINUTE),
        ending: fc.constant('succeeded' as const),
        events: fc.constantFrom([0], [0, 0], [0, 1]),
      }),
    ),
    cutOffs: fc.array(fc.option(fc.constantFrom(0, SECOND), { nil: undefined }), { maxLength: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(undisturbed, fc.scheduler(), async (completion, scheduler) => {
      const nothing = {
        fates: [],
        redrives: [],
        skew: 0,
        jumps: [],
        byHand: [],
        reconciles: false,
        unseen: 0,
      };
      const world = createWorld({ ...nothing, ...completion }, () => scheduler.schedule(Promise.resolve()));
      await scheduler.waitFor(world.run(4 * MINUTE));
      expect(world.problems).toEqual([]);
      expect(world.state.status()).toBe('done');
      expect(world.services.ours()).toHaveLength(1);
      expect(await world.ledger.openJobs('shop')).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
