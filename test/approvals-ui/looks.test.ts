import path from 'node:path';
import type { Page } from 'playwright-core';
import { markBad } from '../../tasks/marks/mark-bad.ts';
import { anImageRequest, aProdBuild, aProdImage } from '../tasks/doubles/image-approval.ts';
import { aMarking, anApproval, aPromotion, aRelease } from '../tasks/doubles/samples.ts';
import {
  fitOf,
  openBrowser,
  prepareLook,
  type Typeface,
  useTypeface,
  violationsOf,
  widthOfText,
  writeScreenshot,
  writesScreenshots,
} from './support/browser.ts';
import { commits, type Name, requestId } from './support/lifelike.ts';
import { gateFailure, prodImageDiffers, prodImagePackages } from './support/lifelike-image.ts';
import { fillScene } from './support/lifelike-scene.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(480_000);

const docs = path.resolve('docs');

let site: Awaited<ReturnType<typeof serveSite>>;
beforeEach(async () => {
  site = await serveSite({ applications: ['shop', 'billing'] });
  await fillScene(site);
});
afterEach(() => site.stop());

const approval = (name: Name, role?: 'qc' | 'pmo') => `/approvals/${requestId(name, role)}`;
const promotion = (name: Name) => `/promotions/${encodeURIComponent(commits[name].promotionId)}`;

/** Looked at in every width with every colour scheme; the other states of a page in light and wide, dark and narrow. */
const mainPages = ['sign-in', 'live', 'approvals', 'approval', 'promotions', 'promotion'];

/** Pages by the name of their screenshot, for somebody who is in both groups. */
const pages: Readonly<Record<string, string>> = {
  live: '/live',
  releases: '/releases/shop',
  search: '/search?q=dana',
  'search-nothing': '/search?q=ami-0123',
  approvals: '/',
  approval: approval('open'),
  'approval-approved': approval('running'),
  'approval-rejected': approval('rejected'),
  'approval-expired': approval('expired'),
  'approval-withdrawn': approval('superseded'),
  'approval-changed': approval('changed'),
  'approval-own-change': approval('own'),
  'approval-pmo': approval('pmo', 'pmo'),
  absences: '/absences',
  promotions: '/promotions',
  promotion: promotion('running'),
  'promotion-failed': promotion('failed'),
  'promotion-long': promotion('long'),
  'promotion-superseded': promotion('superseded'),
  'promotion-waiting': promotion('waiting'),
  'signed-out': '/signed-out',
  'not-found': '/nothing',
};

/** How each page is looked at: wide, and as narrow as a telephone. */
const views = ([1440, 320] as const).flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

const signIn = async (page: Page) => {
  await page.goto(`${site.siteUrl}/`);
  await page.click('button[value="sam"]');
  await page.waitForURL(`${site.siteUrl}/`);
};

const open = async (page: Page, target: string) => {
  await page.goto(`${site.siteUrl}${target}`);
  for (const closed of await page.locator('summary').all()) await closed.click();
};

