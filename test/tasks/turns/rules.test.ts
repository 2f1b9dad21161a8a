import type { Environment } from '../../../tasks/payloads.ts';
import { admission, askedFor, nextTurnStep, type TurnFacts } from '../../../tasks/turns/rules.ts';
import type { Stage } from '../../../tasks/turns/stage.ts';
import { freeTurn, isNewer, type Turn, type TurnHolder, type TurnWaiter } from '../../../tasks/turns/turn.ts';
import { aWaiter } from '../doubles/samples.ts';

const now = new Date('2026-11-22T12:00:00.000Z');
const facts = (change: Partial<TurnFacts> = {}): TurnFacts => ({
  holder: undefined,
  gone: new Set(),
  whenNewer: 'supersede',
  live: undefined,
  now,
  ...change,
});
const aHolder = (promotionId: string, change: Partial<TurnHolder> = {}): TurnHolder => {
  const { taskToken: _, ...holder } = aWaiter(promotionId);
  return { ...holder, ...change };
};
const aTurn = (environment: Environment, change: Partial<Turn> = {}): Turn => ({
  ...freeTurn('shop', environment),
  version: 7,
  ...change,
});
const rival = (promotionId: string) => ({ promotionId, commitId: promotionId.padEnd(40, '0') });

/** A turn in a word: holder, who waits, who is dismissed for whom. */
const told = ({ holder, waiting, dismissed }: Turn): string =>
  [
    `${holder?.promotionId ?? 'nobody'} has it`,
    ...waiting.map(({ promotionId }) => `${promotionId} waits`),
    ...dismissed.map(({ promotionId, error, by }) => `${promotionId} ${error} by ${by.promotionId}`),
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

type Waiters = readonly (string | TurnWaiter)[];
const waiters = (all: Waiters): TurnWaiter[] =>
  all.map((one) => (typeof one === 'string' ? aWaiter(one) : one));
const redrivenWaiter = aWaiter('a', { redrives: 1 });

describe('the QAT turn', () => {
  it.each<[string, string | undefined, Waiters, Partial<TurnFacts>, string]>([
    ['free: the one who asks has it', undefined, ['a'], {}, 'a has it'],
    [
      'free: of several the newest',
      undefined,
      ['a', 'c', 'b'],
      {},
      'c has it, a Superseded by c, b Superseded by c',
    ],
    ['in work: a newer one waits', 'a', ['b'], { holder: 'works' }, 'nothing'],
    [
      'in work: only the newest waits',
      'a',
      ['b', 'c'],
      { holder: 'works' },
      'a has it, c waits, b Superseded by c',
    ],
    ['in work: an older one goes', 'b', ['a'], { holder: 'works' }, 'b has it, a Superseded by b'],
    [
      'in work: an older one that was redriven may come again',
      'b',
      [redrivenWaiter],
      { holder: 'works' },
      'b has it, a TurnTaken by b',
    ],
    ['QC is asked: a newer one takes over', 'a', ['b'], { holder: 'asks' }, 'withdraw a for b'],
    [
      'QC is asked: the older of two goes first',
      'a',
      ['c', 'b'],
      { holder: 'asks' },
      'a has it, c waits, b Superseded by c',
    ],
    [
      'QC is asked, by configuration: a newer one waits',
      'a',
      ['b'],
      { holder: 'asks', whenNewer: 'wait' },
      'nothing',
    ],
    ['QC has decided: it passes on', 'a', ['b'], { holder: 'done' }, 'b has it'],
    ['QC has decided: it passes on to an older one as well', 'b', ['a'], { holder: 'done' }, 'a has it'],
    ['ended: it passes on', 'a', ['b'], { holder: 'ended' }, 'b has it'],
    ['ended, and nobody waits: free', 'a', [], { holder: 'ended' }, 'nobody has it'],
    ['who waits no more is left out', 'a', ['b'], { holder: 'works', gone: new Set(['b']) }, 'a has it'],
    ['who waits no more takes nobody over', 'a', ['b'], { holder: 'asks', gone: new Set(['b']) }, 'a has it'],
    ['free, and nobody asks', undefined, [], {}, 'nothing'],
  ])('%s', (_, holder, waiting, truth, expected) => {
    const turn = aTurn('qat', { waiting: waiters(waiting), ...(holder && { holder: aHolder(holder) }) });
    const step = nextTurnStep(turn, facts(truth));
    const found = {
      nothing: () => 'nothing',
      write: () => (step.do === 'write' ? told(step.after) : ''),
      withdraw: () =>
        step.do === 'withdraw' ? `withdraw ${step.holder.promotionId} for ${step.by.promotionId}` : '',
      tell: () => 'tell',
    }[step.do]();
    expect(found).toBe(expected);
  });
});

describe('the Prod turn', () => {
  const live = aHolder('b');
  it.each<[string, string | undefined, Waiters, Partial<TurnFacts>, string]>([
    ['free: first come, first served', undefined, ['b', 'a', 'c'], {}, 'b has it, a waits, c waits'],
    ['in work: everybody waits', 'b', ['a', 'c'], { holder: 'works' }, 'nothing'],
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
    const turn = aTurn('prod', { waiting: waiters(waiting), ...(holder && { holder: aHolder(holder) }) });
    const step = nextTurnStep(turn, facts(truth));
    expect(step.do === 'write' ? told(step.after) : step.do).toBe(expected);
  });
});

it('tells what is written before anything else is decided', () => {
  const { taskToken, ...holder } = aWaiter('b');
  const turn = aTurn('qat', {
    holder: { ...holder, taskToken },
    waiting: [aWaiter('c')],
    dismissed: [{ ...aWaiter('a'), error: 'Superseded', by: rival('b') }],
  });
  expect(nextTurnStep(turn, facts({ holder: 'ended' }))).toEqual({
    do: 'tell',
    after: { ...turn, holder, dismissed: [] },
  });
  const { holder: _, ...free } = turn;
  expect(nextTurnStep(free, facts())).toEqual({ do: 'tell', after: { ...free, dismissed: [] } });
});

describe('asking for a turn', () => {
  const again = aWaiter('a', { taskToken: 'another', since: '2026-11-22T11:00:00.000Z' });

  it('waits behind those who came before', () => {
    expect(told(askedFor(aTurn('prod', { waiting: [aWaiter('b')] }), aWaiter('a')))).toBe(
      'nobody has it, b waits, a waits',
    );
  });

  it('again, by another token, keeps its place and is answered by that token', () => {
    const waiting = [aWaiter('a'), aWaiter('b')];
    expect(askedFor(aTurn('prod', { waiting }), again).waiting).toEqual([
      { ...waiting[0], taskToken: 'another' },
      waiting[1],
    ]);
    expect(askedFor(aTurn('prod', { holder: aHolder('a') }), again).holder).toEqual(
      aHolder('a', { taskToken: 'another' }),
    );
  });

  it('again keeps what was decided against it, until it is redriven', () => {
    const dismissed = [{ ...aWaiter('a'), error: 'TurnTaken', by: rival('b') }] as const;
    expect(askedFor(aTurn('qat', { dismissed }), again)).toEqual(
      aTurn('qat', { dismissed: [{ ...dismissed[0], taskToken: 'another' }] }),
    );
    const redriven = { ...again, redrives: 1 };
    expect(askedFor(aTurn('qat', { dismissed }), redriven)).toEqual(
      aTurn('qat', { dismissed, waiting: [redriven] }),
    );
  });
});

describe('asking for a turn after a later try has asked', () => {
  const late = aWaiter('a', { tryNumber: 100, redrives: 1, taskToken: 'late' });
  it.each<[string, Partial<TurnWaiter>]>([
    ['a retry', { tryNumber: 101, redrives: 1 }],
    ['a redrive', { tryNumber: 200, redrives: 2 }],
  ])('changes nothing: %s waits, has it, or is dismissed', (_, change) => {
    const later = aWaiter('a', change);
    const { taskToken: __, ...told } = later;
    for (const turn of [
      aTurn('qat', { waiting: [later] }),
      aTurn('qat', { holder: later }),
      aTurn('qat', { holder: told }),
      aTurn('qat', { dismissed: [{ ...later, error: 'TurnTaken', by: rival('b') }] }),
    ])
      expect(askedFor(turn, late)).toEqual(turn);
  });

  it('changes nothing where a redriven state has taken the turn, which asked for none', () => {
    const { tryNumber: _, ...holder } = aHolder('a', { redrives: 2 });
    expect(askedFor(aTurn('qat', { holder }), late)).toEqual(aTurn('qat', { holder }));
  });

  it('takes over what was recorded without the number of its try', () => {
    const { tryNumber: _, ...recorded } = aWaiter('a', { redrives: 1 });
    expect(askedFor(aTurn('qat', { waiting: [recorded] }), late).waiting).toEqual([
      { ...recorded, tryNumber: 100, taskToken: 'late' },
    ]);
  });
});

describe('a state that works on an environment', () => {
  const me = aHolder('b', { redrives: 1 });
  const admitted = (turn: Turn, truth: Partial<TurnFacts> = {}, stage: Stage = 'builds') =>
    admission(turn, me, stage, facts(truth));
  const mine = { do: 'write', after: { holder: { promotionId: 'b', redrives: 1 } } };

  it('goes on while its promotion has the turn', () => {
    expect(admitted(aTurn('qat', { holder: me, waiting: [aWaiter('c')] }))).toEqual({ do: 'go on' });
  });

  it('notes a redrive, so that whoever settles sees that the execution runs again', () => {
    expect(admitted(aTurn('qat', { holder: { ...me, redrives: 0 } }))).toMatchObject(mine);
  });

  it.each<[string, Environment, Partial<Turn>, Partial<TurnFacts>, object]>([
    ['takes a turn that nobody has', 'qat', {}, {}, mine],
    ['takes over from one who needs it no more', 'qat', { holder: aHolder('a') }, { holder: 'done' }, mine],
    ['takes over from one who has ended', 'qat', { holder: aHolder('a') }, { holder: 'ended' }, mine],
    [
      'takes the Prod turn after one that was promoted',
      'prod',
      { holder: aHolder('a') },
      { holder: 'done' },
      mine,
    ],
    [
      'fails while another works',
      'qat',
      { holder: aHolder('a') },
      { holder: 'works' },
      { do: 'fail', error: 'TurnTaken', by: rival('a') },
    ],
    [
      'fails while QC is asked about another',
      'qat',
      { holder: aHolder('a') },
      { holder: 'asks' },
      { do: 'fail', error: 'TurnTaken', by: rival('a') },
    ],
    [
      'fails when another is next',
      'qat',
      { holder: aHolder('a'), waiting: [aWaiter('c')] },
      { holder: 'ended' },
      { do: 'fail', error: 'TurnTaken', by: rival('c') },
    ],
    [
      'waits while Prod is not in order',
      'prod',
      { holder: aHolder('a') },
      { holder: 'ended' },
      { do: 'try again', by: rival('a') },
    ],
    [
      'is stale if Prod runs a newer commit',
      'prod',
      {},
      { live: aHolder('c') },
      { do: 'fail', error: 'Stale', by: rival('c') },
    ],
    ['is not stale on QAT', 'qat', {}, { live: aHolder('c') }, mine],
  ])('%s', (_, environment, turn, truth, expected) => {
    expect(admitted(aTurn(environment, turn), truth)).toMatchObject(expected);
  });

  const own = rival('b');
  const other = rival('a');
  const changed = { do: 'fail', error: 'QatChanged', by: other };
  it.each<[string, Stage, Partial<Turn>, Partial<TurnFacts>, object]>([
    ['takes a turn whose QAT it pointed last itself', 'follows', { pointedBy: own }, {}, mine],
    ['takes a turn of which no pointing is noted', 'follows', {}, {}, mine],
    ['fails on what another pointed QAT at since', 'follows', { pointedBy: other }, {}, changed],
    [
      'fails, and need not wait, while the other still has the turn',
      'follows',
      { holder: aHolder('a'), pointedBy: other },
      { holder: 'works' },
      changed,
    ],
    [
      'waits for another that has not pointed QAT yet',
      'follows',
      { holder: aHolder('a'), pointedBy: own },
      { holder: 'works' },
      { do: 'fail', error: 'TurnTaken', by: other },
    ],
    ['builds whatever QAT runs', 'builds', { pointedBy: other }, {}, { after: { pointedBy: other } }],
    [
      'points QAT, and notes it, whatever it runs',
      'points',
      { pointedBy: other },
      {},
      { after: { pointedBy: own } },
    ],
    ['points QAT, and notes it, the first time', 'points', { holder: me }, {}, { after: { pointedBy: own } }],
    [
      'points QAT, and notes it, while a later redrive has the turn',
      'points',
      { holder: { ...me, redrives: 2 } },
      {},
      { after: { pointedBy: own, holder: { redrives: 2 } } },
    ],
    ['points QAT again', 'points', { holder: me, pointedBy: own }, {}, { do: 'go on' }],
  ])('%s', (_, stage, turn, truth, expected) => {
    expect(admitted(aTurn('qat', turn), truth, stage)).toMatchObject(expected);
  });

  it('notes nothing of Prod, which each deployment is pointed at anew', () => {
    expect(admitted(aTurn('prod', { holder: me }), {}, 'points')).toEqual({ do: 'go on' });
    expect(admitted(aTurn('prod', { pointedBy: other }), {}, 'follows')).toMatchObject(mine);
  });
});

it('keeps who pointed QAT last while the turn passes on', () => {
  const turn = aTurn('qat', { holder: aHolder('a'), waiting: [aWaiter('b')], pointedBy: rival('a') });
  expect(nextTurnStep(turn, facts({ holder: 'done' }))).toMatchObject({
    do: 'write',
    after: { holder: { promotionId: 'b' }, pointedBy: rival('a') },
  });
});
