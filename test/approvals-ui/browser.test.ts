import type { Page } from 'playwright-core';
import { stateNames } from '../../workflows/state-names.ts';
import { anApproval, aPromotion, aReview } from '../tasks/doubles/samples.ts';
import { openBrowser } from './support/browser.ts';
import { createHistory } from './support/history.ts';
import { untilPmo, untilProd } from './support/scene.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(120_000);

const PROMOTION = aPromotion();
const QC_PATH = '/approvals/qc-request-1';
const PMO_PATH = '/approvals/pmo-request-1';

let site: Awaited<ReturnType<typeof serveSite>>;
beforeEach(async () => {
  site = await serveSite();
  await site.addQcRequest();
});
afterEach(() => site.stop());

/** Opens a page of the site and signs in on the way. */
const openAs = async (page: Page, name: string, target: string) => {
  await page.goto(`${site.siteUrl}${target}`);
  await page.click(`button[value="${name}"]`);
  await page.waitForURL(`${site.siteUrl}${target}`);
};

/** QC has approved, and PMO is asked. */
const askPmo = async () => {
  site.executions.set(PROMOTION.executionArn, {
    ...(await readExecution()),
    events: untilPmo(createHistory(Date.parse(PROMOTION.startedAt))).events,
  });
  await site.ledger.addApproval(
    anApproval({
      approvalId: 'pmo-request-1',
      role: 'pmo',
      state: stateNames.pmoApproval,
      taskToken: 'pmo-token-1',
    }),
  );
};

const readExecution = async () => {
  const execution = site.executions.get(PROMOTION.executionArn);
  if (!execution) throw new Error('the scene has no execution');
  return execution;
};

