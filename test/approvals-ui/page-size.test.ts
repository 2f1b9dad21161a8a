import { MOST_IMAGE_CHANGES } from '../../tasks/approvals/review-packages.ts';
import { anImageRequest, aProdBuild, aProdImage } from '../tasks/doubles/image-approval.ts';
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

it('so is one about a Prod image of which every package differs from what was approved', async () => {
  const scene = createScene();
  const { candidate, review } = aLargeApproval();
  const { packages } = review;
  const prodImagePackages = packages && {
    ...packages,
    changes: packages.changes.slice(0, MOST_IMAGE_CHANGES),
  };
  const differs = Array.from({ length: 21 }, (_, index) => `The package package-${index} was removed.`);
  const approval = await scene.addQcRequest(
    anImageRequest({
      candidate: { ...candidate, prodImage: { ...aProdImage, differs: differs.join('\n') } },
      review: { ...review, ...(prodImagePackages && { prodImagePackages }) },
    }),
  );
  await scene.ledger.addJob(aProdBuild());
  const html = await (
    await scene.get(`/approvals/${approval.approvalId}`, await scene.signIn('quinn'))
  ).text();
  const text = html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  // Of a page so long, only what it lacks is told.
  const wanted = [
    'You are asked again: the Prod image differs from the approved QAT image',
    'The package package-20 was removed.',
    `${PACKAGES} newer (${PACKAGES} of them security updates); the Prod image has ${PACKAGES}.`,
    'If you approve, PMO is asked about this image next.',
  ];
  expect(wanted.filter((one) => !text.includes(one))).toEqual([]);
  // Prod is locked already: nothing would wait for a later time.
  expect(html.includes('name="notBefore"')).toBe(false);
  // What is asked stands before everything else.
  expect(html.indexOf('You are asked again')).toBeLessThan(html.indexOf('What changes in Prod'));
  expect(Buffer.byteLength(html)).toBeLessThan(LARGEST);
});
