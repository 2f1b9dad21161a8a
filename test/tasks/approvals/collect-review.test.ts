import { candidateDigest, requestedCandidate } from '../../../tasks/approvals/candidate.ts';
import { collectReview, type ReviewSources } from '../../../tasks/approvals/collect-review.ts';
import { nothingKept } from '../../../tasks/approvals/read-change.ts';
import { canonicalJson } from '../../../tasks/canonical-json.ts';
import { inventoryDigest } from '../../../tasks/image-inventory/inventory.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Candidate } from '../../../tasks/payloads.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aDeployToQat, aJob, anApproval, aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { sampleInventory } from '../image-inventory/sample-inventory.ts';

const LIVE = '1'.repeat(40);
const recipe = (version: string, components: string[]) => ({
  imageRecipe: {
    name: 'shop',
    version,
    parentImage: 'arn:aws:imagebuilder:us-east-1:aws:image/amazon-linux-2023-x86/x.x.x',
    components: components.map((name) => ({
      componentArn: `arn:aws:imagebuilder:us-east-1:000000000000:component/${name}/1.0.0/1`,
    })),
  },
});
const signature = (name: string, time: number) => ({
  name,
  email: `${name}@Example.com`,
  date: `${time} +0000`,
});

const appSpecOf = (hook: string) => `hooks:\n  ${hook}:\n    - location: new.mjs\n`;

/** What images had, and its digests. */
const qatInventory = sampleInventory({
  packages: [
    { name: 'bash', version: '5.2-1' },
    { name: 'jq', version: '1.7-1' },
  ],
});
const prodInventory = sampleInventory({ packages: [{ name: 'bash', version: '5.1-1' }] });
const [qatDigest, prodDigest] = [inventoryDigest(qatInventory), inventoryDigest(prodInventory)];
/** As the evidence bucket keeps it. */
const inventories: Readonly<Record<string, string>> = {
  [`shop/images/ami-0123456789abcdef0/${qatDigest}/inventory.json`]: canonicalJson(qatInventory),
  [`shop/images/ami-live/${prodDigest}/inventory.json`]: canonicalJson(prodInventory),
};

let ledger: Ledger;
beforeEach(async () => {
  ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion());
  await ledger.addPromotion(
    aPromotion({
      promotionId: 'live',
      commitId: LIVE,
      status: 'SUCCEEDED',
      startedAt: '2026-11-20T10:00:00.000Z',
      endedAt: '2026-11-21T10:00:00.000Z',
      images: { qat: 'ami-live-qat', prod: 'ami-live' },
      deployments: { prod: 'd-live' },
    }),
  );
  await ledger.addPromotion(
    aPromotion({
      promotionId: 'quicker',
      status: 'SUCCEEDED',
      startedAt: '2026-11-20T11:00:00.000Z',
      endedAt: '2026-11-20T12:00:00.000Z',
      deployments: { prod: 'd-quicker' },
    }),
  );
  await ledger.addJob(aDeployToQat());
  const build = { kind: 'image-build', status: 'SUCCEEDED' } as const;
  await ledger.addJob(
    aJob({
      ...build,
      output: {
        imageId: 'ami-0123456789abcdef0',
        imageBuildVersionArn: 'build/qat',
        inventory: qatDigest,
      },
    }),
  );
  await ledger.addJob(
    aJob({
      ...build,
      promotionId: 'live',
      state: 'Build Prod image',
      output: { imageId: 'ami-live', imageBuildVersionArn: 'build/prod', inventory: prodDigest },
    }),
  );
});

