import { collectReview } from '../../../tasks/approvals/collect-review.ts';
import { confirmApprovers } from '../../../tasks/approvals/confirm-approvers.ts';
import { mayDecide } from '../../../tasks/approvals/decision-rules.ts';
import { askerOf } from '../../../tasks/approvals/go-back-review.ts';
import { pushesOf } from '../../../tasks/approvals/pushes.ts';
import { nothingKept } from '../../../tasks/approvals/read-change.ts';
import { newerThan } from '../../../tasks/environment-locks/newer-than.ts';
import type { Person } from '../../../tasks/ledger/items.ts';
import { approvalNotice } from '../../../tasks/notices/approver-notices.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aGoBack,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aRelease,
  aReview,
  aWaiter,
  COMMIT,
  ONE_EACH,
  PROMOTION_ID,
} from '../doubles/samples.ts';

const B = 'b'.repeat(40);
const now = new Date('2026-11-22T10:30:00.000Z');
const commits = async (ids: readonly string[]) =>
  ids.map((commitId) =>
    commitId === B
      ? { commitId, parents: [COMMIT], author: { name: 'Bert', email: 'bert@example.com' }, message: 'Empty' }
      : { commitId, parents: [], author: { name: 'Dana', email: 'dana@example.com' }, message: 'Show' },
  );

/** A ledger in which Prod runs release B, and a go-back to release A asks. */
const ledgerWith = async (goBack = aGoBack()) => {
  const ledger = createMemoryLedger();
  await ledger.addPromotion(aRelease());
  const between = { deployments: { qat: 'd', prod: 'd' }, commitId: 'c'.repeat(40) };
  await ledger.addPromotion(
    aRelease({ promotionId: 'between', startedAt: '2026-11-20T20:00:00.000Z', ...between }),
  );
  await ledger.addPromotion(
    aRelease({
      promotionId: 'release-b',
      commitId: B,
      startedAt: '2026-11-21T10:00:00.000Z',
      images: { prod: 'ami-b' },
    }),
  );
  await ledger.noteLive({ application: 'shop', promotionId: 'release-b', since: '2026-11-21T12:00:00.000Z' });
  await ledger.addPromotion(aPromotion({ pushedBy: 'olga', goBack }));
  return ledger;
};
const sources = {
  commits,
  kept: nothingKept,
  isTimeUp: () => false,
  parent: async () => undefined,
  readEvidence: async () => undefined,
  image: async () => undefined,
  targets: async () => [],
  appSpec: async () => ({ path: 'appspec.yml', text: 'hooks: {}' }),
  configurationVersion: 'c0ffee',
  people: [],
  dotsIgnoredIn: [],
  qatUrl: undefined,
};

describe('the review of a go-back', () => {
  it('is what Prod loses: commits, files, releases; its only maker is who asked', async () => {
    const ledger = await ledgerWith();
    const compared: unknown[] = [];
    const review = await collectReview(
      {
        ...sources,
        ledger,
        pushes: async () => {
          throw new Error('nobody pushed a go-back');
        },
        differences: async (...given) => {
          compared.push(given.slice(0, 2));
          return [{ path: 'cart.mjs', change: 'removed' }];
        },
      },
      PROMOTION_ID,
      anApproval().candidate,
    );
    expect(compared).toEqual([[B, COMMIT]]);
    expect(review).toMatchObject({
      live: { promotionId: 'release-b', commitId: B },
      commits: [{ commitId: B, author: 'Bert' }],
      commitCount: 1,
      files: [{ path: 'cart.mjs', change: 'removed' }],
      makers: [{ name: 'olga', address: 'olga@example.com', because: [{ role: 'asker' }] }],
      goBack: {
        to: { promotionId: 'release-a', commitId: COMMIT },
        undone: [{ promotionId: 'release-b' }, { promotionId: 'between' }],
        reason: 'The cart is empty',
        askedBy: 'olga',
        prodImageId: 'ami-a',
      },
    });
  });

  it('names commits that cannot be read as missing, and asks all the same', async () => {
    const review = await collectReview(
      { ...sources, ledger: await ledgerWith(), commits: async () => [], differences: async () => [] },
      PROMOTION_ID,
      anApproval().candidate,
    );
    expect(review.commits).toEqual([]);
    expect(review.gaps).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^The commits that are undone: ChangeNotRead: The repository has no/),
      ]),
    );
  });
});

