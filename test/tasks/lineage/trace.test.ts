import type { EnvironmentStatus } from '../../../tasks/drift/environment-status.ts';
import { summaryOf } from '../../../tasks/lineage/lineage-text.ts';
import { questionOf } from '../../../tasks/lineage/question.ts';
import { trace } from '../../../tasks/lineage/trace.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aGoBack, aRelease } from '../doubles/samples.ts';
import { aFinding } from '../vulnerabilities/sample-findings.ts';
import { addRelease, keepImages, makeLive } from './live-images.ts';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const openssl = (version: string) => [{ name: 'openssl', version: `1:${version}-1.amzn2023.0.1` }];
const LIBS = { name: 'openssl-libs', version: '1:3.0.8-1.amzn2023.0.1' };
const LIVE = '1a2b3c4d'.repeat(5);

/**
 * The shop runs a release with openssl 3.2.2 in QAT and 3.0.8 in Prod, and can go back to one with 3.2.2; the till runs one of which
 * nothing was recorded.
 */
const createWorld = async () => {
  const ledger = createMemoryLedger();
  const documents = new Map<string, string>();
  const earlier = await addRelease(
    ledger,
    documents,
    {},
    {
      qat: {},
      prod: { packages: openssl('3.2.2'), findings: [aFinding()] },
    },
  );
  const live = await addRelease(
    ledger,
    documents,
    {
      promotionId: 'live',
      commitId: LIVE,
      startedAt: '2026-11-21T10:00:00.000Z',
      endedAt: '2026-11-21T12:00:00.000Z',
      images: { qat: 'ami-0qat', prod: 'ami-0prod' },
      deployments: { qat: 'd-QAT1', prod: 'd-PROD1' },
    },
    {
      qat: { packages: openssl('3.2.2'), findings: [] },
      prod: { packages: [...openssl('3.0.8'), LIBS], findings: [aFinding()] },
    },
  );
  const till = await addRelease(
    ledger,
    documents,
    {
      promotionId: 'till-1',
      application: 'till',
      images: { qat: 'ami-0tillqat', prod: 'ami-0till' },
      deployments: { qat: 'd-TILLQAT', prod: 'd-TILL' },
    },
    { qat: { packages: [] }, prod: {} },
  );
  await makeLive(ledger, live);
  await makeLive(ledger, till);
  await keepImages(ledger, 'shop', ['ami-a', 'ami-0prod']);
  const reads: string[] = [];
  return {
    ledger,
    documents,
    reads,
    earlier,
    live,
    /** Notes what was seen of an environment of the shop. */
    see: (change: Partial<EnvironmentStatus>) =>
      ledger.replaceEnvironmentStatus(undefined, {
        application: 'shop',
        environment: 'prod',
        at: '2026-11-22T11:58:00.000Z',
        region: 'us-east-1',
        unread: [],
        instances: [],
        unlisted: 0,
        alarms: [],
        told: [],
        ...change,
      }),
    ask: (text: string, change: { readonly applications?: readonly string[] } = {}) =>
      trace(
        {
          ledger,
          applications: ['shop', 'till'],
          read: async (objectKey) => {
            reads.push(objectKey);
            return documents.get(objectKey);
          },
          now: NOW,
          ...change,
        },
        questionOf(text),
      ),
  };
};
type World = Awaited<ReturnType<typeof createWorld>>;
const placesOf = (places: Awaited<ReturnType<World['ask']>>['earlier']): readonly string[] =>
  places.map(({ release }) => `${release.environment} of ${release.application}`);

const NOT_RECORDED = 'Prod of till: the contents of ami-0till were not recorded when it was built.';

