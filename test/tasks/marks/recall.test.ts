import fc from 'fast-check';
import { advanceLocks } from '../../../tasks/environment-locks/advance-lock.ts';
import { ensureLock } from '../../../tasks/environment-locks/ensure-lock.ts';
import { goBack } from '../../../tasks/go-back/go-back.ts';
import type { BadSubject } from '../../../tasks/marks/bad-mark.ts';
import { imageOrPackageIn, markedPackage } from '../../../tasks/marks/bad-subject.ts';
import { markBad, unmarkBad } from '../../../tasks/marks/mark-bad.ts';
import { recallCause } from '../../../tasks/marks/recall.ts';
import { recordMarks } from '../../../tasks/marks/record-marks.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aGoBack, aJob, aMarking, aPromotion, aRelease } from '../doubles/samples.ts';
import { createLockWorld } from '../environment-locks/lock-world.ts';
import { addRelease, keepImage, makeLive } from '../lineage/live-images.ts';

const IMAGE = 'ami-0123456789abcdef0';
const OTHER = 'ami-0123456789abcdef1';
const openssl = (version: string) => ({ name: 'openssl', version });
const other = { type: 'identity', arn: 'arn:aws:iam::000000000000:user/quinn' } as const;

/** A promotion of the application that has built an image with these packages. */
async function createWorld(version = '1:3.2.2-1.amzn2023.0.1') {
  const ledger = createMemoryLedger();
  const documents = new Map<string, string>();
  const promotion = aPromotion({ images: {} });
  await ledger.addPromotion(promotion);
  const build = async (packageVersion: string, imageId = IMAGE): Promise<void> => {
    const output = keepImage(documents, 'shop', imageId, { packages: [openssl(packageVersion)] });
    const { promotionId } = promotion;
    await ledger.addJob(aJob({ promotionId, state: `Build ${imageId}`, status: 'SUCCEEDED', output }));
  };
  await build(version);
  const read: string[] = [];
  const sources = {
    ledger,
    readEvidence: async (objectKey: string) => {
      read.push(objectKey);
      return documents.get(objectKey);
    },
  };
  return {
    ledger,
    documents,
    promotion,
    read,
    sources,
    mark: (subject: BadSubject) => markBad(ledger, { application: 'shop', ...subject }, aMarking()),
    unmark: (subject: BadSubject) =>
      unmarkBad(ledger, { application: 'shop', ...subject }, { ...aMarking(), by: other }),
    cause: () => recallCause(sources, promotion),
    ensure: () =>
      ensureLock({ ...sources, now: () => new Date('2026-11-22T12:00:00Z') })(
        { promotionId: promotion.promotionId, application: 'shop', environment: 'qat', redrives: 0 },
        'points',
      ),
  };
}

it.each([
  ['its image', { imageId: IMAGE }, 'olga marked image ami-0123456789abcdef0 bad on 22 Nov 2026'],
  [
    'a package in it',
    { packageVersion: 'openssl@3.2.2' },
    `${IMAGE} has a bad package: olga marked package openssl 3.2.2 bad`,
  ],
  [
    'a package with its whole version',
    { packageVersion: 'openssl@1:3.2.2-1.amzn2023.0.1' },
    'has a bad package',
  ],
  ['another image', { imageId: OTHER }, undefined],
  ['another version', { packageVersion: 'openssl@3.2.1' }, undefined],
  ['a version that only begins so', { packageVersion: 'openssl@3.2' }, undefined],
  ['another package', { packageVersion: 'openssl-libs@3.2.2' }, undefined],
])('a promotion is recalled, or is not, by a mark of %s', async (_, subject, cause) => {
  const world = await createWorld();
  await world.mark(subject);
  if (cause === undefined) expect(await world.cause()).toBeUndefined();
  else expect(await world.cause()).toContain(cause);
  await world.unmark(subject);
  expect(await world.cause()).toBeUndefined();
});

it('no contents are read while no package is marked', async () => {
  const world = await createWorld();
  await world.mark({ imageId: OTHER });
  await world.mark({ commitId: 'a'.repeat(40) });
  await world.mark({ packageVersion: 'curl@8.1' });
  await world.unmark({ packageVersion: 'curl@8.1' });
  await world.cause();
  expect(world.read).toEqual([]);
});

it.each([
  ['is gone', (documents: Map<string, string>) => documents.clear(), 'does not have the contents'],
  [
    'is another one',
    (documents: Map<string, string>) => {
      for (const key of documents.keys()) documents.set(key, '{"packages":[]}');
    },
    'are not those that its promotion recorded',
  ],
])('fails closed, and says so, if the inventory %s', async (_, spoil, why) => {
  const world = await createWorld('3.0.0');
  spoil(world.documents);
  await world.mark({ packageVersion: 'openssl@3.2.2' });
  await expect(world.ensure()).rejects.toThrow(why);
  await expect(recallCause({ ledger: world.ledger }, world.promotion)).rejects.toThrow(
    'cannot be told whether ami-0123456789abcdef0 has one: the evidence bucket is not read here',
  );
});

