import type { EnvironmentStatus } from '../../../tasks/drift/environment-status.ts';
import type { HolderView, LockView } from '../../../tasks/environment-locks/lock-view.ts';
import type { Job, Promotion } from '../../../tasks/ledger/items.ts';
import { liveTable } from '../../../tasks/promotions/live-table.ts';
import { readLive, readReleases } from '../../../tasks/promotions/read-live.ts';
import type { RecordedPromotion } from '../../../tasks/promotions/releases.ts';
import { whereaboutsOf } from '../../../tasks/promotions/whereabouts.ts';
import { anImageRequest } from '../doubles/image-approval.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aDecision,
  aJob,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aWaiter,
  PROMOTION_ID,
} from '../doubles/samples.ts';

const now = new Date('2026-11-22T12:00:00.000Z');

const recorded = (
  change: Partial<Promotion> = {},
  jobs: readonly Job[] = [],
  approvals: RecordedPromotion['approvals'] = [],
): RecordedPromotion => ({ promotion: aPromotion(change), jobs, approvals });

const NOW = Date.parse('2026-11-22T12:00:00.000Z');

const table = (sources: Partial<Parameters<typeof liveTable>[0][number]>) => {
  const [only] = liveTable([{ application: 'shop', running: [], locks: [], statuses: [], ...sources }], NOW);
  const [qat, prod] = only?.environments ?? [];
  return { qat, prod, next: only?.next };
};

const seen = (change: Partial<EnvironmentStatus> = {}): EnvironmentStatus => ({
  application: 'shop',
  environment: 'qat',
  at: '2026-11-22T11:59:00.000Z',
  region: 'us-east-1',
  release: { promotionId: PROMOTION_ID, commitId: 'c', imageId: 'ami-1', deploymentId: 'd-1' },
  unread: [],
  instances: [{ instanceId: 'i-1', state: 'serves', drift: [] }],
  unlisted: 0,
  alarms: [],
  told: [],
  ...change,
});
const differing = [{ instanceId: 'i-1', state: 'serves', drift: ['x'] }] as const;

describe('what was seen of an environment', () => {
  it.each<[string, Partial<EnvironmentStatus>, string, number]>([
    ['confirms a deployment', {}, 'verified', 0],
    ['tells drift', { instances: differing }, 'drifted', 1],
    ['confirms nothing if it is old', { at: '2026-11-22T11:40:00.000Z' }, 'deployed', 0],
    ['tells drift that is old, too', { at: '2026-11-22T11:40:00.000Z', instances: differing }, 'drifted', 1],
    ['confirms nothing if not everything was read', { unread: ['x'] }, 'deployed', 0],
    ['confirms nothing if nothing serves', { instances: [] }, 'deployed', 0],
    ['confirms nothing if nothing was compared', { release: undefined as never }, 'deployed', 0],
    [
      'tells nothing of another release',
      {
        instances: differing,
        release: { promotionId: 'b', commitId: 'c', imageId: 'a', deploymentId: 'd-0' },
      },
      'deployed',
      0,
    ],
    [
      'tells nothing of what came later',
      { at: '2026-11-22T09:00:00.000Z', instances: differing },
      'deployed',
      0,
    ],
  ])('%s', (_, change, certainty, drift) => {
    const { qat } = table({
      qat: recorded({ images: { qat: 'ami-1' }, deployments: { qat: 'd-1' } }),
      statuses: [seen(change)],
    });
    expect(qat).toMatchObject({ certainty, status: { region: 'us-east-1' } });
    expect(qat?.drift).toHaveLength(drift);
  });

  it('is no drift while a promotion changes Prod', () => {
    const { prod } = table({
      prod: recorded({ deployments: { prod: 'd-1' } }),
      statuses: [seen({ environment: 'prod', instances: differing })],
    });
    expect(prod).toMatchObject({ certainty: 'changing', drift: [] });
  });
});

