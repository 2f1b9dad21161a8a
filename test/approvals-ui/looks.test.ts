import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { Approval } from '../../tasks/ledger/items.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { anApproval, aPerson, aPromotion, aReview, aWaiter } from '../tasks/doubles/samples.ts';
import { look, openBrowser, prepareLook } from './support/browser.ts';
import { untilProd, untilQc } from './support/scene.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(240_000);

/** Set to any value, the tests write what they see to docs/screenshots. */
const writesScreenshots = (process.env.SCREENSHOTS ?? '') !== '';
const directory = path.resolve('docs/screenshots');

let site: Awaited<ReturnType<typeof serveSite>>;
beforeEach(async () => {
  site = await serveSite();
});
afterEach(() => site.stop());

const review = aReview({
  qatUrl: 'http://127.0.0.1:8080',
  images: {
    qat: {
      imageId: 'ami-0123456789abcdef0',
      recipe: 'shop 1.2.0',
      parentImage: 'amazon-linux-2023-x86 x.x.x',
      components: ['security-updates 1.0.0', 'runtime-nodejs 1.1.0', 'codedeploy-agent 1.0.0'],
    },
    prod: {
      imageId: 'ami-0fedcba9876543210',
      recipe: 'shop 1.1.0',
      parentImage: 'amazon-linux-2023-x86 x.x.x',
      components: ['security-updates 1.0.0', 'runtime-nodejs 1.0.0', 'codedeploy-agent 1.0.0'],
    },
  },
  files: Array.from({ length: 12 }, (_, index) => ({
    path: `src/a/rather/deep/folder/with-long-names/component-number-${index}.mjs`,
    change: (['added', 'changed', 'removed'] as const)[index % 3] ?? 'added',
  })),
  fileCount: { added: 4, changed: 4, removed: 4 },
});

/** A request of a promotion of its own, with what it ran through. */
const addRequest = async (name: string, change: Partial<Approval> = {}) => {
  await site.addQcRequest(
    { approvalId: name, promotionId: `of-${name}`, review, ...change },
    { promotionId: `of-${name}`, executionArn: `arn:${name}`, commitMessage: 'Show the cart' },
  );
  await site.ledger.addJob({
    promotionId: `of-${name}`,
    application: 'shop',
    state: stateNames.buildQatImage,
    attempt: 1,
    kind: 'image-build',
    parameters: {},
    clientToken: 'c',
    taskToken: 't',
    stateAttempt: 0,
    status: 'SUCCEEDED',
    startedAt: '2026-11-22T10:00:01.000Z',
    endedAt: '2026-11-22T10:00:42.000Z',
  });
};

const imageFailure = [
  'shop-prod 1.2.0/3: the phase validate failed at the step "agent": exit code 1.',
  'Last lines of its log:',
  '  + systemctl is-enabled codedeploy-agent',
  '  Failed to get unit file state for codedeploy-agent.service: No such file or directory',
].join('\n');