describe.each([{ javaScriptEnabled: true }, { javaScriptEnabled: false }])('in a browser (%o)', (view) => {
  it('two people approve, each from the mailed link through sign-in', async () => {
    const { page, problems } = await openBrowser(view);
    await openAs(page, 'quinn', QC_PATH);
    await page.fill('textarea', 'Tested on QAT <b>');
    await page.click('button[value="approve"]');
    await page.waitForSelector('text=Approved as QC');
    expect(page.url()).toBe(`${site.siteUrl}${QC_PATH}`);
    expect(await page.textContent('.notice .comment')).toBe('Tested on QAT <b>');

    await askPmo();
    await page.click('text=Switch');
    await page.click('button[value="parker"]');
    await page.goto(`${site.siteUrl}/`);
    await page.click('text=Show the cart');
    await page.click('button[value="approve"]');
    await page.waitForSelector('text=Approved as PMO');
    expect(site.told.map(({ output }) => output)).toEqual([
      expect.objectContaining({ decision: 'approve', decidedBy: 'quinn' }),
      expect.objectContaining({ decision: 'approve', decidedBy: 'parker' }),
    ]);
    expect(problems).toEqual([]);
  });

  it('a member hands the role over, and the substitute approves', async () => {
    const { page, problems } = await openBrowser(view);
    await openAs(page, 'quinn', '/absences');
    await page.fill('#substitute', 'olga');
    await page.fill('#last', '2026-12-24');
    await page.fill('#reason', 'Holiday <b>');
    await page.click('text=Hand over');
    await page.waitForSelector('text=End it and decide as QC again');
    expect(await page.textContent('.row')).toContain('Holiday <b>');
    await page.click('text=Switch');
    await page.click('button[value="olga"]');
    await page.goto(`${site.siteUrl}/`);
    await page.click('text=Show the cart');
    expect(await page.textContent('#for')).toContain('You decide for quinn');
    await page.click('button[value="approve"]');
    await page.waitForSelector('text=Approved as QC');
    expect(await page.textContent('.notice')).toContain('olga for quinn (absent until 25 Dec 2026');
    expect(problems).toEqual([]);
  });

  it('the same person is denied the second approval, with the reason', async () => {
    const { page } = await openBrowser(view);
    await openAs(page, 'sam', QC_PATH);
    await page.click('button[value="approve"]');
    await page.waitForSelector('text=Approved as QC');
    await askPmo();
    await page.goto(`${site.siteUrl}${PMO_PATH}`);
    await page.click('button[value="approve"]');
    await page.waitForSelector('[data-reason="ApproversMustDiffer"]');
    expect(await page.textContent('[data-reason="ApproversMustDiffer"]')).toContain(
      'Another member of PMO must decide',
    );
    expect(site.told).toHaveLength(1);
    expect(await site.ledger.approvalById('pmo-request-1')).toMatchObject({ status: 'PENDING' });
  });

  it('a rejection is final, and shown to everybody', async () => {
    const { page } = await openBrowser(view);
    await openAs(page, 'quinn', QC_PATH);
    await page.click('button[value="reject"]');
    await page.waitForSelector('text=Rejected as QC');
    await page.click('text=Switch');
    await page.click('button[value="dana"]');
    await page.waitForSelector('.person-name:has-text("dana")');
    expect(await page.textContent('.notice')).toContain('quinn');
    expect(await page.locator('form[action$="/decision"]').count()).toBe(0);
  });

  it('an operator redrives', async () => {
    site.executions.set(PROMOTION.executionArn, {
      ...(await readExecution()),
      status: 'FAILED',
      redrivable: true,
      events: untilProd(createHistory(Date.parse(PROMOTION.startedAt)))
        .enter(stateNames.buildProdImage)
        .schedule()
        .taskFailed('ImageBuildFailed', 'the last lines of the log')
        .executionFailed('ImageBuildFailed').events,
    });
    const { page } = await openBrowser(view);
    await openAs(page, 'olga', `/promotions/${PROMOTION.promotionId}`);
    await page.click('text=Redrive from Build Prod image');
    await page.waitForURL(`${site.siteUrl}/promotions/${PROMOTION.promotionId}`);
    expect(site.redriven).toEqual([PROMOTION.executionArn]);
  });

  it('somebody with nothing to decide starts at what is live, and finds a promotion by its deployment', async () => {
    await site.ledger.updatePromotion(PROMOTION.promotionId, { deployments: { qat: 'd-QAT000001' } });
    const { page, problems } = await openBrowser(view);
    await openAs(page, 'dana', '/');
    expect(await page.textContent('h1')).toBe('What is live where');
    expect(await page.textContent('.live-next')).toContain('Show the cart is at QC approval, waits for QC');
    await page.fill('input[type="search"]', 'd-QAT000001');
    await page.press('input[type="search"]', 'Enter');
    await page.click('.row a');
    await page.waitForURL(`${site.siteUrl}/promotions/${PROMOTION.promotionId}`);
    await page.goto(`${site.siteUrl}/live`);
    await page.click('text=Releases');
    await page.waitForSelector('text=Releases of shop');
    expect(await page.textContent('[data-history="qat"]')).toContain('d-QAT000001');
    expect(problems).toEqual([]);
  });

  it('signing out ends it', async () => {
    const { page } = await openBrowser(view);
    await openAs(page, 'quinn', '/promotions');
    await page.click('text=Sign out');
    await page.waitForSelector('text=You are signed out');
    await page.goto(`${site.siteUrl}/promotions`);
    await page.waitForSelector('text=Who are you?');
  });
});

