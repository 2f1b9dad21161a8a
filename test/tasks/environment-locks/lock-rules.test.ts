import {
  type EnvironmentLock,
  freeLock,
  isNewer,
  type LockHolder,
  type LockWaiter,
} from '../../../tasks/environment-locks/environment-lock.ts';
import {
  confirmLock,
  enqueue,
  type LockFacts,
  nextLockAction,
} from '../../../tasks/environment-locks/lock-rules.ts';
import type { WorkStage } from '../../../tasks/environment-locks/work-stage.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import { aWaiter } from '../doubles/samples.ts';

const now = new Date('2026-11-22T12:00:00.000Z');
const facts = (change: Partial<LockFacts> = {}): LockFacts => ({
  holder: undefined,
  gone: new Set(),
  held: new Set(),
  bad: new Map(),
  whenNewer: 'supersede',
  live: undefined,
  now,
  ...change,
});
const aHolder = (promotionId: string, change: Partial<LockHolder> = {}): LockHolder => {
  const { taskToken: _, ...holder } = aWaiter(promotionId);
  return { ...holder, ...change };
};
const aLock = (environment: Environment, change: Partial<EnvironmentLock> = {}): EnvironmentLock => ({
  ...freeLock('shop', environment),
  version: 7,
  ...change,
});
const other = (promotionId: string) => ({ promotionId, commitId: promotionId.padEnd(40, '0') });

/** A lock in a word: holder, queue, and which promotions left it for which. */
const completion = ({ holder, waiting, dequeued }: EnvironmentLock): string =>
  [
    `${holder?.promotionId ?? 'nobody'} has it`,
    ...waiting.map(({ promotionId }) => `${promotionId} waits`),
    ...dequeued.map(
      (one) =>
        `${one.promotionId} ${one.error} ${one.error === 'Recalled' ? `as ${one.cause}` : `by ${one.by.promotionId}`}`,
    ),
  ].join(', ');

describe('which of two promotions is newer', () => {
  const of = (promotionId: string, pushedAt: string, startedAt: string) => ({
    promotionId,
    pushedAt,
    startedAt,
  });
  const early = '2026-11-22T10:00:00Z';
  const late = '2026-11-22T10:00:00.500Z';
  it.each([
    ['the push decides', of('a', late, early), of('b', early, late)],
    ['then the start', of('a', early, late), of('b', early, early)],
    ['then the id', of('b', early, early), of('a', early, early)],
  ])('%s', (_, newer, older) => {
    expect(isNewer(newer, older)).toBe(true);
    expect(isNewer(older, newer)).toBe(false);
    expect(isNewer(newer, newer)).toBe(false);
  });
});

type Waiters = readonly (string | LockWaiter)[];
const waiters = (all: Waiters): LockWaiter[] =>
  all.map((one) => (typeof one === 'string' ? aWaiter(one) : one));
const redrivenWaiter = aWaiter('a', { redrives: 1 });