it('has only pages that are accessible, fit and are small, in light and dark, narrow and wide', async () => {
  const { page, problems, requested } = await openBrowser();
  const seen: Record<string, unknown>[] = [];
  const see = async (name: string) => {
    const bytes = await prepareLook(page);
    for (const { width, colorScheme } of views) {
      if (!mainPages.includes(name) && (width === 1440) !== (colorScheme === 'light')) continue;
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      const violations = await violationsOf(page);
      seen.push({
        name,
        width,
        colorScheme,
        violations,
        ...(await fitOf(page, width)),
        isSmall: bytes < 60_000,
      });
      await keep(page, `${name}${width < 1000 ? '-narrow' : ''}${colorScheme === 'dark' ? '-dark' : ''}`);
    }
  };
  await page.goto(`${site.siteUrl}/`);
  await see('sign-in');
  await signIn(page);
  for (const [name, target] of Object.entries(pages)) {
    await open(page, target);
    await see(name);
  }
  await page.goto(`${site.siteUrl}${approval('own')}`);
  await page.click('button[value="approve"]');
  await see('decision-denied');
  site.advance(16 * 60_000);
  await page.goto(`${site.siteUrl}${approval('open')}`);
  await see('sign-in-again');
  await page.click('text=Switch');
  await page.click('button[value="dana"]');
  await page.goto(`${site.siteUrl}${approval('open')}`);
  await see('approval-not-for-you');
  await page.goto(`${site.siteUrl}/approvals`);
  await see('approvals-none');
  await page.goto(`${site.siteUrl}/signed-in?error=access_denied&state=unknown`);
  await see('sign-in-problem');

  await page.goto(`${site.siteUrl}/`);
  await page.click('text=Switch');
  await page.click('button[value="olga"]');
  await page.waitForURL(`${site.siteUrl}/`);
  await open(page, promotion('running'));
  await see('promotion-operator');
  await page.click('text=Stop the promotion…');
  await see('promotion-stop');

  await freeze();
  await open(page, '/calendar');
  await see('calendar');
  await open(page, promotion('waiting'));
  await see('promotion-frozen');
  await page.click('text=Ask to go on during the freeze…');
  await see('promotion-override');
  await page.fill('textarea', 'The cart loses items; this is the fix.');
  await page.click('button:has-text("Ask to go on")');
  await page.goto(`${site.siteUrl}/`);
  await page.click('text=Switch');
  await page.click('button[value="sam"]');
  await page.goto(`${site.siteUrl}${promotion('waiting')}`);
  await see('promotion-override-decision');
  await page.goto(`${site.siteUrl}/live`);
  await see('live-frozen');

  await page.goto(`${site.siteUrl}/`);
  await page.click('text=Switch');
  await page.click('button[value="olga"]');
  const earlier = { promotionId: 'shop-5f3c2a9d1e77-earlier', commitMessage: 'Keep the cart between visits' };
  await site.ledger.addPromotion(aRelease(earlier));
  await page.goto(`${site.siteUrl}/promotions/${earlier.promotionId}/go-back`);
  await see('go-back');
  await page.goto(`${site.siteUrl}${promotion('live')}/mark-bad`);
  await see('mark-bad');
  const { application, commitId } = commits.live;
  await markBad(
    site.ledger,
    { application, commitId },
    aMarking({ reason: 'Orders are lost when the cart is changed during payment' }),
  );
  await page.goto(`${site.siteUrl}${promotion('live')}`);
  await see('promotion-bad');
  await page.goto(`${site.siteUrl}/live`);
  await see('live-bad');

  const scanned = 'shop-0d5a7c1f0be8-scanned';
  await site.ledger.addPromotion(
    aPromotion({ promotionId: scanned, status: 'FAILED', error: 'ImageGateFailed', cause: gateFailure }),
  );
  await page.goto(`${site.siteUrl}/promotions/${scanned}`);
  await see('promotion-gate');
  await page.click('text=Accept a vulnerability…');
  await see('accept-finding');

  await site.ledger.addApproval(await imageRequest());
  await page.goto(`${site.siteUrl}/`);
  await page.click('text=Switch');
  await page.click('button[value="sam"]');
  await open(page, '/approvals/image-request');
  await see('approval-image');

  const nothingWrong = { violations: [], overflow: 0, clipped: [], isSmall: true };
  const other = Object.keys(pages).length + 20 - mainPages.length;
  expect(seen).toHaveLength(mainPages.length * views.length + other * 2);
  expect(seen).toEqual(
    seen.map(({ name, width, colorScheme }) => ({ name, width, colorScheme, ...nothingWrong })),
  );
  // Pages that are not found, and denials, are reported by the browser itself.
  expect(problems.filter((problem) => !/40[034]/.test(problem))).toEqual([]);
  expect([...new Set(requested.map(({ hostname }) => hostname))]).toEqual(['127.0.0.1']);
});

