import {
  type EnvironmentLock,
  freeLock,
  type LockHolder,
} from '../../../tasks/environment-locks/environment-lock.ts';
import { type LockView, lockView, readLockViews } from '../../../tasks/environment-locks/lock-view.ts';
import type { Approval, Job, Promotion, PromotionStatus } from '../../../tasks/ledger/items.ts';
import { anImageRequest } from '../doubles/image-approval.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, anApproval, aPromotion, aWaiter } from '../doubles/samples.ts';

const aHolder = (change: Partial<LockHolder> = {}): LockHolder => {
  const { taskToken: _, ...locking } = aWaiter('a');
  return { ...locking, since: '2026-11-22T10:00:00.000Z', ...change };
};

describe('what the holder does', () => {
  const view = (
    environment: 'qat' | 'prod',
    holder: LockHolder,
    of: {
      readonly jobs?: Job[];
      readonly approvals?: Approval[];
      readonly status?: PromotionStatus;
      readonly images?: Promotion['images'];
    } = {},
  ): LockView =>
    lockView(
      { ...freeLock('shop', environment), holder },
      {
        promotions: new Map([
          ['a', aPromotion({ promotionId: 'a', status: of.status ?? 'RUNNING', images: of.images ?? {} })],
        ]),
        jobs: of.jobs ?? [],
        approvals: of.approvals ?? [],
      },
    );
  it.each<[string, LockView, string, string]>([
    ['nothing yet', view('qat', aHolder()), 'working', 'is about to start'],
    [
      'a job',
      view('qat', aHolder(), { jobs: [aJob({ status: 'RUNNING' })] }),
      'working',
      'is at Build QAT image',
    ],
    [
      'a job that it has left',
      view('qat', aHolder(), { jobs: [aJob({ status: 'SUCCEEDED' })] }),
      'working',
      'has left Build QAT image',
    ],
    [
      'nothing yet in Prod, after any earlier work',
      view('prod', aHolder({ since: '2026-11-22T11:00:00.000Z' }), {
        jobs: [aJob({ status: 'SUCCEEDED' })],
      }),
      'working',
      'is about to start',
    ],
    [
      'a person',
      view('qat', aHolder(), { approvals: [anApproval()] }),
      'awaiting-decision',
      'waits for QC to decide',
    ],
    [
      'a person, in Prod',
      view('prod', aHolder(), { approvals: [anImageRequest()] }),
      'awaiting-decision',
      'waits for QC to decide about the Prod image',
    ],
    [
      'nothing of QAT while a person decides in Prod',
      view('qat', aHolder(), { jobs: [aJob({ status: 'SUCCEEDED' })], approvals: [anImageRequest()] }),
      'working',
      'has left Build QAT image',
    ],
    [
      'what it left on Prod',
      view('prod', aHolder(), { status: 'FAILED', images: { prod: 'ami-2' } }),
      'restoring',
      'has failed; Prod is being restored',
    ],
    [
      'nothing any more',
      view('qat', aHolder(), { status: 'FAILED' }),
      'ended',
      'has ended and releases the lock',
    ],
  ])('is told of %s', (_, { holder }, kind, doing) => {
    expect(holder).toMatchObject({ kind, doing, title: 'Show the cart', since: expect.any(String) });
  });
});

describe('who waits', () => {
  const waiting = [aWaiter('b'), aWaiter('c')];
  const entries = (
    lock: Partial<EnvironmentLock>,
    approvals: readonly Approval[] = [],
    promotions: ReadonlyMap<string, Promotion> = new Map(),
  ) =>
    lockView({ ...freeLock('shop', 'prod'), waiting, ...lock }, { promotions, jobs: [], approvals }).waiting;

  it('is told in order, each behind the one before', () => {
    expect(
      entries({ holder: aHolder() }).map(({ place, promotionId, behind }) => [
        place,
        promotionId,
        behind?.promotionId,
      ]),
    ).toEqual([
      [1, 'b', 'a'],
      [2, 'c', 'b'],
    ]);
  });

  it.each<[string, Partial<EnvironmentLock>, readonly Approval[], string[]]>([
    [
      'working',
      { holder: aHolder() },
      [],
      [
        'a0000000 is being built, deployed or verified.',
        'Promotions go to Prod one at a time, in the order in which PMO approved them.',
      ],
    ],
    [
      'waits for QC',
      { environment: 'qat', holder: aHolder() },
      [anApproval()],
      ['a0000000 holds QAT until QC has decided.', 'Only the newest promotion that waits for QAT goes on.'],
    ],
    ['is nobody', {}, [], ['Prod is free. This promotion acquires it in a moment.', expect.any(String)]],
  ])('is told why when the holder %s', (_, lock, approvals, expected) => {
    expect(entries(lock, approvals).map(({ because }) => because)).toEqual(expected);
  });

  it('is told why when the holder has failed on Prod', () => {
    const failed = aPromotion({ promotionId: 'a', status: 'FAILED', images: { prod: 'ami-2' } });
    const [first] = entries({ holder: aHolder() }, [], new Map([['a', failed]]));
    expect(first?.because).toBe('Prod is being restored after a0000000.');
  });
});

it('is read from the ledger, without any task token', async () => {
  const ledger = createMemoryLedger();
  for (const promotionId of ['a', 'b'])
    await ledger.addPromotion(aPromotion({ promotionId, commitMessage: `Say ${promotionId}\n\nMore.` }));
  await ledger.addJob(aJob({ promotionId: 'a', status: 'RUNNING' }));
  const free = freeLock('shop', 'qat');
  await ledger.replaceLock(free, {
    ...free,
    holder: aHolder({ taskToken: 'secret' }),
    waiting: [aWaiter('b')],
  });
  const views = await readLockViews(ledger, 'shop', new Date('2026-11-22T12:00:00.000Z'));
  expect(views).toMatchObject([
    {
      environment: 'qat',
      holder: { title: 'Say a', doing: 'is at Build QAT image' },
      waiting: [{ title: 'Say b', place: 1 }],
    },
    { environment: 'prod', waiting: [] },
  ]);
  expect(JSON.stringify(views)).not.toMatch(/token|secret/i);
});
