import type { SeenInstance } from '../../../tasks/drift/drift-rules.ts';
import type { Delivery } from '../../../tasks/drift/environment-status.ts';
import { MOST_INSTANCES } from '../../../tasks/drift/environment-status.ts';
import { type LookedAtEnvironment, lookAtEnvironment } from '../../../tasks/drift/look-at-environment.ts';
import { DRIFT_HEADING } from '../../../tasks/drift/status-text.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aRelease, aWaiter } from '../doubles/samples.ts';
import { aFinding } from '../vulnerabilities/sample-findings.ts';

let ledger: Ledger;
let sent: Notice[];
let isDown: boolean;
let minutes: number;
let instances: SeenInstance[];
let deliveries: Map<string, Delivery>;
let inProgress: string[];
const at = '2026-11-20T12:00:00.000Z';
const expected: Delivery = { deploymentId: 'd-a', at, isExpected: true };
const serving = (instanceId: string, change: Partial<SeenInstance> = {}): SeenInstance => ({
  instanceId,
  lifecycle: 'InService',
  group: 'blue',
  takesRequests: true,
  imageId: 'ami-a',
  ...change,
});
beforeEach(async () => {
  ledger = createMemoryLedger();
  sent = [];
  isDown = false;
  minutes = 0;
  instances = [serving('i-1'), serving('i-2')];
  deliveries = new Map([
    ['i-1', expected],
    ['i-2', expected],
  ]);
  inProgress = [];
  await ledger.addPromotion(aRelease());
  await ledger.noteLive({ application: 'shop', promotionId: 'release-a', since: at });
});

const look = (change: Partial<LookedAtEnvironment> = {}) => {
  minutes += 5;
  return lookAtEnvironment({
    ledger,
    notices: {
      send: async (notice) => {
        if (isDown) throw new Error('SNS is down');
        sent.push(notice);
      },
    },
    application: 'shop',
    siteUrl: 'https://approvals.example.com',
    now: () => new Date(Date.UTC(2026, 10, 22, 10, minutes)),
  })({
    environment: 'prod',
    region: 'us-east-1',
    instances: async () => ({ instances, group: 'blue' }),
    deliveries: async () => ({ deliveries, inProgress, readFrom: at }),
    alarms: async (names) =>
      names
        .filter((name) => name !== 'gone')
        .map((name) => ({
          name,
          state: name === 'slow' ? ('ALARM' as const) : ('OK' as const),
          since: at,
          meaning: 'Prod is slow.',
        })),
    alarmNames: ['slow', 'errors'],
    ...change,
  });
};
const status = () => ledger.environmentStatus('shop', 'prod');
const subjects = () => sent.map(({ subject }) => subject);

it('records what runs, which alarms are on, and since when', async () => {
  expect(await look()).toEqual([]);
  expect(await status()).toEqual({
    application: 'shop',
    environment: 'prod',
    at: '2026-11-22T10:05:00.000Z',
    region: 'us-east-1',
    release: {
      promotionId: 'release-a',
      commitId: aRelease().commitId,
      imageId: 'ami-a',
      deploymentId: 'd-a',
    },
    unread: [],
    instances: ['i-1', 'i-2'].map((instanceId) => ({
      instanceId,
      state: 'serves',
      imageId: 'ami-a',
      delivery: expected,
      drift: [],
    })),
    unlisted: 0,
    alarms: [{ name: 'slow', since: at, meaning: 'Prod is slow.' }],
    told: [],
    readFrom: at,
  });
  expect(sent).toEqual([]);
});

it('mails operators once about drift, with the remedy, and once when it is gone', async () => {
  instances = [serving('i-1'), serving('i-2', { imageId: 'ami-x' })];
  for (const _ of [1, 2, 3]) await look();
  expect(subjects()).toEqual(['Drift: Prod of shop runs something else']);
  expect(sent[0]).toMatchObject({ role: 'operator', application: 'shop' });
  expect(sent[0]?.message).toContain('- i-2 runs image ami-x, not ami-a');
  expect(sent[0]?.message).toContain('Terminate the instances that differ');
  expect(sent[0]?.message).toContain(DRIFT_HEADING);
  expect((await status())?.instances[0]?.instanceId).toBe('i-2');
  instances = [serving('i-1')];
  for (const _ of [1, 2]) await look();
  expect(subjects().slice(1)).toEqual(['No drift any more: Prod of shop']);
});

it('sends a mail that could not be sent with the next look', async () => {
  instances = [serving('i-1', { imageId: 'ami-x' })];
  isDown = true;
  expect(await look()).toHaveLength(1);
  expect((await status())?.instances[0]?.drift).toHaveLength(1);
  isDown = false;
  await look();
  await look();
  expect(sent).toHaveLength(1);
});

it('mails once if two look at the same time', async () => {
  instances = [serving('i-1', { imageId: 'ami-x' })];
  const failures = await Promise.all([look(), look()]);
  expect(failures.flat()).toEqual([]);
  expect(sent).toHaveLength(1);
});