describe('the QAT lock', () => {
  it.each<[string, string | undefined, Waiters, Partial<LockFacts>, string]>([
    ['free: the one who asks has it', undefined, ['a'], {}, 'a has it'],
    [
      'free: of several the newest',
      undefined,
      ['a', 'c', 'b'],
      {},
      'c has it, a Superseded by c, b Superseded by c',
    ],
    ['in work: a newer one waits', 'a', ['b'], { holder: 'working' }, 'nothing'],
    [
      'in work: only the newest waits',
      'a',
      ['b', 'c'],
      { holder: 'working' },
      'a has it, c waits, b Superseded by c',
    ],
    ['in work: an older one goes', 'b', ['a'], { holder: 'working' }, 'b has it, a Superseded by b'],
    [
      'in work: an older one that was redriven may come again',
      'b',
      [redrivenWaiter],
      { holder: 'working' },
      'b has it, a EnvironmentLocked by b',
    ],
    ['QC is asked: a newer one takes over', 'a', ['b'], { holder: 'awaiting-decision' }, 'withdraw a for b'],
    [
      'QC is asked: the older of two goes first',
      'a',
      ['c', 'b'],
      { holder: 'awaiting-decision' },
      'a has it, c waits, b Superseded by c',
    ],
    [
      'QC is asked, by configuration: a newer one waits',
      'a',
      ['b'],
      { holder: 'awaiting-decision', whenNewer: 'wait' },
      'nothing',
    ],
    ['QC has decided: it passes on', 'a', ['b'], { holder: 'done' }, 'b has it'],
    ['QC has decided: it passes on to an older one as well', 'b', ['a'], { holder: 'done' }, 'a has it'],
    ['ended: it passes on', 'a', ['b'], { holder: 'ended' }, 'b has it'],
    ['ended, and nobody waits: free', 'a', [], { holder: 'ended' }, 'nobody has it'],
    ['who waits no more is left out', 'a', ['b'], { holder: 'working', gone: new Set(['b']) }, 'a has it'],
    [
      'who waits no more takes nobody over',
      'a',
      ['b'],
      { holder: 'awaiting-decision', gone: new Set(['b']) },
      'a has it',
    ],
    ['free, and nobody asks', undefined, [], {}, 'nothing'],
  ])('%s', (_, holder, waiting, truth, expected) => {
    const lock = aLock('qat', { waiting: waiters(waiting), ...(holder && { holder: aHolder(holder) }) });
    const step = nextLockAction(lock, facts(truth));
    const found = {
      nothing: () => 'nothing',
      write: () => (step.do === 'write' ? completion(step.after) : ''),
      withdraw: () =>
        step.do === 'withdraw' ? `withdraw ${step.holder.promotionId} for ${step.by.promotionId}` : '',
      complete: () => 'complete',
    }[step.do]();
    expect(found).toBe(expected);
  });
});

describe('the Prod lock', () => {
  const live = aHolder('b');
  it.each<[string, string | undefined, Waiters, Partial<LockFacts>, string]>([
    ['free: first come, first served', undefined, ['b', 'a', 'c'], {}, 'b has it, a waits, c waits'],
    ['in work: everybody waits', 'b', ['a', 'c'], { holder: 'working' }, 'nothing'],
    ['promoted: the first has it', 'a', ['c', 'b'], { holder: 'done' }, 'c has it, b waits'],
    ['older than what Prod runs: stale', undefined, ['a', 'c'], { live }, 'c has it, a Stale by b'],
    [
      'redriven, and older than what Prod runs: stale',
      undefined,
      [redrivenWaiter],
      { live },
      'nobody has it, a Stale by b',
    ],
    ['what Prod runs may come again', undefined, ['b'], { live }, 'b has it'],
    ['ended, and Prod is not in order: everybody waits', 'a', ['b'], { holder: 'ended' }, 'nothing'],
  ])('%s', (_, holder, waiting, truth, expected) => {
    const lock = aLock('prod', { waiting: waiters(waiting), ...(holder && { holder: aHolder(holder) }) });
    const step = nextLockAction(lock, facts(truth));
    expect(step.do === 'write' ? completion(step.after) : step.do).toBe(expected);
  });
});

it('tells what is written before anything else is decided', () => {
  const { taskToken, ...holder } = aWaiter('b');
  const lock = aLock('qat', {
    holder: { ...holder, taskToken },
    waiting: [aWaiter('c')],
    dequeued: [{ ...aWaiter('a'), error: 'Superseded', by: other('b') }],
  });
  expect(nextLockAction(lock, facts({ holder: 'ended' }))).toEqual({
    do: 'complete',
    after: { ...lock, holder, dequeued: [] },
  });
  const { holder: _, ...free } = lock;
  expect(nextLockAction(free, facts())).toEqual({ do: 'complete', after: { ...free, dequeued: [] } });
});

