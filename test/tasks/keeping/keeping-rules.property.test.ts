import fc from 'fast-check';
import {
  type ImageRecord,
  judgeImages,
  judgeRevisions,
  type PromotionUse,
  type Release,
  type RevisionRecord,
} from '../../../tasks/keeping/keeping-rules.ts';
import type { PromotionStatus } from '../../../tasks/ledger/items.ts';
import { DAY, HOUR } from './records.ts';

/** Printed with the test: the same histories each time. */
const SEED = 20_261_129;
const HISTORIES = 10_000;
const RELEASES = 2;
/** An image may be used again for so long. */
const REUSE_DAYS = 3;
const MINUTE = HOUR / 60;

/** A promotion as Step Functions has it, and as the ledger does, which lags. */
interface Run {
  readonly id: string;
  stage: number;
  status: PromotionStatus;
  endedAt?: number;
  recorded: { status: PromotionStatus; endedAt?: number };
  recordedAt: number;
  /** Build by environment, and whether its job had noted the AMI. */
  readonly builds: Partial<Record<'qat' | 'prod', { image: ImageRecord; isNoted: boolean }>>;
  readonly deployed: Partial<Record<'qat' | 'prod', RevisionRecord>>;
  releasedAt?: number;
}

/**
 * What really uses images and revisions, played without the rules: it throws as soon as something is used that was deleted.
 */
