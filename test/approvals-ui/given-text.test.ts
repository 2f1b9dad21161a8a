import type { Page } from 'playwright-core';
import { anApproval, aPerson, aPromotion, aReview } from '../tasks/doubles/samples.ts';
import { fitOf, openBrowser, prepareLook, violationsOf } from './support/browser.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(240_000);

let site: Awaited<ReturnType<typeof serveSite>>;
beforeEach(async () => {
  site = await serveSite();
});
afterEach(() => site.stop());

const SUBJECT = `Fix ${'averyveryverylongwordwithoutanyspace'.repeat(6)} \u202edne eht \u0430nd more ${'words '.repeat(60)}end-of-subject`;
const NAME = `Dana \u2066Evil\u202e ${'of-a-house-with-a-long-name-'.repeat(6)}end-of-name`;

/** One request whose every text is long, reorders and imitates, by somebody with such a name. */
const addOddRequest = async () => {
  const { candidate } = anApproval();
  const branch = `feature/${'long-'.repeat(40)}\u202eend`;
  const promotion = {
    commitMessage: SUBJECT,
    commitAuthor: NAME,
    branch,
    pushedBy: `arn:aws:iam::1:user/${NAME}`,
  };
  const commit = aReview().commits[0];
  if (commit === undefined) throw new Error('the sample has no commit');
  const odd = {
    ...commit,
    author: NAME,
    committer: `${NAME} too`,
    message: `${SUBJECT}\n\nWhy \u202eand how`,
  };
  await site.addQcRequest(
    { candidate: { ...candidate, branch }, review: aReview({ commits: [odd] }) },
    promotion,
  );
  await site.ledger.addDenial({
    promotionId: aPromotion().promotionId,
    approvalId: 'qc-request-1',
    role: 'qc',
    person: { ...aPerson('dana'), name: NAME },
    reason: 'NotInRole',
    at: '2026-11-22T10:20:00.000Z',
  });
};

const signInAs = async (page: Page, name: string) => {
  await page.goto(`${site.siteUrl}/`);
  await page.click(`button[value="${name}"]`);
  await page.waitForURL(`${site.siteUrl}/`);
};

const shownText = (page: Page): Promise<string> => page.evaluate('document.body.innerText');

const PAGES = ['/', '/promotions', '/approvals/qc-request-1', `/promotions/${aPromotion().promotionId}`];

it('long and misleading texts fit, are cut until asked for, and show what they hide, on every page', async () => {
  await addOddRequest();
  const { page } = await openBrowser();
  await signInAs(page, 'quinn');
  for (const path of PAGES) {
    await page.goto(`${site.siteUrl}${path}`);
    await prepareLook(page);
    const closed = await shownText(page);
    expect([path, closed]).toEqual([path, expect.stringContaining('Show all')]);
    expect([path, closed.includes('end-of-subject'), closed.includes('end-of-name')]).toEqual([
      path,
      false,
      false,
    ]);
    expect([path, /[\u202a-\u202e\u2066-\u2069]/.test(closed)]).toEqual([path, false]);
    for (const width of [1440, 320]) {
      await page.setViewportSize({ width, height: 900 });
      for (const isOpen of [false, true]) {
        await page.evaluate(
          `document.querySelectorAll('details').forEach((one) => { one.open = ${isOpen}; })`,
        );
        const fit = await fitOf(page, width);
        expect([path, width, isOpen, fit]).toEqual([path, width, isOpen, { overflow: 0, clipped: [] }]);
      }
      expect([path, width, await violationsOf(page)]).toEqual([path, width, []]);
    }
    const open = await shownText(page);
    for (const text of ['end-of-subject', 'end-of-name', '\\u202edne eht', '\\u2066Evil\\u202e'])
      expect([path, open]).toEqual([path, expect.stringContaining(text)]);
  }
});

it('what was opened in a list stays open when the page refreshes itself', async () => {
  await addOddRequest();
  const { page } = await openBrowser();
  await signInAs(page, 'quinn');
  await page.goto(`${site.siteUrl}/promotions`);
  await page.click('text=Show all of the subject');
  await page.click('.change-line >> text=Show all >> nth=1');
  expect(page.url()).toBe(`${site.siteUrl}/promotions`);
  await site.ledger.updatePromotion(aPromotion().promotionId, { redrives: 3 });
  await page.waitForSelector('text=redriven 3×');
  expect(await shownText(page)).toContain('end-of-subject');
  expect(await shownText(page)).toContain('end-of-name');
});

it('an operator stops a promotion in the browser, with a reason', async () => {
  await site.addQcRequest();
  const { page, problems } = await openBrowser();
  await signInAs(page, 'olga');
  const path = `/promotions/${aPromotion().promotionId}`;
  await page.goto(`${site.siteUrl}${path}`);
  await page.click('text=Stop the promotion…');
  await page.click('button.danger');
  // The browser asks for the reason itself.
  expect(site.stopped).toEqual([]);
  await page.fill('#reason', 'Wrong branch');
  await page.click('button.danger');
  await page.waitForURL(`${site.siteUrl}${path}`);
  expect(site.notedStops).toEqual([[aPromotion().promotionId, 'Wrong branch', 'olga']]);
  expect(site.stopped).toHaveLength(1);
  expect(problems).toEqual([]);
});
