import { appendEvidence } from '../../../tasks/evidence/append-evidence.ts';
import { recordedLedger } from '../../../tasks/evidence/recorded-ledger.ts';
import { type AskedGoBack, goBack, whyNotBackTo } from '../../../tasks/go-back/go-back.ts';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import type { PromotionInput } from '../../../tasks/payloads.ts';
import { isPromotionIdOf } from '../../../tasks/promotions/promotion-from.ts';
import { createMemoryEvidence } from '../doubles/memory-evidence.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aGoBack, aPromotion, aRelease } from '../doubles/samples.ts';

const OLGA = aGoBack().askedBy;
const CALLER = { type: 'identity', arn: 'arn:aws:sts::000000000000:assumed-role/operator/olga' } as const;
const later = (change: Partial<Promotion> = {}) =>
  aRelease({
    promotionId: 'release-b',
    commitId: 'b'.repeat(40),
    startedAt: '2026-11-21T10:00:00.000Z',
    images: { qat: 'ami-b-qat', prod: 'ami-b' },
    deployments: { qat: 'd-b-qat', prod: 'd-b' },
    ...change,
  });

/** A ledger with two releases, of which Prod runs the later one. */
const scene = async () => {
  const store = createMemoryEvidence();
  const now = () => new Date('2026-11-22T03:00:00.000Z');
  const ledger = recordedLedger(createMemoryLedger(), { append: appendEvidence(store), now });
  for (const promotion of [aRelease(), later()]) await ledger.addPromotion(promotion);
  await ledger.noteLive({ application: 'shop', promotionId: 'release-b', since: '2026-11-21T12:00:00.000Z' });
  const started: { machine: string; name: string; input: PromotionInput }[] = [];
  const ask = (change: Partial<AskedGoBack> = {}) =>
    goBack({
      ledger,
      startExecution: async (machine, name, input) => {
        started.push({ machine, name, input });
      },
      now,
    })({
      promotionId: 'release-a',
      reason: 'The cart is empty',
      askedBy: OLGA,
      approvals: 'both',
      ...change,
    });
  const startedId = async (change?: Partial<AskedGoBack>) => {
    const outcome = await ask(change);
    return outcome.kind === 'started' ? outcome.promotionId : outcome.message;
  };
  return { ledger, store, started, ask, startedId };
};

it('promotes the recorded commit and images again, as new as the moment of asking, recorded first', async () => {
  const { ledger, store, started, startedId } = await scene();
  const id = await startedId();
  expect(isPromotionIdOf('shop', id)).toBe(true);
  const { commitId } = aRelease();
  const recorded = await ledger.promotion(id);
  expect(recorded).toMatchObject({
    commitId,
    status: 'RUNNING',
    pushedBy: 'olga',
    pushedAt: '2026-11-22T03:00:00.000Z',
    executionArn: `arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:${id}`,
    images: { qat: 'ami-a-qat' },
    deployments: { qat: 'd-a-qat' },
    goBack: aGoBack(),
  });
  expect(started).toEqual([
    {
      machine: 'arn:aws:states:us-east-1:000000000000:stateMachine:lockstep-shop',
      name: id,
      input: expect.objectContaining({ commitId, pushedBy: 'olga', goBack: aGoBack() }),
    },
  ]);
  expect(await store.entries(id)).toMatchObject([
    {
      kind: 'go-back',
      actor: OLGA,
      what: { reason: 'The cart is empty', to: 'release-a', from: 'release-b' },
    },
  ]);
});

it('starts one when it is asked for twice, as the first asked; and another one after the first has ended', async () => {
  const { ledger, started, startedId } = await scene();
  const id = await startedId();
  expect(await startedId({ reason: 'Me too', askedBy: CALLER })).toBe(id);
  expect(started.map(({ name, input }) => [name, input.goBack?.reason])).toEqual([
    [id, 'The cart is empty'],
    [id, 'The cart is empty'],
  ]);
  await ledger.updatePromotion(id, { status: 'REJECTED' });
  expect(await startedId()).not.toBe(id);
});