describe('a package', () => {
  it('in one version is told with where it is live, since when, by which promotion, and who approved it', async () => {
    const lineage = await (await createWorld()).ask('openssl 3.2.2');
    expect(lineage).toMatchObject({
      live: [
        {
          packages: openssl('3.2.2'),
          release: {
            environment: 'qat',
            application: 'shop',
            promotionId: 'live',
            commitId: LIVE,
            images: { qat: 'ami-0qat' },
            deploymentId: 'd-QAT1',
            deployedAt: '2026-11-21T12:00:00.000Z',
            approvedBy: { qc: ['quinn'], pmo: ['parker'] },
          },
        },
      ],
      earlier: [{ release: { promotionId: 'release-a' }, packages: openssl('3.2.2') }],
      looked: { live: 3, earlier: 1 },
      gaps: { live: [NOT_RECORDED], earlier: [] },
    });
    expect(summaryOf(lineage)).toEqual([
      'Package openssl 3.2.2 is live in 1 of 3 environments that were looked at.',
      'The one earlier release that Prod can go back to has it.',
      'The live images have openssl 1:3.0.8-1.amzn2023.0.1 and openssl-libs 1:3.0.8-1.amzn2023.0.1 as well.',
    ]);
  });

  it('without a version is told with the version that each environment runs, in upper or lower case', async () => {
    const { live, similar } = await (await createWorld()).ask('OpenSSL');
    expect(live.map(({ release, packages }) => [release.environment, packages])).toEqual([
      ['qat', openssl('3.2.2')],
      ['prod', openssl('3.0.8')],
    ]);
    expect(similar).toEqual([LIBS]);
  });

  it('that no image has is told as such, with what was looked at and what was not', async () => {
    const lineage = await (await createWorld()).ask('openssl 9.9.9');
    expect([lineage.live, lineage.earlier]).toEqual([[], []]);
    expect(summaryOf(lineage).slice(0, 2)).toEqual([
      'Package openssl 9.9.9 is live in none of 3 environments that were looked at.',
      'The one earlier release that Prod can go back to does not have it.',
    ]);
    expect(lineage.gaps.live).toEqual([NOT_RECORDED]);
  });

  it('is no answer of an image whose inventory is gone or was changed', async () => {
    const { documents, ask } = await createWorld();
    for (const [objectKey, text] of documents) {
      if (objectKey.includes('/ami-0qat/')) documents.delete(objectKey);
      if (objectKey.includes('/ami-a/')) documents.set(objectKey, text.replace('3.2.2', '3.2.3'));
    }
    const lineage = await ask('openssl 3.2.2');
    expect([lineage.live, lineage.earlier]).toEqual([[], []]);
    expect(lineage.gaps).toEqual({
      live: ['QAT of shop: the evidence bucket does not have the contents of ami-0qat.', NOT_RECORDED],
      earlier: [
        expect.stringMatching(
          /^The release release-a of shop: the contents of ami-a in the evidence bucket are not those/,
        ),
      ],
    });
    expect(lineage.looked).toEqual({ live: 2, earlier: 0 });
  });

  it('is no answer where nothing can be read', async () => {
    const { ledger, ask } = await createWorld();
    Object.assign(ledger, { jobs: () => Promise.reject(new Error('throttled')) });
    await expect(ask('openssl')).rejects.toThrow('throttled');
  });

  it('costs one document for each image, read once, and no image twice', async () => {
    const { reads, ask, ledger, documents } = await createWorld();
    // A go-back runs what its release's promotion built.
    await ledger.addPromotion(
      aRelease({ promotionId: 'back', goBack: aGoBack(), startedAt: '2026-11-22T10:00:00.000Z' }),
    );
    await ledger.noteLive({ application: 'shop', promotionId: 'back', since: '2026-11-22T11:00:00.000Z' });
    await keepImages(ledger, 'shop', ['ami-a', 'ami-0prod', 'ami-0qat']);
    const lineage = await ask('openssl');
    expect(placesOf(lineage.live)).toEqual(['qat of shop', 'prod of shop']);
    expect(lineage.live[1]).toMatchObject({ release: { promotionId: 'back' }, packages: openssl('3.2.2') });
    // What Prod runs is no earlier release.
    expect(lineage.earlier.map(({ release }) => release.promotionId)).toEqual(['live']);
    expect(new Set(reads).size).toBe(reads.length);
    expect(
      reads.every((objectKey) => objectKey.endsWith('/inventory.json') && documents.has(objectKey)),
    ).toBe(true);
  });

  it('is looked for in a bounded number of earlier releases, which is said', async () => {
    const { ledger, documents, ask } = await createWorld();
    const names = Array.from({ length: 14 }, (_, index) => `old-${index}`);
    for (const promotionId of names)
      await addRelease(
        ledger,
        documents,
        { promotionId, images: { qat: `ami-q-${promotionId}`, prod: `ami-${promotionId}` } },
        { qat: {}, prod: { packages: openssl('3.2.2') } },
      );
    await keepImages(ledger, 'shop', ['ami-a', ...names.map((name) => `ami-${name}`)]);
    const { earlier, gaps } = await ask('openssl 3.2.2');
    expect(earlier).toHaveLength(10);
    expect(gaps.earlier).toEqual(['Only the newest earlier releases are looked at, not 5 more.']);
  });

  it('is looked for in a bounded number of earlier releases of all applications', async () => {
    const { ledger, documents, ask } = await createWorld();
    const applications = Array.from({ length: 5 }, (_, index) => `app-${index}`);
    for (const application of applications) {
      const names = Array.from({ length: 11 }, (_, index) => `${application}-${index}`);
      for (const [index, promotionId] of names.entries()) {
        const images = { qat: `ami-q-${promotionId}`, prod: `ami-${promotionId}` };
        const startedAt = new Date(Date.UTC(2026, 9, 1 + index)).toISOString();
        const release = await addRelease(
          ledger,
          documents,
          { application, promotionId, images, startedAt },
          { qat: {}, prod: { packages: openssl('3.2.2') } },
        );
        await makeLive(ledger, release, ['prod']);
      }
      await keepImages(
        ledger,
        application,
        names.map((name) => `ami-${name}`),
      );
    }
    const { live, earlier, gaps } = await ask('openssl 3.2.2', { applications });
    expect([live.length, earlier.length]).toEqual([5, 40]);
    expect(gaps.earlier).toEqual(['Only the newest earlier releases are looked at, not 10 more.']);
  });

  it('is not told of releases whose image is gone', async () => {
    const { ledger, ask } = await createWorld();
    await keepImages(ledger, 'shop', ['ami-0prod']);
    expect(await ask('openssl 3.2.2')).toMatchObject({ earlier: [], looked: { earlier: 0 } });
  });
});