/** Everything that the pages may have to show. */
const fill = async () => {
  const decidedAt = '2026-11-22T10:22:00.000Z';
  const { live } = review;
  await site.addPromotion(
    {
      promotionId: live?.promotionId ?? '',
      executionArn: 'arn:live',
      commitId: live?.commitId ?? '',
      commitMessage: 'Sort articles by price',
      status: 'SUCCEEDED',
      startedAt: '2026-11-20T09:00:00.000Z',
      endedAt: '2026-11-20T10:04:00.000Z',
      deployments: { prod: 'd-PROD00001' },
    },
    (history) => untilProd(history).succeeded(),
  );
  await addRequest('open');
  await addRequest('approved', {
    status: 'APPROVED',
    decision: 'approve',
    decidedBy: aPerson('quinn'),
    decidedAt,
    comment: 'Tried the cart on QAT with 40 articles.',
  });
  await addRequest('denied', {
    status: 'REJECTED',
    decision: 'reject',
    decidedBy: aPerson('quinn'),
    decidedAt,
    comment: 'The sum is wrong.',
  });
  await addRequest('expired', { status: 'EXPIRED', expiresAt: '2026-11-22T10:20:00.000Z' });
  await addRequest('withdrawn', { status: 'WITHDRAWN', withdrawnBecause: 'The configuration has changed.' });
  await addRequest('changed', { review: { ...review, configurationVersion: 'c0ffee000000' } });
  await addRequest('own', { review: { ...review, makers: ['sam@example.com'] } });
  await addRequest('of-pmo', {
    role: 'pmo',
    state: stateNames.pmoApproval,
    review: { ...review, gaps: ['The image in Prod: ThrottlingException: try again'] },
  });
  const running = aPromotion({ promotionId: 'running', executionArn: 'arn:running' });
  await site.addPromotion(running, (history) =>
    untilProd(history).enter(stateNames.buildProdImage).schedule(),
  );
  await site.ledger.addApproval(
    anApproval({
      approvalId: 'running-qc',
      promotionId: 'running',
      status: 'APPROVED',
      decidedBy: aPerson('quinn'),
      decidedAt,
      comment: 'Tried on QAT.',
    }),
  );
  await site.addPromotion(
    {
      promotionId: 'failed',
      executionArn: 'arn:failed',
      status: 'FAILED',
      commitMessage: 'Ship from the nearest warehouse',
      startedAt: '2026-11-22T09:12:00.000Z',
      endedAt: '2026-11-22T09:40:00.000Z',
    },
    (history) =>
      untilProd(history)
        .enter(stateNames.buildProdImage)
        .schedule()
        .wait(240_000)
        .taskFailed('ImageBuildFailed', imageFailure)
        .executionFailed('ImageBuildFailed', imageFailure),
    { error: 'ImageBuildFailed', endedAt: Date.parse('2026-11-22T09:40:00.000Z') },
  );
  await site.addPromotion(
    {
      promotionId: 'long',
      executionArn: 'arn:long',
      status: 'FAILED',
      commitMessage: `Long ${'and unbroken'.repeat(20)}`,
      application: 'an-application-with-a-rather-long-name',
      startedAt: '2026-11-21T16:02:00.000Z',
      endedAt: '2026-11-21T16:30:00.000Z',
    },
    (history) => untilQc(history).taskTimedOut().executionFailed('States.Timeout'),
    { endedAt: Date.parse('2026-11-21T16:30:00.000Z') },
  );
  const qat = await site.ledger.lock('shop', 'qat');
  const { taskToken: _, ...holder } = aWaiter('of-open');
  const waiting = [aWaiter('waits', { since: '2026-11-22T10:24:00.000Z' })];
  await site.addPromotion(
    { promotionId: 'waits', executionArn: 'arn:waits', commitMessage: 'Round the sum to whole cents' },
    (history) => history.enter('Lock QAT').schedule(),
  );
  await site.ledger.replaceLock(qat, { ...qat, holder, waiting });
  await site.addPromotion(
    {
      promotionId: 'superseded',
      executionArn: 'arn:superseded',
      status: 'SUPERSEDED',
      cause: 'Superseded by the newer commit 8f0c9c1f (promotion running), which replaces it.',
      commitMessage: 'Try another colour',
      startedAt: '2026-11-22T09:50:00.000Z',
      endedAt: '2026-11-22T10:00:00.000Z',
    },
    (history) => untilQc(history).enter('Superseded', 'Fail').executionFailed('Superseded'),
    { error: 'Superseded' },
  );
  await site.ledger.addDenial({
    promotionId: 'running',
    approvalId: 'running-qc',
    role: 'qc',
    person: { subject: 'sub-of-olga', name: 'olga', verifiedEmail: '' },
    reason: 'NotInRole',
    at: '2026-11-22T10:11:00.000Z',
  });
};

