import { confirmPush } from '../../../tasks/approvals/confirm-push.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import type { SourcePush } from '../../../tasks/source/source.ts';
import { aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';

const DANA = 'arn:aws:iam::000000000000:user/dana';
const ERIN = 'arn:aws:iam::000000000000:user/erin';
const PUSHED_AT = '2026-11-22T09:59:58.000Z';
const promotion = aPromotion({ pushedAt: PUSHED_AT });
const aPush = (change: Partial<SourcePush> = {}): SourcePush => ({
  commitId: COMMIT,
  pushedBy: DANA,
  pushedAt: '2026-11-22T09:59:56.000Z',
  ...change,
});

const candidate = { commitId: COMMIT, pushedBy: DANA };

const confirm = (
  recorded: readonly SourcePush[] | undefined,
  own: Promotion | undefined = promotion,
  live?: Promotion,
) => {
  const asked: Date[] = [];
  const pushes =
    recorded &&
    (async (since: Date) => {
      asked.push(since);
      return recorded;
    });
  return { asked, result: confirmPush(pushes, PROMOTION_ID, own ?? candidate, own, live) };
};

it('gives the recorded push and all others', async () => {
  const other = aPush({ commitId: 'a'.repeat(40), pushedBy: ERIN });
  await expect(confirm([other, aPush()]).result).resolves.toEqual({ own: aPush(), all: [other, aPush()] });
});

it('reads all records before the first promotion, and later those since the older of both pushes', async () => {
  const first = confirm([aPush()]);
  await first.result;
  expect(first.asked).toEqual([new Date(0)]);
  const live = aPromotion({ promotionId: 'live', pushedAt: '2026-11-20T10:00:00.000Z' });
  const next = confirm([aPush()], promotion, live);
  await next.result;
  expect(next.asked).toEqual([new Date('2026-11-20T09:45:00.000Z')]);
});

it.each<[string, readonly SourcePush[], string]>([
  ['that nobody recorded', [], 'of this commit it has none'],
  ['of another commit', [aPush({ commitId: 'a'.repeat(40) })], 'of this commit it has none'],
  [
    'by a false caller',
    [aPush({ pushedBy: ERIN })],
    `of this commit it has by ${ERIN} at 2026-11-22T09:59:56.000Z`,
  ],
  ['that claims to be newer than it is', [aPush({ pushedAt: '2026-11-01T10:00:00.000Z' })], 'at 2026-11-01'],
])('fails with PushNotConfirmed for a push %s', async (_, recorded, why) => {
  await expect(confirm(recorded).result).rejects.toMatchObject({
    name: 'PushNotConfirmed',
    message: expect.stringContaining(why),
  });
});

it.each<[string, Promotion, string]>([
  ['PusherUnknown', aPromotion({ pushedBy: 'unknown' }), 'who pushed 8f0c'],
  ['NotStartedByPush', aPromotion({ startedByHand: true }), 'started by hand'],
])('fails with %s without asking, also where nobody records pushes', async (name, own, why) => {
  for (const recorded of [[aPush()], undefined]) {
    const { asked, result } = confirm(recorded, own);
    await expect(result).rejects.toMatchObject({ name, message: expect.stringContaining(why) });
    expect(asked).toEqual([]);
  }
});

it('fails with NotStartedByPush for an execution that the ledger does not have', async () => {
  await expect(confirmPush(undefined, PROMOTION_ID, candidate, undefined, undefined)).rejects.toMatchObject({
    name: 'NotStartedByPush',
  });
});

it.each([{ commitId: 'a'.repeat(40) }, { pushedBy: ERIN }])(
  'fails with NotStartedByPush if the execution is about something else than the push: %j',
  async (change) => {
    const about = { ...candidate, ...change };
    await expect(
      confirmPush(async () => [aPush()], PROMOTION_ID, about, promotion, undefined),
    ).rejects.toMatchObject({ name: 'NotStartedByPush' });
  },
);

it('confirms nothing where nobody records pushes', async () => {
  await expect(confirm(undefined).result).resolves.toEqual({ all: [] });
});