describe('a vulnerability', () => {
  it('is told with its severity and packages; an image that was not scanned is named', async () => {
    const { live, earlier, gaps } = await (await createWorld()).ask('cve-2026-1');
    expect(placesOf(live)).toEqual(['prod of shop']);
    expect(live[0]?.finding).toEqual(aFinding());
    expect(placesOf(earlier)).toEqual(['prod of shop']);
    expect(gaps.live).toEqual([
      'QAT of till: ami-0tillqat was not scanned when it was built.',
      'Prod of till: ami-0till was not scanned when it was built.',
    ]);
  });

  it('is told that became known since the image was built', async () => {
    const { see, ask } = await createWorld();
    const later = aFinding('CVE-2026-9999', { severity: 'high' });
    await see({
      vulnerabilities: {
        imageId: 'ami-0prod',
        at: '2026-11-22T00:00:00.000Z',
        findings: [later],
        unlisted: 0,
        told: [],
      },
    });
    expect((await ask('CVE-2026-9999')).live).toMatchObject([{ finding: later }]);
    expect((await ask('CVE-2026-9998', { applications: ['shop'] })).gaps.live).toEqual([]);
  });

  it('is not ruled out while some that became known are not listed', async () => {
    const { see, ask } = await createWorld();
    const vulnerabilities = { imageId: 'ami-0prod', at: NOW.toISOString(), findings: [], told: [] };
    await see({ vulnerabilities: { ...vulnerabilities, unlisted: 3 } });
    expect((await ask('CVE-2026-9999', { applications: ['shop'] })).gaps.live).toEqual([
      'Prod of shop: 3 vulnerabilities that became known since the image was built are not listed.',
    ]);
    // Of another image it says nothing.
    const other = await createWorld();
    await other.see({ vulnerabilities: { ...vulnerabilities, imageId: 'ami-other', unlisted: 3 } });
    expect((await other.ask('CVE-2026-9999', { applications: ['shop'] })).gaps.live).toEqual([]);
  });
});

