import type { CommitRecord } from '../../../tasks/approvals/commit-record.ts';
import { makersOf, pushesOf } from '../../../tasks/approvals/makers.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aPromotion } from '../doubles/samples.ts';

const user = (name: string) => `arn:aws:iam::000000000000:user/${name}`;
const aRecord = (commitId: string, ...addresses: readonly string[]): CommitRecord => ({
  commitId,
  parents: [],
  claims: addresses.map((address) => ({ role: 'author', name: 'Dana', address })),
});
const at = (minute: number) =>
  new Date(Date.parse('2026-11-22T10:00:00.000Z') + minute * 60_000).toISOString();
const pushed = (promotionId: string, minute: number, change: Partial<Promotion> = {}) =>
  aPromotion({
    promotionId,
    commitId: `c-${promotionId}`,
    pushedBy: user(promotionId),
    startedAt: at(minute),
    ...change,
  });

const pushersOf = async (live: Promotion | undefined, own: Promotion, ...others: Promotion[]) => {
  const ledger = createMemoryLedger();
  for (const one of [own, ...others, ...(live ? [live] : [])]) await ledger.addPromotion(one);
  const pushes = await pushesOf(ledger, own, live, [aRecord('c-own'), aRecord('c-again')]);
  return pushes.map(({ pushedBy }) => pushedBy.split('/').at(-1)).sort();
};

describe('the pushes of a change', () => {
  const live = pushed('live', 0, { status: 'SUCCEEDED' });
  const own = pushed('own', 60);

  it('are all since the live one, also of promotions that were superseded or failed', async () => {
    expect(
      await pushersOf(
        live,
        own,
        pushed('earlier', -10),
        pushed('superseded', 10, { status: 'SUPERSEDED' }),
        pushed('failed', 20, { status: 'FAILED' }),
        pushed('other', 30, { application: 'orders' }),
        pushed('later', 70),
      ),
    ).toEqual(['failed', 'superseded']);
  });

  it('are all there are on the first promotion', async () => {
    expect(await pushersOf(undefined, own, pushed('earlier', -1000))).toEqual(['earlier']);
  });

  it('are found however many promotions came since', async () => {
    const others = Array.from({ length: 250 }, (_, index) => pushed(`p${index}`, 1 + index / 10));
    expect(await pushersOf(live, own, ...others)).toHaveLength(250);
  });

  it('include one of a commit of the change before the live one: its promotion was rejected', async () => {
    expect(await pushersOf(live, own, pushed('again', -10, { status: 'REJECTED' }))).toEqual(['again']);
  });

  it('include one whose event came late, and one that claims a time in the future', async () => {
    const late = pushed('late', 65, { pushedAt: at(30) });
    const future = pushed('future', 30, { pushedAt: at(10_000) });
    expect(await pushersOf(live, own, late, future)).toEqual(['future', 'late']);
  });
});

describe('makers', () => {
  it('are each named once, with why: a commit and a role, and how often', () => {
    const records = [aRecord('c2', 'd@example.com'), aRecord('c1', 'd@example.com', 'e@example.com')];
    expect(makersOf(records, [{ commitId: 'c2', pushedBy: user('dana') }])).toEqual([
      { name: 'Dana', address: 'd@example.com', because: [{ role: 'author', commitId: 'c2', count: 2 }] },
      { name: 'Dana', address: 'e@example.com', because: [{ role: 'author', commitId: 'c1', count: 1 }] },
      {
        name: 'dana',
        address: '',
        arn: user('dana'),
        because: [{ role: 'pusher', commitId: 'c2', count: 1 }],
      },
    ]);
  });
});