it('goes back to the release that a go-back promoted again, not to the go-back', async () => {
  const { ledger, started, startedId } = await scene();
  const id = await startedId();
  await ledger.updatePromotion(id, { status: 'SUCCEEDED', deployments: { prod: 'd-again' } });
  await ledger.noteLive({ application: 'shop', promotionId: id, since: '2026-11-22T03:01:00.000Z' });
  await startedId({ promotionId: 'release-b' });
  expect(started.at(-1)?.input.goBack).toMatchObject({ to: 'release-b', from: id });
  await ledger.addPromotion(later({ promotionId: 'release-c', startedAt: '2026-11-22T04:00:00.000Z' }));
  await ledger.updatePromotion(started.at(-1)?.name ?? '', { status: 'REJECTED' });
  await ledger.noteLive({ application: 'shop', promotionId: 'release-c', since: '2026-11-22T04:01:00.000Z' });
  await startedId({ promotionId: id });
  expect(started.at(-1)?.input.goBack).toMatchObject({ to: 'release-a', from: 'release-c' });
});

it('takes one approval only if the approver can be told from who asked: an ARN or an unverified address need not name a person', async () => {
  for (const [askedBy, approvals] of [
    [OLGA, 'one'],
    [{ type: 'person', subject: 'olga-1', name: 'olga', verifiedEmail: '' }, 'both'],
    [CALLER, 'both'],
  ] as const) {
    const { started, startedId } = await scene();
    await startedId({ askedBy, approvals: 'one' });
    expect(started[0]?.input.goBack?.approvals).toBe(approvals);
  }
});

it.each<[string, Parameters<typeof whyNotBackTo>[0], RegExp | undefined]>([
  [
    'a release that Prod does not run',
    { release: aRelease(), live: later(), bad: undefined, goBacks: [] },
    undefined,
  ],
  [
    'a promotion that failed',
    { release: aRelease({ status: 'FAILED' }), live: later(), bad: undefined, goBacks: [] },
    /is no release: it ended as FAILED/,
  ],
  [
    'a promotion that runs',
    { release: aRelease({ status: 'RUNNING' }), live: later(), bad: undefined, goBacks: [] },
    /is no release: it is in progress\./,
  ],
  [
    'a release without its image',
    { release: aRelease({ images: { qat: 'ami-a-qat' } }), live: later(), bad: undefined, goBacks: [] },
    /does not have both images/,
  ],
  [
    'a release whose commit is marked bad',
    { release: aRelease(), live: later(), bad: 'olga marked commit 8f0c9c1f bad', goBacks: [] },
    /^olga marked commit 8f0c9c1f bad[.] Choose another release, or have somebody else unmark/,
  ],
  [
    'nothing live',
    { release: aRelease(), live: undefined, bad: undefined, goBacks: [] },
    /does not say what Prod runs/,
  ],
  [
    'what is live',
    { release: aRelease(), live: aRelease(), bad: undefined, goBacks: [] },
    /^Prod runs commit/,
  ],
  [
    'what is live since a go-back',
    { release: aRelease(), live: aPromotion({ goBack: aGoBack() }), bad: undefined, goBacks: [] },
    /^Prod runs commit/,
  ],
  [
    'another go-back under way',
    {
      release: aRelease(),
      live: later(),
      bad: undefined,
      goBacks: [aPromotion({ promotionId: 'other', goBack: aGoBack({ to: 'release-0' }) })],
    },
    /^other goes back to release-0/,
  ],
])('says why not: %s', (_, facts, message) => {
  const why = whyNotBackTo(facts);
  if (message === undefined) expect(why).toBeUndefined();
  else expect(why).toMatch(message);
});

it('fails for a promotion that there is not, and starts nothing', async () => {
  const { started, startedId } = await scene();
  expect(await startedId({ promotionId: 'none' })).toBe('There is no promotion "none".');
  expect(await startedId({ promotionId: 'release-b' })).toMatch(/^Prod runs commit/);
  expect(started).toEqual([]);
});
