import type { Approval, Job, Promotion, PromotionStatus } from '../../../tasks/ledger/items.ts';
import { readTurnBoards, type TurnBoard, turnBoard } from '../../../tasks/turns/board.ts';
import { freeTurn, type Turn, type TurnHolder } from '../../../tasks/turns/turn.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, anApproval, aPromotion, aWaiter } from '../doubles/samples.ts';

const aHolder = (change: Partial<TurnHolder> = {}): TurnHolder => {
  const { taskToken: _, ...contender } = aWaiter('a');
  return { ...contender, since: '2026-11-22T10:00:00.000Z', ...change };
};

describe('what the holder does', () => {
  const board = (
    environment: 'qat' | 'prod',
    holder: TurnHolder,
    of: {
      readonly jobs?: Job[];
      readonly approvals?: Approval[];
      readonly status?: PromotionStatus;
      readonly images?: Promotion['images'];
    } = {},
  ): TurnBoard =>
    turnBoard(
      { ...freeTurn('shop', environment), holder },
      {
        promotions: new Map([
          ['a', aPromotion({ promotionId: 'a', status: of.status ?? 'RUNNING', images: of.images ?? {} })],
        ]),
        jobs: of.jobs ?? [],
        approvals: of.approvals ?? [],
      },
    );
  it.each<[string, TurnBoard, string, string]>([
    ['nothing yet', board('qat', aHolder()), 'works', 'is about to start'],
    [
      'a job',
      board('qat', aHolder(), { jobs: [aJob({ status: 'RUNNING' })] }),
      'works',
      'is at Build QAT image',
    ],
    [
      'a job that it has left',
      board('qat', aHolder(), { jobs: [aJob({ status: 'SUCCEEDED' })] }),
      'works',
      'has left Build QAT image',
    ],
    [
      'nothing yet in Prod, whatever was done before',
      board('prod', aHolder({ since: '2026-11-22T11:00:00.000Z' }), {
        jobs: [aJob({ status: 'SUCCEEDED' })],
      }),
      'works',
      'is about to start',
    ],
    ['a person', board('qat', aHolder(), { approvals: [anApproval()] }), 'asks', 'waits for QC to decide'],
    [
      'what it left on Prod',
      board('prod', aHolder(), { status: 'FAILED', images: { prod: 'ami-2' } }),
      'leaves',
      'has failed; Prod is being put in order',
    ],
    [
      'nothing any more',
      board('qat', aHolder(), { status: 'FAILED' }),
      'ended',
      'has ended; the turn passes on',
    ],
  ])('is told of %s', (_, { holder }, kind, doing) => {
    expect(holder).toMatchObject({ kind, doing, title: 'Show the cart', since: expect.any(String) });
  });
});

describe('who waits', () => {
  const waiting = [aWaiter('b'), aWaiter('c')];
  const seats = (
    turn: Partial<Turn>,
    approvals: readonly Approval[] = [],
    promotions: ReadonlyMap<string, Promotion> = new Map(),
  ) =>
    turnBoard({ ...freeTurn('shop', 'prod'), waiting, ...turn }, { promotions, jobs: [], approvals }).waiting;

  it('is told in order, each behind the one before', () => {
    expect(
      seats({ holder: aHolder() }).map(({ place, promotionId, behind }) => [
        place,
        promotionId,
        behind?.promotionId,
      ]),
    ).toEqual([
      [1, 'b', 'a'],
      [2, 'c', 'b'],
    ]);
  });

  it.each<[string, Partial<Turn>, readonly Approval[], string[]]>([
    [
      'works',
      { holder: aHolder() },
      [],
      [
        'a0000000 is being built, deployed or verified.',
        'One after the other goes to Prod, in the order in which PMO approved.',
      ],
    ],
    [
      'waits for QC',
      { environment: 'qat', holder: aHolder() },
      [anApproval()],
      ['a0000000 is on QAT until QC has decided.', 'Of those that wait for QAT, the newest goes on.'],
    ],
    ['is nobody', {}, [], ['Prod is free: its turn comes in a moment.', expect.any(String)]],
  ])('is told why when the holder %s', (_, turn, approvals, expected) => {
    expect(seats(turn, approvals).map(({ because }) => because)).toEqual(expected);
  });

  it('is told why when the holder has failed on Prod', () => {
    const failed = aPromotion({ promotionId: 'a', status: 'FAILED', images: { prod: 'ami-2' } });
    const [first] = seats({ holder: aHolder() }, [], new Map([['a', failed]]));
    expect(first?.because).toBe('Prod is put in order after a0000000.');
  });
});

it('is read from the ledger, without any task token', async () => {
  const ledger = createMemoryLedger();
  for (const promotionId of ['a', 'b'])
    await ledger.addPromotion(aPromotion({ promotionId, commitMessage: `Say ${promotionId}\n\nMore.` }));
  await ledger.addJob(aJob({ promotionId: 'a', status: 'RUNNING' }));
  const free = freeTurn('shop', 'qat');
  await ledger.replaceTurn(free, {
    ...free,
    holder: aHolder({ taskToken: 'secret' }),
    waiting: [aWaiter('b')],
  });
  const boards = await readTurnBoards(ledger, 'shop');
  expect(boards).toMatchObject([
    {
      environment: 'qat',
      holder: { title: 'Say a', doing: 'is at Build QAT image' },
      waiting: [{ title: 'Say b', place: 1 }],
    },
    { environment: 'prod', waiting: [] },
  ]);
  expect(JSON.stringify(boards)).not.toMatch(/token|secret/i);
});