describe('asking for a lock', () => {
  const again = aWaiter('a', { taskToken: 'another', since: '2026-11-22T11:00:00.000Z' });

  it('waits behind those who came before', () => {
    expect(completion(enqueue(aLock('prod', { waiting: [aWaiter('b')] }), aWaiter('a')))).toBe(
      'nobody has it, b waits, a waits',
    );
  });

  it('again, by another token, keeps its place and is answered by that token', () => {
    const waiting = [aWaiter('a'), aWaiter('b')];
    expect(enqueue(aLock('prod', { waiting }), again).waiting).toEqual([
      { ...waiting[0], taskToken: 'another' },
      waiting[1],
    ]);
    expect(enqueue(aLock('prod', { holder: aHolder('a') }), again).holder).toEqual(
      aHolder('a', { taskToken: 'another' }),
    );
  });

  it('again keeps what was decided against it, until it is redriven', () => {
    const dequeued = [{ ...aWaiter('a'), error: 'EnvironmentLocked', by: other('b') }] as const;
    expect(enqueue(aLock('qat', { dequeued }), again)).toEqual(
      aLock('qat', { dequeued: [{ ...dequeued[0], taskToken: 'another' }] }),
    );
    const redriven = { ...again, redrives: 1 };
    expect(enqueue(aLock('qat', { dequeued }), redriven)).toEqual(
      aLock('qat', { dequeued, waiting: [redriven] }),
    );
  });
});

describe('asking for a lock after a later attempt has asked', () => {
  const late = aWaiter('a', { stateAttempt: 100, redrives: 1, taskToken: 'late' });
  it.each<[string, Partial<LockWaiter>]>([
    ['a retry', { stateAttempt: 101, redrives: 1 }],
    ['a redrive', { stateAttempt: 200, redrives: 2 }],
  ])('changes nothing: %s waits, has it, or is dismissed', (_, change) => {
    const later = aWaiter('a', change);
    const { taskToken: __, ...completion } = later;
    for (const lock of [
      aLock('qat', { waiting: [later] }),
      aLock('qat', { holder: later }),
      aLock('qat', { holder: completion }),
      aLock('qat', { dequeued: [{ ...later, error: 'EnvironmentLocked', by: other('b') }] }),
    ])
      expect(enqueue(lock, late)).toEqual(lock);
  });

  it('changes nothing where a redriven state has acquired the lock without asking', () => {
    const { stateAttempt: _, ...holder } = aHolder('a', { redrives: 2 });
    expect(enqueue(aLock('qat', { holder }), late)).toEqual(aLock('qat', { holder }));
  });

  it('takes over what was recorded without the number of its try', () => {
    const { stateAttempt: _, ...recorded } = aWaiter('a', { redrives: 1 });
    expect(enqueue(aLock('qat', { waiting: [recorded] }), late).waiting).toEqual([
      { ...recorded, stateAttempt: 100, taskToken: 'late' },
    ]);
  });
});