const createWorld = (reuseDays: number) => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  let made = 0;
  let images: ImageRecord[] = [];
  let revisions: RevisionRecord[] = [];
  const runs: Run[] = [];
  const next: Partial<Record<'qat' | 'prod', string>> = {};
  const running: Partial<Record<'qat' | 'prod', string>> = {};
  /** Instances that somebody started by hand. */
  const strays: string[] = [];
  const last: Partial<Record<'qat' | 'prod', RevisionRecord>> = {};

  const amiOf = ({ imageIds }: ImageRecord): string => imageIds.at(-1) ?? '';
  const use = (what: string, imageId: string | undefined): void => {
    if (imageId !== undefined && !images.some(({ imageIds }) => imageIds.includes(imageId)))
      throw new Error(`${what} needs ${imageId}, which was deleted`);
  };
  const fetch = (what: string, revision: RevisionRecord | undefined): void => {
    if (revision && !revisions.includes(revision))
      throw new Error(`${what} needs ${revision.key}, which was deleted`);
  };
  const launch = (environment: 'qat' | 'prod', what: string): void => {
    const image = next[environment];
    use(what, image);
    if (image !== undefined) running[environment] = image;
  };
  const build = (pipeline: 'qat' | 'prod'): ImageRecord => {
    made += 1;
    // No two builds begin in the same millisecond.
    now += 1;
    // Where it is built and where it is used.
    const image = {
      build: `build-${made}`,
      imageIds: [`ami-${made}-here`, `ami-${made}-there`],
      isBuilding: false,
      createdAt: new Date(now),
      pipeline,
    };
    images.push(image);
    return image;
  };
  /** What start-job takes instead of a build: the newest image of its pipeline, if it is young enough. */
  const equalImage = (environment: 'qat' | 'prod'): ImageRecord | undefined => {
    const newest = images.findLast(({ pipeline }) => pipeline === environment);
    return newest && now - newest.createdAt.getTime() < reuseDays * DAY ? newest : undefined;
  };
  const revision = (): RevisionRecord => {
    made += 1;
    const one = { bucket: 'artifacts', key: `r-${made}`, version: 'v', createdAt: new Date(now) };
    revisions.push(one);
    return one;
  };
  const record = (run: Run, afterMinutes = 0): void => {
    run.recordedAt = now + afterMinutes * MINUTE;
    if (afterMinutes === 0) catchUp(run);
  };
  const catchUp = (run: Run): void => {
    const { status, endedAt } = run;
    run.recorded = { status, ...(endedAt !== undefined && { endedAt }) };
  };
  const end = (run: Run, status: PromotionStatus): void => {
    run.status = status;
    run.endedAt = now;
    record(run);
    // restore-prod points Prod back at what serves.
    if (next.prod !== undefined && next.prod === amiOfBuild(run, 'prod') && run.releasedAt === undefined)
      next.prod = running.prod ?? next.prod;
  };
  const amiOfBuild = ({ builds }: Run, environment: 'qat' | 'prod') =>
    builds[environment] && amiOf(builds[environment].image);

  const stages: readonly ((run: Run, environment: 'qat' | 'prod') => void)[] = [
    (run, environment) => {
      // A redrive uses the build that has ended meanwhile.
      const known = run.builds[environment];
      if (known) use(`Build ${environment} image`, amiOf(known.image));
      run.builds[environment] = {
        image: known?.image ?? equalImage(environment) ?? build(environment),
        isNoted: true,
      };
    },
    (run, environment) => {
      const ami = amiOfBuild(run, environment);
      use(`Point ${environment} at image`, ami);
      if (ami !== undefined) next[environment] = ami;
    },
    (run, environment) => {
      launch(environment, `Deploy to ${environment}`);
      run.deployed[environment] = revision();
      last[environment] = run.deployed[environment];
      if (environment === 'prod') run.releasedAt = now;
    },
  ];

  const pass = (hours: number): void => {
    now += hours * HOUR;
    for (const run of runs) if (run.recordedAt <= now) catchUp(run);
  };
  /** Its event may be lost: the ledger has it some minutes later. */
  const redrive = (run: Run | undefined, recordedAfter: number): void => {
    if (!run) return;
    run.status = 'RUNNING';
    delete run.endedAt;
    record(run, recordedAfter);
  };

  const open = () => runs.filter(({ status }) => status === 'RUNNING');
  const redrivable = () =>
    runs.filter(
      ({ status, endedAt = 0 }) =>
        (status === 'FAILED' || status === 'TIMED_OUT' || status === 'ABORTED') && now - endedAt < 14 * DAY,
    );
  const releases = () =>
    runs
      .filter(({ releasedAt }) => releasedAt !== undefined)
      .sort((a, b) => (b.releasedAt ?? 0) - (a.releasedAt ?? 0))
      .slice(0, RELEASES);
  const pick = <Item>(items: readonly Item[], seed: number): Item | undefined => items[seed % items.length];

  const world = {
    pass,
    push: () => {
      made += 1;
      runs.push({
        id: `p-${made}`,
        stage: 0,
        status: 'RUNNING',
        recorded: { status: 'RUNNING' },
        recordedAt: now,
        builds: {},
        deployed: {},
      });
    },
    advance: (seed: number, states: number) => {
      const run = pick(open(), seed);
      for (let state = 0; run?.status === 'RUNNING' && state < states; state++) {
        stages[run.stage % 3]?.(run, run.stage < 3 ? 'qat' : 'prod');
        run.stage += 1;
        if (run.stage === 6) end(run, 'SUCCEEDED');
      }
    },
    /** The state times out while Image Builder still builds: the job has the build's ARN alone. */
    buildTimesOut: (seed: number) => {
      const run = pick(
        open().filter(({ stage }) => stage % 3 === 0),
        seed,
      );
      if (!run) return;
      const environment = run.stage < 3 ? 'qat' : 'prod';
      run.builds[environment] ??= { image: build(environment), isNoted: false };
      end(run, 'TIMED_OUT');
    },
    fail: (seed: number, status: PromotionStatus) => {
      const run = pick(open(), seed);
      if (run) end(run, status);
    },
    redrive: (seed: number) => redrive(pick(redrivable(), seed), seed % 2 === 0 ? 5 : 0),
    /** Step Functions still allows it; the ledger does not have it for five minutes. */
    redriveInLastMinute: (seed: number) => {
      const run = pick(redrivable(), seed);
      if (run?.endedAt === undefined) return;
      pass((run.endedAt + 14 * DAY - MINUTE - now) / HOUR);
      redrive(run, 5);
      pass(3 / 60);
    },
    replaceInstance: (environment: 'qat' | 'prod') => {
      launch(environment, `A new instance of ${environment}`);
      // CodeDeploy deploys the last revision to a new instance of Prod (T55).
      if (environment === 'prod') fetch('A new instance of Prod', last.prod);
    },
    goBack: (seed: number) => {
      const release = pick(releases(), seed);
      if (!release) return;
      use(`Going back to ${release.id}`, amiOfBuild(release, 'prod'));
      fetch(`Going back to ${release.id}`, release.deployed.prod);
    },
    scheduledBuilds: () => {
      for (let builds = 0; builds < 4; builds++) build('qat');
    },
    startByHand: (seed: number) => {
      const image = pick(images, seed);
      if (image && strays.length < 3) strays.push(amiOf(image));
    },
    /** @param most deletions after which the function is cut short */
    clean: (most: number) => {
      const used = [running.qat, running.prod, ...strays].filter((id) => id !== undefined);
      const promotions = runs.map(
        ({ id, recorded: { status, endedAt }, builds, deployed }): PromotionUse => ({
          promotionId: id,
          status,
          ...(endedAt !== undefined && { endedAt: new Date(endedAt) }),
          imageIds: Object.values(builds).flatMap(({ image, isNoted }) => (isNoted ? [amiOf(image)] : [])),
          builds: Object.values(builds).flatMap(({ image }) => image.build ?? []),
          revisions: Object.values(deployed),
        }),
      );
      const records = {
        now: new Date(now),
        images,
        revisions,
        instances: {
          running: new Set(used),
          next: new Set(Object.values(next)),
          revisions: Object.values(last),
        },
        promotions,
        reuseDays,
        releases: releases().map(
          (run): Release => ({
            promotionId: run.id,
            commitId: 'c',
            deploymentId: 'd',
            imageId: amiOfBuild(run, 'prod') ?? '',
            ...(run.deployed.prod && { revision: run.deployed.prod }),
          }),
        ),
      };
      let left = most;
      const kept = <Item>(verdicts: readonly { readonly of: Item; readonly keep?: unknown }[]) =>
        verdicts.filter(({ keep }) => keep !== undefined || left-- <= 0).map(({ of }) => of);
      images = kept(judgeImages(records));
      revisions = kept(judgeRevisions(records));
      // What instances run stays, no matter what the ledger says.
      for (const id of used) use('An instance', id);
      if (left < 0) return;
      const young = (items: readonly { readonly createdAt: Date }[]) =>
        items.filter(({ createdAt }) => now - createdAt.getTime() < DAY).length;
      const waiting = runs.filter(
        ({ recorded: { status, endedAt = now } }) =>
          status === 'RUNNING' ||
          (['FAILED', 'TIMED_OUT', 'ABORTED'].includes(status) && now - endedAt < 15 * DAY),
      ).length;
      const inUse = new Set([...used, ...Object.values(next)]).size;
      // Two images of each promotion that may go on, and two revisions.
      expect(images.length).toBeLessThanOrEqual(
        RELEASES + inUse + 2 * waiting + young(images) + (reuseDays > 0 ? 2 : 0),
      );
      expect(revisions.length).toBeLessThanOrEqual(RELEASES + 2 + 2 * waiting + young(revisions));
    },
    /** What is used is looked at after start-job has chosen an image, and before it has recorded that. */
    cleanWhileChosen: (seed: number) => {
      const run = pick(
        open().filter(({ stage }) => stage % 3 === 0),
        seed,
      );
      if (!run) return;
      const environment = run.stage < 3 ? 'qat' : 'prod';
      const image = run.builds[environment] ? undefined : equalImage(environment);
      pass(1 / 60);
      world.clean(1000);
      if (image === undefined) return;
      use('A promotion that chose it', amiOf(image));
      run.builds[environment] = { image, isNoted: true };
    },
  };
  return world;
};