/** A configured calendar and a freeze that somebody declared; the promotion that waits has been asked about before. */
async function freeze() {
  const { ledger } = site;
  const berlin = { timeZone: 'Europe/Berlin', environments: ['qat', 'prod'] } as const;
  await ledger.noteCalendar('shop', {
    freezes: [
      { name: 'Weekend', from: 'Fri 16:00', until: 'Mon 07:00', ...berlin },
      { name: 'Year-end close', from: '2026-12-14 18:00', until: '2027-01-04 07:00', ...berlin },
    ],
    windows: [],
  });
  await ledger.noteCalendar('billing', {
    freezes: [],
    windows: [
      {
        name: 'Tuesdays',
        from: 'Tue 09:00',
        until: 'Tue 16:00',
        timeZone: 'America/New_York',
        environments: ['prod'],
      },
    ],
  });
  const declared = {
    application: 'shop',
    environments: ['prod', 'qat'],
    declaredBy: { type: 'person', subject: 'sub-of-olga', name: 'olga', verifiedEmail: 'olga@example.com' },
    from: '2026-11-22T09:00:00.000Z',
  } as const;
  await ledger.addDeclaredFreeze({
    ...declared,
    freezeId: 'f1',
    reason: 'Incident 42: the payment provider answers slowly',
    until: '2026-11-23T18:00:00.000Z',
  });
  await ledger.addDeclaredFreeze({
    ...declared,
    freezeId: 'f0',
    from: '2026-11-19T09:00:00.000Z',
    reason: 'Load test',
    until: '2026-11-19T18:00:00.000Z',
    ended: { at: '2026-11-19T12:00:00.000Z', by: declared.declaredBy, reason: 'It is done' },
  });
  const { promotionId } = commits.waiting;
  await ledger.addApproval(anApproval({ promotionId, approvalId: 'asked-before', status: 'EXPIRED' }));
}

/** QC is asked about a Prod image, of a promotion that both roles have approved. */
async function imageRequest() {
  const { promotionId } = commits.running;
  const before = await site.ledger.latestApproval(promotionId, 'qc');
  if (before === undefined) throw new Error('QC was not asked about the change');
  await site.ledger.addJob(aProdBuild({}, { promotionId, attempt: 9, startedAt: before.requestedAt }));
  return anImageRequest({
    promotionId,
    approvalId: 'image-request',
    candidate: { ...before.candidate, prodImage: { ...aProdImage, differs: prodImageDiffers } },
    review: { ...before.review, prodImagePackages },
    requestedAt: new Date(site.now()).toISOString(),
    expiresAt: new Date(site.now() + 7 * 86_400_000).toISOString(),
  });
}

/** A page in each font, and how much wider a line is than in the font that comes with this machine. */
const typefaces: readonly (readonly [Typeface, (ratio: number) => boolean])[] = [
  ['narrow', (ratio) => ratio < 0.95],
  ['wide', (ratio) => ratio > 1.15],
  ['large', (ratio) => ratio > 1.9 && ratio < 2.1],
];

it.each(typefaces)('fits in %s letters, on paper too', async (typeface, isSo) => {
  const { page } = await openBrowser();
  await signIn(page);
  const seen: Record<string, unknown>[] = [];
  for (const name of mainPages.filter((one) => pages[one] !== undefined)) {
    await open(page, pages[name] ?? '');
    const usual = await widthOfText(page);
    await useTypeface(page, typeface);
    expect(isSo((await widthOfText(page)) / usual)).toBe(true);
    for (const width of [1440, 320]) {
      for (const media of ['screen', 'print'] as const) {
        await page.emulateMedia({ media });
        await page.setViewportSize({ width, height: 900 });
        seen.push({ name, width, media, ...(await fitOf(page, width)) });
      }
    }
    await page.emulateMedia({ media: 'screen' });
  }
  expect(seen.filter(({ overflow, clipped }) => overflow !== 0 || String(clipped) !== '')).toEqual([]);
});

it("lets the text of the graph grow with the reader's font size", async () => {
  const { page } = await openBrowser();
  await signIn(page);
  await page.goto(`${site.siteUrl}${promotion('running')}`);
  const size = (): Promise<number> =>
    page.evaluate('parseFloat(getComputedStyle(document.querySelector(".node-name")).fontSize)');
  const usual = await size();
  await useTypeface(page, 'large');
  expect(await size()).toBeCloseTo(usual * 2);
});

/** Screenshots of every page at full width in light, and of the main ones otherwise. */
const keep = async (page: Page, name: string): Promise<void> => {
  const isKept =
    !/-(narrow|dark|long|nothing|gate)/.test(name) ||
    /^(live|approval|approvals|promotion)-(narrow-dark|dark)$/.test(name);
  if (!writesScreenshots || !isKept) return;
  // The whole of the main pages; of the others, what one sees first.
  const fullPage = /^(live|releases|approval|promotions?)(-narrow)?(-dark)?$/.test(name);
  await writeScreenshot(page, path.join(docs, 'screenshots', `${name}.png`), fullPage);
  if (name !== 'promotion') return;
  await page.setViewportSize({ width: 1200, height: 900 });
  await writeScreenshot(page, path.join(docs, 'promotion.png'), true);
};