describe('a state that works on an environment', () => {
  const me = aHolder('b', { redrives: 1 });
  const admitted = (lock: EnvironmentLock, truth: Partial<LockFacts> = {}, workStage: WorkStage = 'builds') =>
    confirmLock(lock, me, workStage, facts(truth));
  const mine = { do: 'write', after: { holder: { promotionId: 'b', redrives: 1 } } };

  it('goes on while its promotion has the lock', () => {
    expect(admitted(aLock('qat', { holder: me, waiting: [aWaiter('c')] }))).toEqual({ do: 'go on' });
  });

  it('records a redrive, so that advancing sees that the execution runs again', () => {
    expect(admitted(aLock('qat', { holder: { ...me, redrives: 0 } }))).toMatchObject(mine);
  });

  it.each<[string, Environment, Partial<EnvironmentLock>, Partial<LockFacts>, object]>([
    ['acquires a free lock', 'qat', {}, {}, mine],
    ['takes over from one who needs it no more', 'qat', { holder: aHolder('a') }, { holder: 'done' }, mine],
    ['takes over from one who has ended', 'qat', { holder: aHolder('a') }, { holder: 'ended' }, mine],
    [
      'acquires the Prod lock after one that was promoted',
      'prod',
      { holder: aHolder('a') },
      { holder: 'done' },
      mine,
    ],
    [
      'fails while another works',
      'qat',
      { holder: aHolder('a') },
      { holder: 'working' },
      { do: 'fail', error: 'EnvironmentLocked', by: other('a') },
    ],
    [
      'fails while QC is asked about another',
      'qat',
      { holder: aHolder('a') },
      { holder: 'awaiting-decision' },
      { do: 'fail', error: 'EnvironmentLocked', by: other('a') },
    ],
    [
      'fails when another is next',
      'qat',
      { holder: aHolder('a'), waiting: [aWaiter('c')] },
      { holder: 'ended' },
      { do: 'fail', error: 'EnvironmentLocked', by: other('c') },
    ],
    [
      'waits while Prod is not in order',
      'prod',
      { holder: aHolder('a') },
      { holder: 'ended' },
      { do: 'retry', by: other('a') },
    ],
    [
      'is stale if Prod runs a newer commit',
      'prod',
      {},
      { live: aHolder('c') },
      { do: 'fail', error: 'Stale', by: other('c') },
    ],
    ['is not stale on QAT', 'qat', {}, { live: aHolder('c') }, mine],
  ])('%s', (_, environment, lock, truth, expected) => {
    expect(admitted(aLock(environment, lock), truth)).toMatchObject(expected);
  });

  const own = other('b');
  const another = other('a');
  const changed = { do: 'fail', error: 'QatChanged', by: another };
  it.each<[string, WorkStage, Partial<EnvironmentLock>, Partial<LockFacts>, object]>([
    ['acquires a lock whose QAT it pointed last itself', 'follows', { pointedBy: own }, {}, mine],
    ['acquires a lock without recorded pointing', 'follows', {}, {}, mine],
    ['fails on what another pointed QAT at since', 'follows', { pointedBy: another }, {}, changed],
    [
      'fails, and does not wait, while the other still holds the lock',
      'follows',
      { holder: aHolder('a'), pointedBy: another },
      { holder: 'working' },
      changed,
    ],
    [
      'waits for another that has not pointed QAT yet',
      'follows',
      { holder: aHolder('a'), pointedBy: own },
      { holder: 'working' },
      { do: 'fail', error: 'EnvironmentLocked', by: another },
    ],
    ['builds, for any image in QAT', 'builds', { pointedBy: another }, {}, { after: { pointedBy: another } }],
    [
      'points QAT, and records it, for any image in QAT',
      'points',
      { pointedBy: another },
      {},
      { after: { pointedBy: own } },
    ],
    ['points QAT, and notes it, the first time', 'points', { holder: me }, {}, { after: { pointedBy: own } }],
    [
      'points QAT, and records it, while a later redrive holds the lock',
      'points',
      { holder: { ...me, redrives: 2 } },
      {},
      { after: { pointedBy: own, holder: { redrives: 2 } } },
    ],
    ['points QAT again', 'points', { holder: me, pointedBy: own }, {}, { do: 'go on' }],
  ])('%s', (_, workStage, lock, truth, expected) => {
    expect(admitted(aLock('qat', lock), truth, workStage)).toMatchObject(expected);
  });

  it('records nothing of Prod, which each deployment points again', () => {
    expect(admitted(aLock('prod', { holder: me }), {}, 'points')).toEqual({ do: 'go on' });
    expect(admitted(aLock('prod', { pointedBy: another }), {}, 'follows')).toMatchObject(mine);
  });
});

it('keeps the promotion that pointed QAT last while the lock passes on', () => {
  const lock = aLock('qat', { holder: aHolder('a'), waiting: [aWaiter('b')], pointedBy: other('a') });
  expect(nextLockAction(lock, facts({ holder: 'done' }))).toMatchObject({
    do: 'write',
    after: { holder: { promotionId: 'b' }, pointedBy: other('a') },
  });
});