describe('what Prod runs', () => {
  const deployed = { deployments: { prod: 'd-1' }, endedAt: '2026-11-22T11:00:00.000Z' } as const;
  it.each<[Promotion['status'], string, string]>([
    ['SUCCEEDED', 'verified', 'on every instance that served on 22 Nov 2026, 11:00 UTC'],
    ['RUNNING', 'changing', 'Verify Prod has not finished yet'],
    ['FAILED', 'unclear', 'ended before Verify Prod had seen all instances'],
    ['ABORTED', 'unclear', 'ended before Verify Prod had seen all instances'],
  ])('is, after a promotion that is %s, %s', (status, certainty, known) => {
    const { prod } = table({ prod: recorded({ status, ...deployed }) });
    expect(prod).toMatchObject({ certainty, release: { deploymentId: 'd-1' } });
    expect(prod?.known).toContain(known);
  });

  it.each([
    [['i-1'], 'on the one instance'],
    [['i-1', 'i-2'], 'on all 2 instances'],
  ])('was seen on %j', (verifiedInstances, known) => {
    const { prod } = table({ prod: recorded({ status: 'SUCCEEDED', ...deployed, verifiedInstances }) });
    expect(prod?.known).toContain(known);
    expect(prod?.known).toContain('Lockstep has not looked at the instances since');
  });

  const held = (kind: HolderView['kind'], promotionId = 'next'): LockView => ({
    application: 'shop',
    environment: 'prod',
    holder: {
      promotionId,
      commitId: 'b'.repeat(40),
      title: '',
      since: '',
      kind,
      doing: 'is at Deploy to Prod',
    },
    waiting: [],
  });
  it.each<[string, LockView, Partial<Promotion>, string]>([
    [
      'a promotion that has pointed Prod at its image',
      held('working'),
      { images: { prod: 'ami-2' } },
      'changing',
    ],
    ['a promotion that still builds its image', held('working'), {}, 'verified'],
    ['a promotion that has failed', held('restoring'), { promotionId: 'none' }, 'changing'],
    ['the promotion that is live', held('working', PROMOTION_ID), { images: { prod: 'ami-2' } }, 'verified'],
  ])('is, while %s holds Prod, told as such', (_, lock, change, certainty) => {
    const { prod } = table({
      prod: recorded({ status: 'SUCCEEDED', ...deployed }),
      running: [recorded({ promotionId: 'next', ...change }), recorded({ images: { prod: 'ami-1' } })],
      locks: [lock],
    });
    expect(prod).toMatchObject({ certainty, release: { deploymentId: 'd-1' } });
    if (certainty === 'changing')
      expect(prod?.known).toMatch(
        /Verify Prod saw .* Since then bbbbbbbb .* may run either: it is at Deploy to Prod/,
      );
  });

  it('is nothing where nothing was deployed', () => {
    expect(table({}).prod).toMatchObject({ certainty: 'nothing', environment: 'prod' });
    expect(table({ prod: recorded() }).prod).not.toHaveProperty('release');
  });
});

describe('what QAT runs', () => {
  it.each<[Partial<Promotion>, string]>([
    [{ deployments: { qat: 'd-1' }, status: 'RUNNING' }, 'deployed'],
    [{ deployments: { qat: 'd-1' }, status: 'REJECTED' }, 'deployed'],
    [{ status: 'RUNNING' }, 'changing'],
    [{ status: 'FAILED' }, 'unclear'],
  ])('is, after %j pointed it at its image, %s', (change, certainty) => {
    expect(table({ qat: recorded(change) }).qat).toMatchObject({ environment: 'qat', certainty });
  });

  it('is nothing where no promotion pointed it at an image', () => {
    expect(table({}).qat).toMatchObject({ certainty: 'nothing' });
  });
});