describe('a page that is followed live', () => {
  const target = `/promotions/${PROMOTION.promotionId}`;

  it('shows what happens without being loaded again, and keeps what is open', async () => {
    const { page, problems } = await openBrowser();
    site.executions.set(PROMOTION.executionArn, {
      ...(await readExecution()),
      events: createHistory(Date.parse(PROMOTION.startedAt))
        .enter(stateNames.buildQatImage)
        .schedule()
        .taskFailed('Busy', 'the cause')
        .schedule().events,
    });
    await page.clock.install();
    await openAs(page, 'dana', target);
    await page.click('summary');
    await page.evaluate('window.notReloaded = true');
    site.executions.set(PROMOTION.executionArn, {
      ...(await readExecution()),
      events: createHistory(Date.parse(PROMOTION.startedAt))
        .enter(stateNames.buildQatImage)
        .schedule()
        .taskFailed('Busy', 'the cause')
        .schedule()
        .exit(stateNames.buildQatImage)
        .enter(stateNames.pointQatAtImage)
        .schedule().events,
    });
    await page.clock.runFor(2000);
    await page.waitForSelector(`.node.is-running[data-state="${stateNames.pointQatAtImage}"]`);
    expect(await page.evaluate('window.notReloaded')).toBe(true);
    expect(await page.locator('details[open]').count()).toBe(1);
    expect(await page.textContent('#announcer')).toBe('Point QAT at image: running.');
    expect(problems).toEqual([]);
  });

  it('stops asking when the promotion has ended', async () => {
    const { page, requested } = await openBrowser();
    await page.clock.install();
    await openAs(page, 'dana', target);
    const execution = await readExecution();
    site.executions.set(PROMOTION.executionArn, {
      ...execution,
      status: 'SUCCEEDED',
      endedAt: execution.startedAt + 60_000,
      events: untilProd(createHistory(execution.startedAt)).succeeded().events,
    });
    await page.clock.runFor(2000);
    await page.waitForSelector('[data-refresh-ended]');
    expect(await page.textContent('.title-row')).toContain('Promoted');
    const soFar = requested.length;
    await page.clock.runFor(120_000);
    expect(requested.length).toBe(soFar);
  });
});

it('is used with the keyboard alone', async () => {
  const { page } = await openBrowser();
  await page.goto(`${site.siteUrl}${QC_PATH}`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${site.siteUrl}${QC_PATH}`);
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
  await page.keyboard.press('Enter');
  await page.focus('textarea');
  await page.keyboard.type('By keyboard');
  const focused = (what: string) => page.evaluate(`document.activeElement.${what}`);
  await page.keyboard.press('Tab');
  expect(await focused('textContent')).toBe('Deploy later');
  await page.keyboard.press('Tab');
  expect(await focused('value')).toBe('approve');
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Approved as QC');
  expect(site.told).toHaveLength(1);
});

it('shows script from outside as text', async () => {
  const evil = '<script>alert(1)</script><img src=x onerror="alert(2)">';
  const [commit] = aReview().commits;
  if (!commit) throw new Error('the sample has no commit');
  await site.addQcRequest(
    {
      approvalId: 'evil',
      promotionId: 'evil',
      application: evil,
      candidate: { ...anApproval().candidate, application: evil, branch: evil, pushedBy: evil },
      review: aReview({
        commits: [{ ...commit, author: evil, committer: `${evil}2`, message: `${evil}\n\n${evil}` }],
        files: [{ path: evil, change: 'added' }],
        untriedHooks: [{ name: 'AfterBlockTraffic', files: [evil] }],
        appSpecWarnings: [evil],
        gaps: [evil],
      }),
    },
    {
      promotionId: 'evil',
      executionArn: 'arn:evil',
      application: evil,
      branch: evil,
      commitMessage: evil,
      commitAuthor: evil,
      commitAuthorEmail: evil,
    },
  );
  const { page, problems } = await openBrowser();
  const dialogs: string[] = [];
  page.on('dialog', async (dialog) => {
    dialogs.push(dialog.message());
    await dialog.dismiss();
  });
  await openAs(page, 'quinn', '/approvals/evil');
  await page.fill('textarea', evil);
  await page.click('button[value="approve"]');
  await page.waitForSelector('text=Approved as QC');
  expect(await page.textContent('.notice .comment')).toBe(evil);
  expect(await page.textContent('.commits strong')).toBe(evil);
  expect(await page.textContent('h1')).toBe(evil);
  for (const target of ['/', '/promotions', '/promotions/evil']) {
    await page.goto(`${site.siteUrl}${target}`);
    expect(await page.locator('main script, main img').count()).toBe(0);
  }
  expect({ dialogs, problems }).toEqual({ dialogs: [], problems: [] });
});