const collect = (change: Partial<ReviewSources> = {}, candidate: Candidate = anApproval().candidate) =>
  collectReview(
    {
      ledger,
      commits: async (ids) =>
        ids.map((commitId) =>
          commitId === COMMIT
            ? {
                commitId,
                parents: [LIVE],
                author: signature('Dana', 1),
                committer: signature('erin', 2),
                message: '<script>alert(1)</script>\n\nWhy\n',
              }
            : { commitId, parents: [], committer: signature('olga', 1) },
        ),
      kept: nothingKept,
      isTimeUp: () => false,
      differences: async () => [
        { path: 'new.mjs', change: 'added' },
        { path: 'old.mjs', change: 'removed' },
        { path: 'x.mjs', change: 'changed' },
      ],
      image: async (build) =>
        build === 'build/qat'
          ? recipe('1.0.1', ['runtime', 'agent'])
          : build === 'build/prod'
            ? recipe('1.0.0', ['runtime'])
            : undefined,
      readEvidence: async (name) => inventories[name],
      parent: async (imageId) =>
        imageId === 'ami-live'
          ? undefined
          : { imageId: 'ami-parent', name: 'al2023-ami-2023.9', createdAt: '2026-11-03T00:00:00.000Z' },
      targets: async () => [
        {
          targetId: 'i-1',
          status: 'Succeeded',
          lifecycleEvents: [{ lifecycleEventName: 'ValidateService', status: 'Succeeded' }],
        },
      ],
      appSpec: async () => ({ path: 'appspec.yml', text: appSpecOf('BeforeInstall') }),
      configurationVersion: 'c0ffee',
      people: [],
      dotsIgnoredIn: [],
      qatUrl: 'http://127.0.0.1:8080',
      ...change,
    },
    PROMOTION_ID,
    candidate,
  );

