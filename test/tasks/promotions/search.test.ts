import { SEARCHED_AT_ONCE, searchPromotions } from '../../../tasks/promotions/search.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aReview,
  COMMIT,
  PROMOTION_ID,
  rejectedBy,
} from '../doubles/samples.ts';

const createLedger = async () => {
  const ledger = createMemoryLedger();
  await ledger.addPromotion(
    aPromotion({
      images: { qat: 'ami-0aaa', prod: 'ami-0bbb' },
      deployments: { qat: 'd-QAT000001', prod: 'd-PROD00001' },
      verifiedInstances: ['i-0ccc'],
    }),
  );
  await ledger.addPromotion(
    aPromotion({
      promotionId: 'other',
      commitId: 'f'.repeat(40),
      commitAuthor: 'Tom',
      commitAuthorEmail: '',
      pushedBy: 'tom',
    }),
  );
  await ledger.addApproval(
    anApproval({
      ...approvedBy(aPerson('quinn')),
      review: aReview({ tests: [{ instanceId: 'i-0ddd', status: 'Succeeded', events: [] }] }),
    }),
  );
  await ledger.addApproval(anApproval({ approvalId: 'pmo', role: 'pmo', ...rejectedBy(aPerson('parker')) }));
  return ledger;
};

it.each([
  [COMMIT, 'commit'],
  [COMMIT.slice(0, 8).toUpperCase(), 'commit'],
  [PROMOTION_ID, 'promotion'],
  ['ami-0aaa', 'QAT image'],
  ['ami-0bbb', 'Prod image'],
  ['d-QAT000001', 'QAT deployment'],
  ['D-prod00001', 'Prod deployment'],
  ['i-0ccc', 'Prod instance'],
  ['i-0ddd', 'QAT instance'],
  ['  dana ', 'author'],
  ['user/dana', 'pusher'],
  ['quinn', 'approved as QC'],
  ['PARKER@example', 'rejected as PMO'],
])('finds %s, and says that it is the %s', async (text, because) => {
  const { found } = await searchPromotions(await createLedger(), text);
  expect(found).toMatchObject([{ promotion: { promotionId: PROMOTION_ID }, because }]);
});

it.each(['ami-0eee', 'bbb', 'nobody', 'i-0ccd'])('finds nothing for %s', async (text) => {
  expect(await searchPromotions(await createLedger(), text)).toMatchObject({ found: [], searched: 2 });
});

it('reads no requests where they cannot have what is searched for', async () => {
  const ledger = { ...(await createLedger()), approvals: () => Promise.reject(new Error('read')) };
  expect((await searchPromotions(ledger, 'ami-0bbb')).found).toHaveLength(1);
  expect((await searchPromotions(ledger, COMMIT.slice(0, 7))).found).toHaveLength(1);
  await expect(searchPromotions(ledger, 'quinn')).rejects.toThrow('read');
});

it('looks at a bounded number, says how far it came, and goes on from there', async () => {
  const ledger = createMemoryLedger();
  const at = (minutes: number) => new Date(Date.UTC(2026, 10, 22) + minutes * 60_000).toISOString();
  for (let index = 0; index <= SEARCHED_AT_ONCE; index++)
    await ledger.addPromotion(
      aPromotion({ promotionId: `p${index}`, commitId: `${index}-commit`, startedAt: at(index) }),
    );
  const first = await searchPromotions(ledger, '0-commit');
  expect(first).toMatchObject({ found: [], searched: SEARCHED_AT_ONCE, oldest: at(1) });
  const second = await searchPromotions(ledger, '0-commit', first.next);
  expect(second).toMatchObject({ found: [{ promotion: { promotionId: 'p0' } }], searched: 1 });
  expect(second).not.toHaveProperty('next');
});