describe('an id', () => {
  it.each([
    [
      LIVE.slice(0, 8),
      ['qat of shop', 'prod of shop'],
      'Commit 1a2b3c4d is live in 2 of 4 environments that were looked at.',
    ],
    ['AMI-0PROD', ['prod of shop'], 'Image ami-0prod is live in 1 of 4 environments that were looked at.'],
    ['d-qat1', ['qat of shop'], 'Deployment d-qat1 is live in 1 of 4 environments that were looked at.'],
    ['ami-0nothing', [], 'Image ami-0nothing is live in none of 4 environments that were looked at.'],
  ])('%s is live where the release has it', async (text, places, sentence) => {
    const { ask, reads } = await createWorld();
    const lineage = await ask(text);
    expect(placesOf(lineage.live)).toEqual(places);
    expect(summaryOf(lineage)[0]).toBe(sentence);
    // The ledger answers.
    expect(reads).toEqual([]);
  });

  it('may be any text where commits are versions of an object', async () => {
    const { ledger, ask } = await createWorld();
    const version = await addRelease(
      ledger,
      new Map(),
      { promotionId: 'v', commitId: 'Kd8eAbC1.9vX' },
      { qat: {}, prod: {} },
    );
    await makeLive(ledger, version, ['qat']);
    const lineage = await ask('Kd8eAbC1');
    expect([lineage.question, placesOf(lineage.live)]).toEqual([
      { kind: 'commit', id: 'kd8eabc1' },
      ['qat of shop'],
    ]);
  });

  it('of an earlier release is told as one that Prod can go back to', async () => {
    const { live, earlier } = await (await createWorld()).ask('ami-a');
    expect([live, placesOf(earlier)]).toEqual([[], ['prod of shop']]);
  });

  it('of an instance is told with what it runs; where instances are not known, that is said', async () => {
    const { see, ask } = await createWorld();
    const one = { instanceId: 'i-0aaa', state: 'serves', imageId: 'ami-0prod', drift: [] } as const;
    await see({
      instances: [
        one,
        { ...one, instanceId: 'i-0bbb', imageId: 'ami-0hand', drift: ['runs image ami-0hand'] },
      ],
    });
    const { live, gaps } = await ask('i-0aaa');
    expect(live).toMatchObject([
      { release: { promotionId: 'live' }, instances: [one], lookedAt: '2026-11-22T11:58:00.000Z' },
    ]);
    expect(gaps.live).toEqual([
      'QAT of shop: its instances are not known.',
      'QAT of till: its instances are not known.',
      'Prod of till: its instances are not known.',
    ]);
    // An instance that drifted runs it, although the release is another.
    expect((await ask('ami-0hand')).live).toMatchObject([
      { onlyInstances: true, instances: [{ instanceId: 'i-0bbb' }] },
    ]);
  });
});

it('says what is not certain: what an environment runs that a promotion changes', async () => {
  const { ledger, ask } = await createWorld();
  await ledger.addPromotion(
    aRelease({ promotionId: 'next', status: 'RUNNING', images: { qat: 'ami-0next' }, deployments: {} }),
  );
  await makeLive(ledger, aRelease({ promotionId: 'next' }), ['qat']);
  const { live, gaps, looked } = await ask('openssl 3.2.2', { applications: ['shop'] });
  expect(live).toEqual([]);
  expect(looked.live).toBe(1);
  expect(gaps.live).toEqual([expect.stringMatching(/^QAT of shop: 8f0c9c1f is being deployed\./)]);
});

it('says that nothing is live where nothing was promoted', async () => {
  const lineage = await (await createWorld()).ask('openssl', { applications: ['new'] });
  expect(summaryOf(lineage)).toEqual(['No environment runs anything that was promoted.']);
});
