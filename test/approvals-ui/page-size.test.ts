import { addEarlierPromotions, aLargeApproval, PACKAGES } from './support/large-approval.ts';
import { createScene } from './support/scene.ts';

const LARGEST = 100_000;

it('a request is a page below 100 KB with 3,000 changed packages, and 500 promotions in the ledger', async () => {
  const scene = createScene();
  await addEarlierPromotions(scene.ledger);
  const approval = await scene.addQcRequest(aLargeApproval());
  expect(approval.review.packages?.count).toMatchObject({ up: PACKAGES });
  const response = await scene.get(`/approvals/${approval.approvalId}`, await scene.signIn('quinn'));
  const html = await response.text();
  expect(response.status).toBe(200);
  // It has what it is to be measured with.
  expect(html).toContain(`${PACKAGES}`);
  expect(html.match(/package-\d{4}/g)?.length).toBeGreaterThan(100);
  expect(Buffer.byteLength(html)).toBeLessThan(LARGEST);
});