it('a package is found by every way to name it, as its parts say', () => {
  for (const given of ['libstdc++ 1:14.2.1~rc1', '@scope/parser@2.0.1']) {
    const subject = imageOrPackageIn(given);
    if (subject === undefined || !('packageVersion' in subject)) throw new Error(given);
    const { name, version } = markedPackage(subject.packageVersion);
    expect([name, version].join(given.includes(' ') ? ' ' : '@')).toBe(given);
  }
});

it('what has begun ends, also while nobody can tell', async () => {
  const world = await createWorld();
  world.documents.clear();
  await world.mark({ packageVersion: 'openssl@3.2.2' });
  const ensure = ensureLock({ ...world.sources, now: () => new Date('2026-11-22T12:00:00Z') });
  const work = {
    promotionId: world.promotion.promotionId,
    application: 'shop',
    environment: 'qat',
    redrives: 0,
  } as const;
  await ensure(work, 'points', async () => true);
  await expect(ensure(work, 'points', async () => false)).rejects.toThrow('does not have the contents');
});

it('of a release whose contents nobody can read, going back says what to do', async () => {
  const ledger = createMemoryLedger();
  const change = { promotionId: 'release', application: 'shop', images: { qat: OTHER, prod: IMAGE } };
  await addRelease(ledger, new Map(), change, { qat: {}, prod: {} });
  await markBad(ledger, { application: 'shop', packageVersion: 'openssl@3.2.2' }, aMarking());
  const startExecution = async () => {
    throw new Error('It must not start.');
  };
  const sources = { ledger, readEvidence: async () => undefined, startExecution, now: () => new Date() };
  const asked = { promotionId: 'release', reason: 'r', askedBy: other, approvals: 'both' } as const;
  expect(await goBack(sources)(asked)).toEqual({
    kind: 'not-possible',
    message: expect.stringMatching(
      /cannot be told whether ami-\w+ has one: the contents of ami-\w+ were not recorded.*Choose another release/,
    ),
  });
  await expect(
    goBack({ ...sources, ledger: { ...ledger, marks: () => Promise.reject(new Error('throttled')) } })(asked),
  ).rejects.toThrow('throttled');
});

it('of a go-back the images of the release count, as its promotion recorded them', async () => {
  const ledger = createMemoryLedger();
  const documents = new Map<string, string>();
  const images = { qat: OTHER, prod: IMAGE };
  const content = { qat: { packages: [openssl('3.0.0')] }, prod: { packages: [openssl('3.2.2')] } };
  const release = await addRelease(
    ledger,
    documents,
    { promotionId: 'release', application: 'shop', images },
    content,
  );
  const back = aPromotion({
    promotionId: 'back',
    images: {},
    goBack: aGoBack({ to: 'release', qatImageId: OTHER, prodImageId: IMAGE }),
  });
  await ledger.addPromotion(back);
  const live = await addRelease(
    ledger,
    documents,
    { promotionId: 'live', application: 'shop', images: { qat: 'ami-1', prod: 'ami-2' } },
    { qat: { packages: [] }, prod: { packages: [] } },
  );
  await makeLive(ledger, live);
  await markBad(ledger, { application: 'shop', packageVersion: 'openssl@3.2.2' }, aMarking());
  const sources = { ledger, readEvidence: async (key: string) => documents.get(key) };
  expect(await recallCause(sources, back)).toContain(IMAGE);
  const startExecution = async () => {
    throw new Error('It must not start.');
  };
  const asked = { promotionId: release.promotionId, reason: 'r', askedBy: other, approvals: 'both' } as const;
  expect(await goBack({ ...sources, startExecution, now: () => new Date() })(asked)).toEqual({
    kind: 'not-possible',
    message: expect.stringContaining('package openssl 3.2.2 bad'),
  });
});

it('a request about a bad image is withdrawn, and its state ends as recalled', async () => {
  const world = createLockWorld();
  await world.take('a');
  await world.ask('a');
  await world.ledger.updatePromotion('a', { images: { qat: IMAGE } });
  await markBad(world.ledger, { application: 'shop', imageId: IMAGE }, aMarking());
  await advanceLocks(world.dependencies)();
  expect(world.completion()).toEqual(['a/qat/0: ok', 'a/qc: Recalled']);
});

