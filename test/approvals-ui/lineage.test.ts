import type { Page } from 'playwright-core';
import { addRelease, keepImages, makeLive } from '../tasks/lineage/live-images.ts';
import { aFinding } from '../tasks/vulnerabilities/sample-findings.ts';
import { fitOf, openBrowser, prepareLook, violationsOf } from './support/browser.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(120_000);

const COMMIT = '1a2b3c4d'.repeat(5);
const openssl = [{ name: 'openssl', version: '1:3.2.2-1.amzn2023.0.1' }];
const old = [
  { name: 'openssl', version: '1:3.0.8-1.amzn2023.0.21' },
  { name: 'openssl-libs', version: '1:3.0.8-1.amzn2023.0.21' },
];

let site: Awaited<ReturnType<typeof serveSite>>;
beforeEach(async () => {
  site = await serveSite({ applications: ['shop', 'billing'] });
  const { ledger, documents } = site;
  await addRelease(
    ledger,
    documents,
    { commitMessage: 'Keep the cart' },
    { qat: {}, prod: { packages: old } },
  );
  const live = await addRelease(
    ledger,
    documents,
    {
      promotionId: 'live',
      commitId: COMMIT,
      commitMessage: 'Sort <articles>',
      startedAt: '2026-11-21T10:00:00.000Z',
      endedAt: '2026-11-21T12:00:00.000Z',
      images: { qat: 'ami-0qat', prod: 'ami-0prod' },
      deployments: { qat: 'd-QAT1', prod: 'd-PROD1' },
    },
    { qat: { packages: openssl, findings: [] }, prod: { packages: openssl, findings: [aFinding()] } },
  );
  const billing = await addRelease(
    ledger,
    documents,
    {
      promotionId: 'billing-1',
      application: 'billing',
      commitMessage: 'Round amounts',
      images: { qat: 'ami-0bqat', prod: 'ami-0billing' },
      deployments: { qat: 'd-BQAT', prod: 'd-BPROD' },
    },
    { qat: {}, prod: { packages: old } },
  );
  await makeLive(ledger, live);
  await makeLive(ledger, billing, ['prod']);
  await keepImages(ledger, 'shop', ['ami-a', 'ami-0prod']);
  const instance = {
    instanceId: 'i-0a1b2c3d4e5f60718',
    state: 'serves',
    imageId: 'ami-0prod',
    drift: [],
  } as const;
  await ledger.replaceEnvironmentStatus(undefined, {
    application: 'shop',
    environment: 'prod',
    at: '2026-11-22T10:29:00.000Z',
    region: 'us-east-1',
    release: { promotionId: 'live', commitId: COMMIT, imageId: 'ami-0prod', deploymentId: 'd-PROD1' },
    unread: [],
    instances: [instance, { ...instance, instanceId: 'i-0b1c2d3e4f5061728' }],
    unlisted: 0,
    alarms: [],
    told: [],
  });
});
afterEach(() => site.stop());

const signIn = async (page: Page) => {
  await page.goto(`${site.siteUrl}/live`);
  await page.click('button[value="dana"]');
  await page.waitForSelector('text=What is live where');
};
const ask = async (page: Page, text: string) => {
  await page.fill('input[type="search"]', text);
  await page.press('input[type="search"]', 'Enter');
  await page.waitForSelector('#lineage');
};
const textOf = async (page: Page, selector: string) =>
  (await page.locator(selector).first().innerText()).replace(/\s+/g, ' ');
const cards = async (page: Page) =>
  page.locator('[data-lineage]').evaluateAll((found) => found.map((one) => one.getAttribute('data-lineage')));

it.each([{ javaScriptEnabled: true }, { javaScriptEnabled: false }])(
  'everybody who may sign in asks where a package is live, in the search field (%o)',
  async (view) => {
    const { page, problems } = await openBrowser(view);
    await signIn(page);
    await ask(page, 'openssl 3.2.2');
    expect(await cards(page)).toEqual(['shop qat', 'shop prod']);
    expect(await textOf(page, '.lineage')).toContain(
      'Package openssl 3.2.2 is live in 2 of 3 environments that were looked at. The one earlier release that Prod can go back to does not have it. The live images have openssl 1:3.0.8-1.amzn2023.0.21 and openssl-libs 1:3.0.8-1.amzn2023.0.21 as well.',
    );
    const prod = await textOf(page, '[data-lineage="shop prod"]');
    for (const fact of [
      'Has openssl 1:3.2.2-1.amzn2023.0.1',
      'Since 21 Nov 2026, 12:00 UTC',
      'Promotion Sort <articles>',
      'Approved by quinn (QC), parker (PMO)',
      'Commit 1a2b3c4d',
      'Image ami-0prod',
      'Deployment d-PROD1',
      'i-0a1b2c3d4e5f60718 serves',
    ])
      expect(prod).toContain(fact);
    // Only images have a version of a package: no promotions are searched for one.
    expect(await page.locator('.searched').count()).toBe(0);

    await ask(page, 'openssl');
    expect(await cards(page)).toEqual(['shop qat', 'shop prod', 'billing prod']);
    expect(await textOf(page, '[data-earlier]')).toContain('Keep the cart shop');
    await page.click('[data-lineage="shop prod"] a');
    await page.waitForURL(`${site.siteUrl}/promotions/live`);
    expect(problems).toEqual([]);
  },
);

it('a vulnerability is told with severity and packages, and each image that was not scanned by name', async () => {
  const { page } = await openBrowser();
  await signIn(page);
  await ask(page, 'CVE-2026-1');
  expect(await cards(page)).toEqual(['shop prod']);
  expect(await textOf(page, '[data-lineage="shop prod"]')).toContain(
    'CVE-2026-1 (critical) in openssl 1:3.0.8-1, fixed in 1:3.0.9-1',
  );
  expect(await textOf(page, '.lineage > .gaps')).toContain(
    'Prod of billing: ami-0billing was not scanned when it was built.',
  );
});

it('what nothing has is told with what was looked at; a name is a guess, and searched for among promotions', async () => {
  const { page } = await openBrowser();
  await signIn(page);
  await ask(page, 'nginx 1.26.2');
  expect(await textOf(page, '.lineage')).toContain(
    'Package nginx 1.26.2 is live in none of 3 environments that were looked at.',
  );
  site.documents.clear();
  await ask(page, 'quinn');
  expect(await textOf(page, '.lineage')).toContain('No environment could be looked at.');
  expect(await page.locator('.lineage > .gaps').count()).toBe(0);
  await page.click('text=not looked at, or not certain');
  expect(await textOf(page, '.gaps')).toContain(
    'Prod of shop: the evidence bucket does not have the contents of ami-0prod.',
  );
  expect(await textOf(page, '.row')).toContain('Found by: approved as QC');
});

it.each(['openssl', 'CVE-2026-1', 'i-0a1b2c3d4e5f60718', 'ami-0nothing', 'quinn'])(
  'the answer about %s is accessible, fits and is small, in light and dark, narrow and wide',
  async (text) => {
    const { page } = await openBrowser();
    await signIn(page);
    await ask(page, text);
    for (const summary of await page.locator('summary').all()) await summary.click();
    const bytes = await prepareLook(page);
    expect(bytes).toBeLessThan(60_000);
    for (const [width, colorScheme] of [
      [1440, 'light'],
      [320, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      expect(await violationsOf(page)).toEqual([]);
      expect(await fitOf(page, width)).toEqual({ overflow: 0, clipped: [] });
      if (process.env.LOOK)
        await page.screenshot({ path: `/tmp/lineage-${text}-${width}.png`, fullPage: true });
    }
  },
);