it('compares nothing while a deployment runs, and tells which', async () => {
  instances = [serving('i-1', { imageId: 'ami-x' })];
  inProgress = ['d-b'];
  await look();
  expect(await status()).toMatchObject({
    notCompared: 'deployment d-b is in progress',
    instances: [{ drift: [] }],
  });
  expect(await status()).not.toHaveProperty('release');
  expect(sent).toEqual([]);
});

it('compares nothing if a promotion began to change Prod while it looked', async () => {
  instances = [serving('i-1', { imageId: 'ami-x' })];
  const begin = async () => {
    await ledger.addPromotion(
      aRelease({ promotionId: 'next', status: 'RUNNING', images: { prod: 'ami-x' }, deployments: {} }),
    );
    const free = await ledger.lock('shop', 'prod');
    const { taskToken: _, ...holder } = aWaiter('next');
    await ledger.replaceLock(free, { ...free, holder });
    return { instances, group: 'blue' };
  };
  await look({ instances: begin });
  expect((await status())?.notCompared).toMatch(/changes it$/);
  expect(sent).toEqual([]);
});

describe('what cannot be read', () => {
  const denied = () => Promise.reject(Object.assign(new Error('not authorized'), { name: 'AccessDenied' }));
  it.each<[string, Partial<LookedAtEnvironment>, string]>([
    ['instances', { instances: denied }, 'The instances could not be read: AccessDenied: not authorized'],
    [
      'deployments',
      { deliveries: denied },
      'The deployments could not be read: AccessDenied: not authorized',
    ],
    ['alarms', { alarms: denied }, 'The alarms could not be read: AccessDenied: not authorized'],
  ])('is told: %s', async (_, change, unread) => {
    expect(await look(change)).toHaveLength(1);
    expect((await status())?.unread).toEqual([unread]);
    expect(sent).toEqual([]);
  });

  it('is no reason to forget what operators were told', async () => {
    instances = [serving('i-1', { imageId: 'ami-x' })];
    await look();
    await look({ instances: denied });
    await look();
    expect(sent).toHaveLength(1);
  });

  it('is an alarm that does not exist, and an image that EC2 does not tell', async () => {
    instances = [{ instanceId: 'i-1', lifecycle: 'InService', group: 'blue', takesRequests: true }];
    expect(await look({ alarmNames: ['gone'] })).toEqual([]);
    expect((await status())?.unread).toEqual([
      'The alarm gone does not exist.',
      'EC2 does not say which image i-1 runs.',
    ]);
  });

  it('is not drift: an image that differs is told while deployments cannot be read', async () => {
    instances = [serving('i-1', { imageId: 'ami-x' }), serving('i-3')];
    await look({ deliveries: denied });
    expect((await status())?.instances.map(({ drift }) => drift)).toEqual([
      ['runs image ami-x, not ami-a'],
      [],
    ]);
  });
});

it('records so many instances at most, those that differ first, and reads the others again', async () => {
  const ids = Array.from({ length: MOST_INSTANCES + 5 }, (_, index) => `i-${1000 + index}`);
  const last = ids.at(-1) ?? '';
  instances = ids.map((id) => serving(id, id === last ? { imageId: 'ami-x' } : {}));
  deliveries = new Map(ids.map((id) => [id, expected]));
  await look();
  const found = await status();
  expect(found?.instances).toHaveLength(MOST_INSTANCES);
  expect(found).toMatchObject({ unlisted: 5, instances: { 0: { instanceId: last } } });
  expect(found).not.toHaveProperty('readFrom');
});

describe('vulnerabilities that became known since the image was built', () => {
  const found = [aFinding('CVE-1')];
  const day = 24 * 60;

  it('are recorded and mailed to operators once, each', async () => {
    const asked: string[] = [];
    const findLater = async ({ imageId }: { readonly imageId: string }) => {
      asked.push(imageId);
      return [...found];
    };
    for (const _ of [1, 2]) expect(await look({ findLater })).toEqual([]);
    expect(asked).toEqual(['ami-a']);
    expect((await status())?.vulnerabilities).toMatchObject({ findings: found, told: ['CVE-1'] });
    found.push(aFinding('CVE-2'));
    minutes += day;
    await look({ findLater });
    expect(sent.map(({ message }) => message.match(/CVE-\d/g))).toEqual([['CVE-1'], ['CVE-2']]);
    expect((await status())?.vulnerabilities?.told).toEqual(['CVE-1', 'CVE-2']);
  });

  it('are mailed by the next look if the mail failed', async () => {
    isDown = true;
    expect(await look({ findLater: async () => found })).toHaveLength(1);
    isDown = false;
    await look({ findLater: async () => found });
    expect(subjects()).toEqual(['New vulnerabilities: Prod of shop']);
  });

  it('are said to be unread while Inspector cannot be asked', async () => {
    expect(await look({ findLater: () => Promise.reject(new Error('not active')) })).toHaveLength(1);
    expect((await status())?.unread).toEqual(['The vulnerabilities could not be read: Error: not active']);
    expect((await status())?.vulnerabilities).toBeUndefined();
  });
});