it('the next push brings what Prod lost, by those who made it; the operator who went back is no maker', async () => {
  const ledger = await ledgerWith();
  await ledger.updatePromotion(PROMOTION_ID, { status: 'SUCCEEDED', deployments: { prod: 'd-again' } });
  await ledger.noteLive({
    application: 'shop',
    promotionId: PROMOTION_ID,
    since: '2026-11-22T11:00:00.000Z',
  });
  const next = aPromotion({ promotionId: 'next', commitId: B, startedAt: '2026-11-22T12:00:00.000Z' });
  await ledger.addPromotion(next);
  const marking = {
    by: aGoBack().askedBy,
    at: '2026-11-22T11:00:00.000Z',
    reason: 'The cart is empty',
    goBack: PROMOTION_ID,
  };
  const mark = { application: 'shop', markings: [marking] };
  for (const commitId of [B, 'f'.repeat(40)]) await ledger.replaceMark(undefined, { ...mark, commitId });
  const review = await collectReview({ ...sources, ledger, differences: async () => [] }, 'next', {
    ...anApproval().candidate,
    commitId: B,
  });
  expect(review.live).toEqual({ promotionId: PROMOTION_ID, commitId: COMMIT });
  expect(review.commits.map(({ commitId }) => commitId)).toEqual([B]);
  expect(review.makers.map(({ name }) => name)).toEqual(['Bert', 'dana']);
  expect(review.bad).toEqual([{ commitId: B, ...marking }]);
  const { message } = approvalNotice(anApproval({ review }), next, 'https://approvals.example.com');
  expect(message).toContain(
    'Warning:        contains a bad commit. olga went back from commit bbbbbbbb, which marked it bad on 22 Nov 2026, 11:00 UTC: The cart is empty',
  );
  const pushes = await pushesOf(ledger, next, aRelease(), [], { all: [] });
  expect(pushes.map(({ pushedBy }) => pushedBy)).not.toContain('olga');
});

describe('about a go-back', () => {
  const goBack = {
    to: { promotionId: 'release-a', commitId: COMMIT, commitMessage: '' },
    undone: [],
    reason: 'The cart is empty',
    askedBy: 'olga',
    prodImageId: 'ami-a',
  };
  const review = aReview({ goBack, makers: [askerOf(aGoBack().askedBy, COMMIT)] });
  const candidate = { ...anApproval().candidate, pushedBy: 'olga' };
  const request = anApproval({ role: 'pmo', candidate, review });
  const ruling = (person: Person, makersMayDecide: boolean) => {
    const approval = request;
    return mayDecide(approval, {
      person,
      approvals: [],
      promotion: aPromotion(),
      jobs: [],
      isRunning: true,
      configurationVersion: review.configurationVersion,
      signedInAt: now.getTime(),
      shownDigest: approval.digest,
      policy: { makersMayDecide, freshSignInMinutes: 15 },
      absences: [],
      now,
    });
  };

  it.each([
    ['olga', false, 'MadeTheChange'],
    ['olga', true, 'MadeTheChange'],
    ['bert', false, 'ok'],
    ['dana', false, 'ok'],
  ])('%s, where makers may decide is %s: %s', (name, makersMayDecide, expected) => {
    const given = ruling(aPerson(name), makersMayDecide);
    expect(given.kind === 'ok' ? given.kind : given.reason).toBe(expected);
  });

  it('who asked by the command line does not decide, by the session that its ARN names', () => {
    const arn = 'arn:aws:sts::000000000000:assumed-role/operator/parker';
    const asked = { ...review, makers: [askerOf({ type: 'identity', arn }, COMMIT)] };
    const approval = anApproval({ role: 'pmo', candidate: { ...candidate, pushedBy: arn }, review: asked });
    expect(
      mayDecide(approval, {
        person: aPerson('parker'),
        approvals: [],
        promotion: aPromotion(),
        jobs: [],
        isRunning: true,
        configurationVersion: asked.configurationVersion,
        signedInAt: now.getTime(),
        shownDigest: approval.digest,
        policy: { makersMayDecide: false, freshSignInMinutes: 15 },
        absences: [],
        now,
      }),
    ).toMatchObject({ reason: 'MadeTheChange', message: expect.stringContaining('asked for this change') });
  });

  it.each([
    ['one', ['parker'], undefined],
    ['both', ['parker'], 'ApproversNotRecorded'],
    ['one', ['olga'], 'ApproverMadeChange'],
  ] as const)(
    'needs the approvals of %s: with PMO\u2019s by %s it ends with %s',
    async (approvals, [pmo], error) => {
      const ledger = createMemoryLedger();
      await ledger.addPromotion(aPromotion({ goBack: aGoBack({ approvals }), pushedBy: 'olga' }));
      await ledger.addApproval({ ...request, ...approvedBy(aPerson(pmo)) });
      const confirmed = confirmApprovers({ ledger, counts: ONE_EACH, makersMayDecide: true })({
        promotionId: PROMOTION_ID,
      });
      if (error === undefined) await expect(confirmed).resolves.toEqual({ qc: [], pmo: [pmo] });
      else await expect(confirmed).rejects.toMatchObject({ name: error });
    },
  );
});

it.each([
  ['a push', undefined, 'newer'],
  ['a go-back', aGoBack(), undefined],
])('a newer promotion that waits for QAT ends %s before QC is asked: %j', async (_, goBack, by) => {
  const ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion({ ...(goBack && { goBack }) }));
  const startedAt = '2026-11-22T11:00:00.000Z';
  await ledger.addPromotion(aPromotion({ promotionId: 'newer', startedAt }));
  const lock = await ledger.lock('shop', 'qat');
  const waiter = { ...aWaiter('newer'), pushedAt: startedAt, startedAt };
  await ledger.replaceLock(lock, { ...lock, waiting: [waiter] });
  const newer = await newerThan({ ledger, whenNewer: 'supersede', now: () => now })(
    PROMOTION_ID,
    'shop',
    goBack ? undefined : 'qat',
  );
  expect(newer?.promotionId).toBe(by);
});