describe('a promotion in progress', () => {
  const wait = (environment: 'qat' | 'prod', promotionId: string): LockView => ({
    application: 'shop',
    environment,
    waiting: [
      { promotionId, commitId: 'c', title: '', since: '2026-11-22T10:00:00.000Z', place: 2, because: '' },
    ],
  });
  const at = (minutes: number) => `2026-11-22T10:${minutes}:00.000Z`;
  const asked = anApproval({ requestedAt: at(20) });
  const { promotionId } = aPromotion();

  it.each<[string, RecordedPromotion, readonly LockView[], string]>([
    ['before its first state', recorded(), [], 'about to start'],
    ['in a job', recorded({}, [aJob({ status: 'RUNNING' })]), [], 'at Build QAT image'],
    ['in a job that failed before', recorded({}, [aJob({ status: 'FAILED' })]), [], 'at Build QAT image'],
    ['between two states', recorded({}, [aJob({ status: 'SUCCEEDED' })]), [], 'after Build QAT image'],
    ['asking QC', recorded({}, [aJob({ status: 'SUCCEEDED' })], [asked]), [], 'at QC approval, waits for QC'],
    [
      'asking QC about the Prod image',
      recorded({}, [], [anImageRequest({ requestedAt: at(20) })]),
      [],
      'at QC image approval, waits for QC about the Prod image',
    ],
    [
      'asking two of QC',
      recorded({}, [], [{ ...asked, count: 2, decisions: [aDecision(aPerson('quinn'))] }]),
      [],
      'at QC approval, waits for QC (1 of 2 approved)',
    ],
    [
      'behind a decision',
      recorded(
        {},
        [aJob({ status: 'SUCCEEDED' })],
        [anApproval({ ...asked, ...approvedBy(aPerson('quinn')) })],
      ),
      [],
      'after QC approval',
    ],
    [
      'in a job after a decision',
      recorded(
        {},
        [aJob({ state: 'Build Prod image', status: 'RUNNING', startedAt: at(30) })],
        [anApproval({ ...asked, ...approvedBy(aPerson('quinn')) })],
      ),
      [],
      'at Build Prod image',
    ],
    [
      'in the queue',
      recorded({}, [aJob()]),
      [wait('prod', promotionId)],
      'at Lock Prod, waits for the Prod lock as number 2',
    ],
    ['while another one waits', recorded({}, [aJob()]), [wait('prod', 'other')], 'at Build QAT image'],
  ])('%s says where it is and for whom it waits', (_, record, locks, text) => {
    expect(whereaboutsOf(record, locks).text).toBe(text);
  });

  it('comes before those that started later', () => {
    const { next } = table({
      running: [
        recorded({ promotionId: 'b', startedAt: at(30) }),
        recorded({ promotionId: 'a', startedAt: at(20) }),
      ],
    });
    expect(next?.map(({ promotion }) => promotion.promotionId)).toEqual(['a', 'b']);
  });
});

describe('reading', () => {
  const fill = async () => {
    const ledger = createMemoryLedger();
    const add = (promotionId: string, minute: number, change: Partial<Promotion> = {}) =>
      ledger.addPromotion(
        aPromotion({ promotionId, startedAt: `2026-11-22T10:${minute}:00.000Z`, ...change }),
      );
    await add('old', 10, { status: 'SUCCEEDED', deployments: { qat: 'd-1', prod: 'd-2' } });
    await add('other', 11, { application: 'till', deployments: { qat: 'd-3' } });
    await add('new', 12, { deployments: { qat: 'd-4' } });
    await ledger.noteLive({ application: 'shop', promotionId: 'old', since: '2026-11-22T10:30:00.000Z' });
    const free = await ledger.lock('shop', 'qat');
    const { taskToken: _, ...holder } = aWaiter('new');
    await ledger.replaceLock(free, { ...free, holder, pointedBy: { promotionId: 'new', commitId: 'c' } });
    return ledger;
  };

  it('finds what runs where and what comes next, without any list of all promotions', async () => {
    const ledger = await fill();
    const withoutLists = { ...ledger, promotions: () => Promise.reject(new Error('a list of all')) };
    const [shop, till] = await readLive(withoutLists, ['shop', 'till'], now);
    expect(shop).toMatchObject({
      application: 'shop',
      environments: [
        { environment: 'qat', release: { promotionId: 'new' }, lock: { holder: { promotionId: 'new' } } },
        { environment: 'prod', release: { promotionId: 'old' }, lock: { waiting: [] } },
      ],
      next: [{ promotion: { promotionId: 'new' } }],
    });
    expect(till).toMatchObject({ environments: [{ certainty: 'nothing' }, { certainty: 'nothing' }] });
  });

  it('finds what ran in each environment of one application', async () => {
    const [qat, prod] = await readReleases(await fill(), 'shop', 20, now);
    expect(qat?.releases.map(({ promotionId }) => promotionId)).toEqual(['new', 'old']);
    expect(prod?.releases.map(({ promotionId }) => promotionId)).toEqual(['old']);
    expect(prod).not.toHaveProperty('lookedBackTo');
  });

  it('says how far back it looked where it did not look at all', async () => {
    const [qat] = await readReleases(await fill(), 'shop', 1, now);
    expect(qat).toMatchObject({
      releases: [{ promotionId: 'new' }],
      lookedBackTo: '2026-11-22T10:12:00.000Z',
    });
  });

  it('looks through a bounded number of promotions', async () => {
    const ledger = await fill();
    let pages = 0;
    const endless = {
      ...ledger,
      promotions: async ({ limit = 0 } = {}) => {
        pages += 1;
        return { items: Array.from({ length: limit }, () => aPromotion()), next: 'more' };
      },
    };
    const [qat] = await readReleases(endless, 'shop', 20, now);
    expect(qat).toMatchObject({ releases: [], lookedBackTo: aPromotion().startedAt });
    expect(pages).toBeLessThan(8);
  });
});
