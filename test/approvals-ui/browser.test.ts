import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { stateNames } from '../../workflows/state-names.ts';
import { launchChromium, type View } from '../support/chromium.ts';
import { anApproval, aPromotion } from '../tasks/doubles/samples.ts';
import { createHistory } from './support/history.ts';
import { untilPmo, untilProd, untilQc } from './support/scene.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(120_000);

const axeSource = fs.readFileSync(
  path.join(path.dirname(createRequire(path.resolve('package.json')).resolve('axe-core')), 'axe.min.js'),
  'utf8',
);
const PROMOTION = aPromotion();
const QC_PATH = '/approvals/qc-request-1';
const PMO_PATH = '/approvals/pmo-request-1';

let site: Awaited<ReturnType<typeof serveSite>>;
beforeEach(async () => {
  site = await serveSite();
  await site.addQcRequest();
});
afterEach(() => site.stop());

const contexts = new Map<string, BrowserContext>();
afterAll(async () => {
  for (const context of contexts.values()) await context.close();
});

/** A browser that nobody has signed in on, which reports what went wrong in it and where it asked for things. */
const openBrowser = async (view: View = {}) => {
  const key = JSON.stringify(view);
  const context = contexts.get(key) ?? (await launchChromium(view));
  contexts.set(key, context);
  await context.clearCookies();
  for (const old of context.pages().slice(1)) await old.close();
  const page = await context.newPage();
  const problems: string[] = [];
  const requested: URL[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => requested.push(new URL(request.url())));
  return { page, problems, requested };
};

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

  it('the same person is refused on the second approval, with the reason', async () => {
    const { page } = await openBrowser(view);
    await openAs(page, 'sam', QC_PATH);
    await page.click('button[value="approve"]');
    await page.waitForSelector('text=Approved as QC');
    await askPmo();
    await page.goto(`${site.siteUrl}${PMO_PATH}`);
    await page.click('button[value="approve"]');
    await page.waitForSelector('[data-reason="ApproversMustDiffer"]');
    expect(await page.textContent('[data-reason="ApproversMustDiffer"]')).toContain(
      'somebody else must decide',
    );
    expect(site.told).toHaveLength(1);
    expect(await site.ledger.approvalById('pmo-request-1')).toMatchObject({ status: 'PENDING' });
  });

  it('a refusal is final, and shown to everybody', async () => {
    const { page } = await openBrowser(view);
    await openAs(page, 'quinn', QC_PATH);
    await page.click('button[value="refuse"]');
    await page.waitForSelector('text=Refused as QC');
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
    await page.waitForSelector('[data-live-ended]');
    expect(await page.textContent('.title-row')).toContain('Promoted');
    const soFar = requested.length;
    await page.clock.runFor(120_000);
    expect(requested.length).toBe(soFar);
  });
});

describe.each([360, 1440])('at %d pixels', (width) => {
  it.each(['light', 'dark'] as const)(
    'every page in %s is accessible, fits, and is small',
    async (colorScheme) => {
      await site.addPromotion(
        {
          promotionId: 'failed',
          executionArn: 'arn:failed',
          status: 'FAILED',
          commitMessage: `Long ${'and unbroken'.repeat(20)}`,
          application: 'an-application-with-a-rather-long-name',
        },
        (history) => untilQc(history).taskTimedOut().executionFailed('States.Timeout'),
      );
      await site.ledger.addRefusal({
        promotionId: PROMOTION.promotionId,
        approvalId: 'qc-request-1',
        role: 'qc',
        person: { subject: 'sub-of-olga', name: 'olga', verifiedEmail: '' },
        reason: 'NotInRole',
        at: '2026-11-22T10:11:00.000Z',
      });
      const { page, problems, requested } = await openBrowser({ width, colorScheme });
      await page.goto(`${site.siteUrl}/`);
      const seen = [await look(page, width)];
      await page.click('button[value="sam"]');
      await page.waitForURL(`${site.siteUrl}/`);
      for (const target of [
        '/',
        QC_PATH,
        '/promotions',
        `/promotions/${PROMOTION.promotionId}`,
        '/promotions/failed',
        '/signed-out',
        '/nothing',
      ]) {
        await page.goto(`${site.siteUrl}${target}`);
        seen.push(await look(page, width));
      }
      await page.goto(`${site.siteUrl}${QC_PATH}`);
      await page.click('button[value="approve"]');
      seen.push(await look(page, width));
      for (const { violations, overflow, bytes, clipped } of seen) {
        expect({ violations, overflow, clipped }).toEqual({ violations: [], overflow: 0, clipped: [] });
        expect(bytes).toBeLessThan(60_000);
      }
      // The page that is not found is reported by the browser itself.
      expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
      expect([...new Set(requested.map(({ hostname }) => hostname))]).toEqual(['127.0.0.1']);
    },
  );
});

/** What is wrong with a page, its weight with everything that it loads, and labels that leave their nodes. */
const look = async (page: Page, width: number) => {
  const result = (await page.evaluate(`${axeSource}; axe.run()`)) as {
    passes: unknown[];
    violations: { id: string; nodes: { target: string[] }[] }[];
  };
  expect(result.passes.length).toBeGreaterThan(5);
  return {
    violations: result.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' '))}`,
    ),
    overflow: Math.max(0, ((await page.evaluate('document.documentElement.scrollWidth')) as number) - width),
    bytes: (await page.evaluate(
      `['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
        .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)`,
    )) as number,
    clipped: (await page.evaluate(
      `[...document.querySelectorAll('.node')].filter((node) => {
        const box = node.querySelector('rect').getBoundingClientRect();
        return [...node.querySelectorAll('text')].some((text) => text.getBoundingClientRect().right > box.right - 2);
      }).map((node) => node.dataset.state)`,
    )) as string[],
  };
};

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
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.value')).toBe('approve');
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Approved as QC');
  expect(site.told).toHaveLength(1);
});