type World = ReturnType<typeof createWorld>;

const seed = fc.nat({ max: 1000 });
const event: fc.Arbitrary<(world: World) => void> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(seed, fc.constantFrom(1, 2, 3, 6, 6, 6)).map(
      ([n, states]) =>
        (world: World) =>
          world.advance(n, states),
    ),
  },
  { weight: 3, arbitrary: fc.constant((world: World) => world.push()) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(0.02, 1, 12, 24, 3 * 24, 13.99 * 24, 20 * 24)
      .map((hours) => (world: World) => world.pass(hours)),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(0, 1, 1000, 1000, 1000).map((most) => (world: World) => world.clean(most)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        seed,
        fc.constantFrom<PromotionStatus>('FAILED', 'ABORTED', 'TIMED_OUT', 'REJECTED', 'SUPERSEDED', 'STALE'),
      )
      .map(
        ([n, status]) =>
          (world: World) =>
            world.fail(n, status),
      ),
  },
  { weight: 1, arbitrary: seed.map((n) => (world: World) => world.buildTimesOut(n)) },
  { weight: 2, arbitrary: seed.map((n) => (world: World) => world.redrive(n)) },
  { weight: 2, arbitrary: seed.map((n) => (world: World) => world.redriveInLastMinute(n)) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('qat' as const, 'prod' as const)
      .map((environment) => (world: World) => world.replaceInstance(environment)),
  },
  { weight: 1, arbitrary: seed.map((n) => (world: World) => world.goBack(n)) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.scheduledBuilds()) },
  { weight: 3, arbitrary: seed.map((n) => (world: World) => world.cleanWhileChosen(n)) },
  { weight: 1, arbitrary: seed.map((n) => (world: World) => world.startByHand(n)) },
);

it.each([
  ['each promotion builds', 0],
  ['images are used again', REUSE_DAYS],
])(
  `T55, T61: of ${HISTORIES} random histories (seed ${SEED}) in which %s, none uses what was deleted, and what is kept has a bound`,
  (_, reuseDays) => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 10, maxLength: 60 }), (events) => {
        const world = createWorld(reuseDays);
        for (const happen of events) happen(world);
        world.clean(Number.POSITIVE_INFINITY);
        // Everything that may still be used is used once more.
        for (let n = 0; n < RELEASES; n++) world.goBack(n);
        world.replaceInstance('qat');
        world.replaceInstance('prod');
      }),
      { seed: SEED, numRuns: HISTORIES },
    );
  },
);
