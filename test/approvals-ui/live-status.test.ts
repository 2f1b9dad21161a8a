import path from 'node:path';
import type { Page } from 'playwright-core';
import type { EnvironmentStatus } from '../../tasks/drift/environment-status.ts';
import { fitOf, openBrowser, prepareLook, violationsOf, writeScreenshot } from './support/browser.ts';
import { fillScene, liveStatus } from './support/lifelike-scene.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(240_000);

let site: Awaited<ReturnType<typeof serveSite>>;
beforeEach(async () => {
  site = await serveSite({ applications: ['shop', 'billing'] });
  await fillScene(site);
});
afterEach(() => site.stop());

const MINUTE = 60_000;

/** Changes what was seen of the shop's Prod. */
const see = async (change: Partial<EnvironmentStatus>) => {
  const before = await site.ledger.environmentStatus('shop', 'prod');
  await site.ledger.replaceEnvironmentStatus(before, { ...liveStatus(site.dependencies.now()), ...change });
};
/** Nobody changes Prod. */
const freeProd = async () => {
  const { holder: _, ...free } = await site.ledger.lock('shop', 'prod');
  await site.ledger.replaceLock({ ...free }, free);
};
const drifted = (): Partial<EnvironmentStatus> => {
  const now = site.dependencies.now();
  const { instances } = liveStatus(now);
  const [first, second] = instances;
  if (!first || !second) throw new Error('The scene has two instances.');
  return {
    instances: [
      {
        ...second,
        imageId: 'ami-0123456789abcdef0',
        drift: [
          'runs image ami-0123456789abcdef0, not ami-0fedcba9876543210',
          'runs a revision that no recent promotion deployed, by deployment d-HAND12345, not commit 6c6f6e67',
        ],
      },
      first,
    ],
    alarms: [
      {
        name: 'Lockstep-shop-ProdAlarmsErrors39E8C248-1B08002F467A',
        since: new Date(now - 7 * MINUTE).toISOString(),
        meaning:
          'Instances of shop have answered 5 requests or more with a server error within five minutes. See RUNBOOK.md#prod-answers-with-errors',
      },
    ],
    unread: ['The alarm checkout-errors does not exist.'],
  };
};

const signIn = async (page: Page) => {
  await page.goto(`${site.siteUrl}/`);
  await page.click('button[value="dana"]');
  await page.goto(`${site.siteUrl}/live`);
};
const textOf = async (page: Page, selector: string) =>
  ((await page.locator(selector).first().innerText()) ?? '').replace(/\s+/g, ' ');
const prod = '[data-application=shop] [data-live=prod]';

it('says that instances were looked at, and when', async () => {
  const { page } = await openBrowser();
  await signIn(page);
  const text = await textOf(page, prod);
  expect(text).toMatch(/Looked at on .* UTC: all 2 instances that serve run it\./);
  expect(text).not.toContain('has not looked at the instances since');
  expect(await page.locator('[data-status]').count()).toBe(0);
});

it('says that nobody looks any more after 15 minutes', async () => {
  await see({ at: new Date(site.dependencies.now() - 16 * MINUTE).toISOString() });
  const { page } = await openBrowser();
  await signIn(page);
  expect(await textOf(page, prod)).toContain(
    'That is more than 15 minutes ago: Lockstep does not look any more.',
  );
});

it('says why instances are not compared', async () => {
  const { release: _, ...rest } = liveStatus(site.dependencies.now());
  const before = await site.ledger.environmentStatus('shop', 'prod');
  await site.ledger.replaceEnvironmentStatus(before, {
    ...rest,
    notCompared: 'deployment d-1 is in progress',
  });
  const { page } = await openBrowser();
  await signIn(page);
  expect(await textOf(page, prod)).toContain(
    'no instance was compared, because deployment d-1 is in progress.',
  );
});

it('does not tell drift that was seen before the release was deployed', async () => {
  await see({ ...drifted(), at: '2020-01-01T00:00:00.000Z', alarms: [], unread: [] });
  const { page } = await openBrowser();
  await signIn(page);
  expect(await textOf(page, prod)).toContain('Lockstep has not looked at the instances since.');
  expect(await page.locator('[data-status]').count()).toBe(0);
});

it('shows drift with the remedy, alarms, and what could not be read, at every width, in light and dark', async () => {
  await freeProd();
  await see(drifted());
  for (const width of [1440, 320])
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, problems } = await openBrowser({ width, colorScheme });
      await signIn(page);
      expect(await textOf(page, `${prod} .chip`)).toBe('Drifted');
      expect(await textOf(page, `${prod} [data-status=drift]`)).toContain(
        'i-0b1c2d3e4f5061728 runs image ami-0123456789abcdef0, not ami-0fedcba9876543210 and runs a revision',
      );
      expect(await textOf(page, `${prod} [data-status=drift]`)).toContain(
        'Terminate the instances that differ, one after the other',
      );
      expect(await textOf(page, `${prod} [data-status=alarms]`)).toMatch(
        /An alarm is on Lockstep-shop-ProdAlarmsErrors\S+, since .* UTC · 7 min/,
      );
      expect(await textOf(page, `${prod} [data-status=unread]`)).toContain(
        'The alarm checkout-errors does not exist.',
      );
      await prepareLook(page);
      expect(await violationsOf(page)).toEqual([]);
      expect(await fitOf(page, width)).toEqual({ overflow: 0, clipped: [] });
      expect(problems).toEqual([]);
      const name = `live-drift${width < 1000 ? '-narrow' : ''}${colorScheme === 'dark' ? '-dark' : ''}.png`;
      const isKept = width > 1000 === (colorScheme === 'light') && (process.env.SCREENSHOTS ?? '') !== '';
      if (isKept) await writeScreenshot(page, path.join('docs/screenshots', name), true);
    }
});

it('tells no drift while a promotion changes Prod', async () => {
  await see(drifted());
  const { page } = await openBrowser();
  await signIn(page);
  expect(await textOf(page, `${prod} .chip`)).toBe('Changing');
  expect(await page.locator('[data-status=drift]').count()).toBe(0);
  expect(await page.locator('[data-status=alarms]').count()).toBe(1);
});

it('finds an instance that runs now, by its id, image or deployment', async () => {
  await see(drifted());
  const { page } = await openBrowser();
  await signIn(page);
  await page.fill('#q', 'i-0b1c2d3e');
  await page.press('#q', 'Enter');
  expect(await textOf(page, '[data-lineage="shop prod"]')).toContain('Looked at on');
  expect(await textOf(page, '[data-instance=i-0b1c2d3e4f5061728]')).toMatch(
    /^i-0b1c2d3e4f5061728 serves · drifted: it runs image ami-\w+, not ami-\w+; it runs a revision/,
  );
  // It runs another image than the release.
  await page.fill('#q', 'ami-0123456789abcdef0');
  await page.press('#q', 'Enter');
  expect(await textOf(page, '[data-lineage="shop prod"]')).toContain('Only the instances below have it.');
  expect(await page.locator('[data-instance]').count()).toBe(1);
});