/** Looked at in every width with every colour scheme; the other states of a page in light and wide, dark and narrow. */
const mainPages = ['sign-in', 'approvals', 'approval', 'promotions', 'promotion'];

/** Pages by the name of their screenshot, for somebody who is in both groups. */
const pages: Readonly<Record<string, string>> = {
  approvals: '/',
  approval: '/approvals/open',
  'approval-approved': '/approvals/approved',
  'approval-refused': '/approvals/refused',
  'approval-expired': '/approvals/expired',
  'approval-withdrawn': '/approvals/withdrawn',
  'approval-changed': '/approvals/changed',
  'approval-own-change': '/approvals/own',
  'approval-pmo': '/approvals/of-pmo',
  promotions: '/promotions',
  promotion: '/promotions/running',
  'promotion-failed': '/promotions/failed',
  'promotion-long': '/promotions/long',
  'promotion-waiting': '/promotions/waits',
  'signed-out': '/signed-out',
  'not-found': '/nothing',
};

/** How each page is looked at. */
const views = ([1440, 360] as const).flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

it('has only pages that are accessible, fit and are small, in light and dark, narrow and wide', async () => {
  await fill();
  const { page, problems, requested } = await openBrowser();
  const seen: Record<string, unknown>[] = [];
  const see = async (name: string) => {
    const bytes = await prepareLook(page);
    for (const { width, colorScheme } of views) {
      if (!mainPages.includes(name) && (width === 1440) !== (colorScheme === 'light')) continue;
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      seen.push({ name, width, colorScheme, ...(await look(page, width)), isSmall: bytes < 60_000 });
      await keep(page, `${name}${width < 1000 ? '-narrow' : ''}${colorScheme === 'dark' ? '-dark' : ''}`);
    }
  };
  await page.goto(`${site.siteUrl}/`);
  await see('sign-in');
  await page.click('button[value="sam"]');
  await page.waitForURL(`${site.siteUrl}/`);
  for (const [name, target] of Object.entries(pages)) {
    await page.goto(`${site.siteUrl}${target}`);
    for (const closed of await page.locator('summary').all()) await closed.click();
    await see(name);
  }
  await page.goto(`${site.siteUrl}/approvals/own`);
  await page.click('button[value="approve"]');
  await see('decision-refused');
  site.advance(16 * 60_000);
  await page.goto(`${site.siteUrl}/approvals/open`);
  await see('sign-in-again');
  await page.click('text=Switch');
  await page.click('button[value="dana"]');
  await page.goto(`${site.siteUrl}/approvals/open`);
  await see('approval-not-for-you');
  await page.goto(`${site.siteUrl}/`);
  await see('approvals-none');

  const nothingWrong = { violations: [], overflow: 0, clipped: [], isSmall: true };
  const other = Object.keys(pages).length + 5 - mainPages.length;
  expect(seen).toHaveLength(mainPages.length * views.length + other * 2);
  expect(seen).toEqual(
    seen.map(({ name, width, colorScheme }) => ({ name, width, colorScheme, ...nothingWrong })),
  );
  // Pages that are not found, and refusals, are reported by the browser itself.
  expect(problems.filter((problem) => !/40[34]/.test(problem))).toEqual([]);
  expect([...new Set(requested.map(({ hostname }) => hostname))]).toEqual(['127.0.0.1']);
});

/** Screenshots of every page at full width in light, and of the main ones otherwise. */
const keep = async (page: Page, name: string): Promise<void> => {
  const isKept =
    !/-(narrow|dark|long)/.test(name) || /^(approval|approvals|promotion)-(narrow-dark|dark)$/.test(name);
  if (!writesScreenshots || !isKept) return;
  fs.mkdirSync(directory, { recursive: true });
  // The whole of the main pages; of the others, what one sees first.
  const fullPage = /^(approval|promotion)(-narrow)?(-dark)?$/.test(name);
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: path.join(directory, `${name}.png`), fullPage });
};
