import type { CommitRecord } from '../../../tasks/approvals/commit-record.ts';
import { pushesOf } from '../../../tasks/approvals/pushes.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import type { SourcePush } from '../../../tasks/source/source.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aPromotion } from '../doubles/samples.ts';

const user = (name: string) => `arn:aws:iam::000000000000:user/${name}`;
const aRecord = (commitId: string): CommitRecord => ({ commitId, parents: [], claims: [] });
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

const pushersOf = (live: Promotion | undefined, own: Promotion, ...others: Promotion[]) =>
  recordedPushersOf([], live, own, ...others);
const recordedPushersOf = async (
  all: readonly SourcePush[],
  live: Promotion | undefined,
  own: Promotion,
  ...others: Promotion[]
) => {
  const ledger = createMemoryLedger();
  for (const one of [own, ...others, ...(live ? [live] : [])]) await ledger.addPromotion(one);
  const pushes = await pushesOf(ledger, own, live, [aRecord('c-own'), aRecord('c-again')], { all });
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

  it('are not those of executions that were started by hand, whose input names anybody', async () => {
    expect(await pushersOf(live, own, pushed('claimed', 10, { startedByHand: true }))).toEqual([]);
  });

  describe('that the provider of the repository recorded', () => {
    const recorded = (name: string, minute: number, commitId = `c-${name}`): SourcePush => ({
      commitId,
      pushedBy: user(name),
      pushedAt: at(minute),
    });

    it('count as well, each once, if their event was lost', async () => {
      const all = [
        recorded('earlier', -10),
        recorded('live', 0),
        recorded('lost', 5),
        recorded('known', 10),
        recorded('own', 60),
        recorded('later', 70),
      ];
      expect(await recordedPushersOf(all, live, own, pushed('known', 10))).toEqual(['known', 'lost']);
    });

    it('count since the record of the live push, which is older than its event', async () => {
      const all = [recorded('live', -2), recorded('between', -1), recorded('before', -3)];
      expect(await recordedPushersOf(all, live, own)).toEqual(['between']);
    });

    it('count at any time if they are of a commit of the change', async () => {
      expect(await recordedPushersOf([recorded('mallory', -900, 'c-again')], live, own)).toEqual(['mallory']);
    });

    it('count if somebody else pushed the same commit as well', async () => {
      expect(await recordedPushersOf([recorded('erin', 30, 'c-own')], live, own)).toEqual(['erin']);
    });

    it('do not count if they push what is live', async () => {
      expect(await recordedPushersOf([recorded('erin', 30, 'c-live')], live, own)).toEqual([]);
    });

    it('say who pushed if the event did not', async () => {
      const unnamed = pushed('unnamed', 10, { pushedBy: 'unknown' });
      const all = [recorded('erin', 10, 'c-unnamed')];
      expect(await recordedPushersOf(all, live, own, unnamed)).toEqual(['erin']);
      await expect(pushersOf(live, own, unnamed)).rejects.toMatchObject({
        name: 'PusherUnknown',
        message: expect.stringContaining('who pushed c-unnamed (unnamed)'),
      });
    });
  });
});