describe('the grounds of a decision', () => {
  it('are the change against Prod, the images, and how QAT went', async () => {
    expect(await collect()).toEqual({
      configurationVersion: 'c0ffee',
      live: { promotionId: 'live', commitId: LIVE },
      commits: [
        {
          commitId: COMMIT,
          author: 'Dana',
          authorEmail: 'Dana@Example.com',
          committer: 'erin',
          committerEmail: 'erin@Example.com',
          message: '<script>alert(1)</script>\n\nWhy',
        },
      ],
      commitCount: 1,
      makers: [
        {
          name: 'Dana',
          address: 'Dana@Example.com',
          because: [{ role: 'author', commitId: COMMIT, count: 1 }],
        },
        {
          name: 'erin',
          address: 'erin@Example.com',
          because: [{ role: 'committer', commitId: COMMIT, count: 1 }],
        },
        {
          name: 'dana',
          address: '',
          arn: 'arn:aws:iam::000000000000:user/dana',
          // Another promotion had the same commit.
          because: [{ role: 'pusher', commitId: COMMIT, count: 2 }],
        },
      ],
      files: [
        { path: 'new.mjs', change: 'added' },
        { path: 'old.mjs', change: 'removed' },
        { path: 'x.mjs', change: 'changed' },
      ],
      fileCount: { added: 1, changed: 1, removed: 1 },
      images: {
        qat: {
          imageId: 'ami-0123456789abcdef0',
          recipe: 'shop 1.0.1',
          parentImage: 'amazon-linux-2023-x86 x.x.x',
          parent: { imageId: 'ami-parent', name: 'al2023-ami-2023.9', createdAt: '2026-11-03T00:00:00.000Z' },
          components: ['runtime 1.0.0', 'agent 1.0.0'],
        },
        prod: {
          imageId: 'ami-live',
          recipe: 'shop 1.0.0',
          parentImage: 'amazon-linux-2023-x86 x.x.x',
          components: ['runtime 1.0.0'],
        },
      },
      packages: {
        total: 2,
        count: { added: 1, removed: 0, up: 1, down: 0, other: 0 },
        changes: [
          { change: 'added', name: 'jq', now: '1.7-1' },
          { change: 'up', name: 'bash', before: '5.1-1', now: '5.2-1' },
        ],
      },
      tests: [
        {
          instanceId: 'i-1',
          status: 'Succeeded',
          events: [{ name: 'ValidateService', status: 'Succeeded' }],
        },
      ],
      qatUrl: 'http://127.0.0.1:8080',
      gaps: [],
    });
  });

  it('compare with what reached Prod last, not with what was pushed last', async () => {
    expect((await collect()).live?.promotionId).toBe('live');
  });

  it.each([
    ['as it is noted', true],
    ['in a ledger from before it was noted', false],
  ])('compare with what is live however many promotions of others came since, %s', async (_, isNoted) => {
    for (let index = 0; index < 250; index++)
      await ledger.addPromotion(
        aPromotion({
          promotionId: `orders-${index}`,
          application: 'orders',
          startedAt: new Date(Date.parse('2026-11-21T10:00:00Z') + index * 60_000).toISOString(),
          deployments: { prod: `d-${index}` },
        }),
      );
    if (isNoted)
      await ledger.noteLive({ application: 'shop', promotionId: 'live', since: '2026-11-21T10:00:00.000Z' });
    let listings = 0;
    const counted: Ledger = {
      ...ledger,
      promotions: (options) => {
        listings += 1;
        return ledger.promotions(options);
      },
    };
    const review = await collect({ ledger: counted });
    expect(review.live).toEqual({ promotionId: 'live', commitId: LIVE });
    expect(review.makers.map(({ name }) => name)).toEqual(['Dana', 'erin', 'dana']);
    // Pushes are read as well.
    expect(listings).toBe(isNoted ? 3 : 6);
  });

  it('compare with nothing before anything was promoted, and never with the promotion itself', async () => {
    const fresh = createMemoryLedger();
    await fresh.addPromotion(aPromotion());
    expect((await collect({ ledger: fresh })).live).toBeUndefined();
    const since = '2026-11-22T10:00:00.000Z';
    await ledger.updatePromotion(PROMOTION_ID, { deployments: { prod: 'd-own' } });
    await ledger.noteLive({ application: 'shop', promotionId: PROMOTION_ID, since });
    expect((await collect()).live?.promotionId).toBe('live');
  });

  it('say how the pusher is known, and name every recorded pusher since the live commit', async () => {
    const pushedBy = 'arn:aws:iam::000000000000:user/dana';
    const push = { commitId: COMMIT, pushedBy, pushedAt: '2026-11-22T10:00:00.000Z' };
    const lost = {
      commitId: 'a'.repeat(40),
      pushedBy: 'arn:aws:iam::000000000000:user/mallory',
      pushedAt: '2026-11-21T00:00:00.000Z',
    };
    const review = await collect({ pushes: async () => [push, lost] });
    expect(review.push).toEqual(push);
    expect(review.makers.map(({ name }) => name)).toEqual(['Dana', 'erin', 'dana', 'mallory']);
  });

  it('fail before anything is read if nobody recorded the push', async () => {
    const commits = () => Promise.reject(new Error('read'));
    await expect(collect({ pushes: async () => [], commits })).rejects.toMatchObject({
      name: 'PushNotConfirmed',
    });
  });

  it('say that the changed packages could not be found out', async () => {
    const { packages, gaps } = await collect({ readEvidence: async () => undefined });
    expect(packages).toBeUndefined();
    expect(gaps).toEqual([
      'The changed packages: Error: the evidence bucket does not have the contents of ami-live',
    ]);
  });

  it('say what could not be found out', async () => {
    const review = await collect({ image: () => Promise.reject(new TypeError('no answer')) });
    expect(review.images).toEqual({});
    expect(review.gaps).toEqual([
      'The QAT image: TypeError: no answer',
      'The image in Prod: TypeError: no answer',
    ]);
  });

  it('warn of what is probably a mistake in the AppSpec file of the revision that runs in QAT', async () => {
    const text = `version: 0.0\nos: linux\n${appSpecOf('BeforeInstall')}      interpreter: bash\n`;
    const review = await collect({
      appSpec: async () => ({ path: 'appspec.yml', text, files: ['appspec.yml', 'new.mjs'] }),
    });
    expect(review.appSpecWarnings).toEqual([
      "hooks.BeforeInstall[0].interpreter: CodeDeploy's agent ignores this key. It knows location, timeout, runas and sudo.",
    ]);
    expect((await collect({})).appSpecWarnings).toBeUndefined();
  });

  describe('of hooks that QAT does not run (T70)', () => {
    const asked: string[] = [];
    const appSpec = async (...run: string[]) => {
      asked.push(...run);
      return { path: 'appspec.yml', text: appSpecOf('AfterBlockTraffic') };
    };

    it('are those that the change brings, as the revision that runs in QAT has them', async () => {
      const review = await collect({ appSpec });
      expect(review.untriedHooks).toEqual([{ name: 'AfterBlockTraffic', files: ['new.mjs'] }]);
      expect(asked).toEqual(['shop-qat', 'e-1']);
    });

    it('are part of what a decision is bound to', async () => {
      const digestOf = async (change: Partial<ReviewSources>) =>
        candidateDigest(requestedCandidate({ ...anApproval(), review: await collect(change) }));
      expect(await digestOf({ appSpec })).not.toBe(await digestOf({}));
    });

    it('cannot be compared where a build made the files, which is said', async () => {
      const built = { bucket: 'b', key: 'k', version: 'v', sha256: 'a1' };
      const { untriedHooks, gaps } = await collect({ appSpec }, { ...anApproval().candidate, built });
      expect(untriedHooks).toBeUndefined();
      expect(gaps).toEqual([expect.stringContaining('a build made the files, which are not compared')]);
    });

    it('fail to be known without the AppSpec file, the run or the changed files, and say so', async () => {
      const gapsOf = async (change: Partial<ReviewSources>) => (await collect(change)).gaps;
      expect(await gapsOf({ appSpec: () => Promise.reject(new TypeError('no zip')) })).toEqual([
        'The hooks that QAT does not run: TypeError: no zip',
      ]);
      expect(
        await gapsOf({ appSpec, differences: () => Promise.reject(new TypeError('no answer')) }),
      ).toEqual([
        'The changed files: TypeError: no answer',
        'Whether hooks that QAT does not run changed: Error: not all changed files are known; the commit has AfterBlockTraffic (appspec.yml, new.mjs)',
      ]);
      const many = Array.from({ length: 2000 }, (_, n) => ({ path: `${n}.mjs`, change: 'added' as const }));
      expect(await gapsOf({ appSpec, differences: async () => many })).toEqual([
        expect.stringContaining('not all changed files are known'),
      ]);
      const others = { ...ledger, jobs: async () => [] };
      expect(await gapsOf({ ledger: others })).toContain(
        'The hooks that QAT does not run: Error: no run of the pipeline is recorded',
      );
    });
  });

  it('fail without the commits, which tell who may not decide', async () => {
    await expect(collect({ commits: () => Promise.reject(new Error('throttled')) })).rejects.toThrow(
      'throttled',
    );
  });

  it('are cut between characters, never within one', async () => {
    const long = (length: number) => `${'x'.repeat(length - 1)}🚀 rest`;
    const person = { name: long(200), email: long(320) };
    const { commits } = await collect({
      commits: async (ids) =>
        ids.map((commitId) => ({
          commitId,
          parents: [],
          author: person,
          committer: person,
          message: long(1000),
        })),
    });
    const shortened = (length: number) => `${'x'.repeat(length - 1)}…`;
    expect(commits).toEqual([
      {
        commitId: COMMIT,
        author: shortened(200),
        authorEmail: shortened(320),
        committer: shortened(200),
        committerEmail: shortened(320),
        message: shortened(1000),
      },
    ]);
  });

  const named = (count: number) => async (ids: readonly string[]) =>
    ids.map((commitId) => ({
      commitId,
      parents: [],
      author: signature('Dana', 1),
      message: Array.from(
        { length: count },
        (_, index) => `Co-authored-by: P${index} <p${index}@example.com>`,
      ).join('\n'),
    }));

  it('list every maker, a thousand too', async () => {
    const { makers } = await collect({ commits: named(1000) });
    expect(makers).toHaveLength(1002);
    expect(makers.at(-2)).toEqual({
      name: 'P999',
      address: 'p999@example.com',
      because: [{ role: 'co-author', commitId: COMMIT, count: 1 }],
    });
  });

  it('fail with TooManyMakers rather than leave one out', async () => {
    await expect(collect({ commits: named(5000) })).rejects.toMatchObject({
      name: 'TooManyMakers',
      message: expect.stringContaining('names 5002 makers in 1 commits'),
    });
  });

  it('say whose further name a maker has, and where dots do not count', async () => {
    const people = [
      { email: 'quinn@example.com', pusherNames: ['dana'], commitAddresses: ['erin@example.com'] },
    ];
    const review = await collect({ people, dotsIgnoredIn: ['gmail.com'] });
    expect(review.makers.map(({ person }) => person)).toEqual([
      undefined,
      'quinn@example.com',
      'quinn@example.com',
    ]);
    expect(review.dotsIgnoredIn).toEqual(['gmail.com']);
  });

  it('stay small enough to be kept, for any change', async () => {
    const filler = Array.from({ length: 204 }, (_, index) => String(index).padStart(40, '0'));
    const review = await collect({
      commits: async (ids) =>
        ids.map((commitId) => ({
          commitId,
          parents: commitId === COMMIT ? filler : [],
          author: signature('a'.repeat(5000), 1),
          committer: signature('b', 1),
          message: 'm'.repeat(100_000),
        })),
      differences: async (_, __, most) =>
        Array.from({ length: most }, (_, index) => ({
          path: `${index}/${'p'.repeat(200)}`,
          change: 'added' as const,
        })),
    });
    expect(review.commits).toHaveLength(30);
    expect(review.commitCount).toBe(205);
    expect(Buffer.byteLength(JSON.stringify(review))).toBeLessThan(300_000);
  });
});