it('nobody is asked further, and operators learn why, where a request cannot be judged', async () => {
  const world = createLockWorld();
  await world.take('a');
  await world.ask('a');
  await world.ledger.updatePromotion('a', { images: { qat: IMAGE } });
  await markBad(world.ledger, { application: 'shop', packageVersion: 'openssl@3.2.2' }, aMarking());
  await expect(advanceLocks(world.dependencies)()).rejects.toThrow();
  expect((await world.ledger.latestApproval('a', 'qc'))?.status).toBe('PENDING');
});

it('is recorded with the promotions that it hits, and with no other', async () => {
  const ledger = createMemoryLedger();
  const documents = new Map<string, string>();
  for (const [promotionId, version] of [
    ['has', '3.2.2'],
    ['has-not', '3.0.0'],
  ] as const)
    await addRelease(
      ledger,
      documents,
      {
        promotionId,
        application: 'shop',
        images: { qat: `ami-${promotionId}`, prod: `ami-${promotionId}-p` },
      },
      { qat: { packages: [openssl(version)] }, prod: { packages: [openssl(version)] } },
    );
  await ledger.addPromotion(aRelease({ promotionId: 'unread', application: 'shop' }));
  await markBad(ledger, { application: 'shop', packageVersion: 'openssl@3.2.2' }, aMarking());
  await markBad(ledger, { application: 'shop', imageId: 'ami-has-not' }, aMarking());
  const facts: (readonly [string, unknown])[] = [];
  await recordMarks({
    application: 'shop',
    ledger,
    append: async (promotionId, ...given) => {
      facts.push(...given.map(({ what }) => [promotionId, what] as const));
    },
    sealEvidence: async () => undefined,
    readEvidence: async (key) => documents.get(key),
  })();
  expect(facts).toEqual([
    ['has-not', expect.objectContaining({ imageId: 'ami-has-not' })],
    ['has', expect.objectContaining({ packageVersion: 'openssl@3.2.2' })],
  ]);
  expect((await ledger.marks('shop')).every(({ isUnrecorded }) => isUnrecorded === undefined)).toBe(true);
});

it.each([
  ['ami-0123456789ABCDEF0', { imageId: IMAGE }],
  ['openssl 3.2.2', { packageVersion: 'openssl@3.2.2' }],
  [' OpenSSL@1:3.2.2-1 ', { packageVersion: 'openssl@1:3.2.2-1' }],
  ['ami-0123', undefined],
  ['libstdc++ 14.2.1~rc1+git^2-7', { packageVersion: 'libstdc++@14.2.1~rc1+git^2-7' }],
  ['@Scope/Parser@2.0.1', { packageVersion: '@scope/parser@2.0.1' }],
  ['openssl@1@2', undefined],
  ['openssl@3.2.2#BAD', undefined],
  ['open\u202Essl@3.2.2', undefined],
  [`${'n'.repeat(215)}@1`, undefined],
  [`openssl@1${'.0'.repeat(64)}`, undefined],
  ['openssl', undefined],
  ['8f0c9c1f', undefined],
  ['Kd8eAbC1.9vX', undefined],
])('%s names what is marked', (given, subject) => {
  expect(imageOrPackageIn(given)).toEqual(subject);
});

it('in any order of builds, marks and unmarks, no state works on an image that is bad', async () => {
  const versions = ['3.0.0', '3.2.2-1', '1:3.2.2-2'] as const;
  const subjects = [
    { imageId: IMAGE },
    { imageId: OTHER },
    { packageVersion: 'openssl@3.2.2' },
    { packageVersion: 'openssl@3.0.0' },
  ] as const;
  const step = fc.oneof(
    fc.record({ do: fc.constant('mark' as const), subject: fc.constantFrom(...subjects) }),
    fc.record({ do: fc.constant('unmark' as const), subject: fc.constantFrom(...subjects) }),
    fc.record({ do: fc.constant('work' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...versions),
      fc.array(step, { maxLength: 12 }),
      async (version, steps) => {
        const world = await createWorld(version);
        const marked = new Set<string>();
        for (const one of steps) {
          if (one.do === 'mark') {
            await world.mark(one.subject);
            marked.add(JSON.stringify(one.subject));
          } else if (one.do === 'unmark') {
            await world.unmark(one.subject);
            marked.delete(JSON.stringify(one.subject));
          } else {
            const asked = version === '3.0.0' ? '3.0.0' : '3.2.2';
            const isBad = [{ imageId: IMAGE }, { packageVersion: `openssl@${asked}` }].some((subject) =>
              marked.has(JSON.stringify(subject)),
            );
            const outcome = await world.ensure().then(
              () => 'works',
              (error: Error) => error.name,
            );
            expect(outcome).toBe(isBad ? 'Recalled' : 'works');
          }
        }
      },
    ),
  );
});
