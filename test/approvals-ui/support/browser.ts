import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium, openProfile, type View } from '../../support/chromium.ts';

const axeSource = fs.readFileSync(
  path.join(path.dirname(createRequire(path.resolve('package.json')).resolve('axe-core')), 'axe.min.js'),
  'utf8',
);
let browser: Browser | undefined;
const contexts = new Map<string, BrowserContext>();
afterAll(() => browser?.close());

/** A browser that nobody has signed in on, which reports what went wrong in it and where it asked for things. */
export const openBrowser = async (view: View = {}) => {
  const key = JSON.stringify(view);
  browser ??= await launchChromium();
  const context = contexts.get(key) ?? (await openProfile(browser, view));
  contexts.set(key, context);
  await context.clearCookies();
  for (const old of context.pages()) await old.close();
  const page = await context.newPage();
  const problems: string[] = [];
  const requested: URL[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => requested.push(new URL(request.url())));
  return { page, problems, requested };
};

/** Brings axe into a page that has been loaded. @returns the page's weight with everything that it loaded, in bytes */
export const prepareLook = async (page: Page): Promise<number> => {
  await page.evaluate(axeSource);
  return (await page.evaluate(
    `['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
      .filter(({ name }) => !name.includes('part=refresh'))
      .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)`,
  )) as number;
};

/** What is wrong with a page, how far it leaves the window, and labels that leave their nodes. */
export const look = async (page: Page, width: number) => {
  // Only what is told below leaves the page: axe's whole result takes longer to hand over than to make.
  const { passes, violations } = (await page.evaluate(
    `axe.run({ resultTypes: ['violations'] }).then(({ passes, violations }) => ({
      passes: passes.length,
      violations: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' '))),
    }))`,
  )) as { passes: number; violations: string[] };
  expect(passes).toBeGreaterThan(5);
  return {
    violations,
    overflow: Math.max(0, ((await page.evaluate('document.documentElement.scrollWidth')) as number) - width),
    clipped: (await page.evaluate(
      `[...document.querySelectorAll('.node')].filter((node) => {
        const box = node.querySelector('rect').getBoundingClientRect();
        return [...node.querySelectorAll('text')].some((text) => text.getBoundingClientRect().right > box.right - 2);
      }).map((node) => node.dataset.state)`,
    )) as string[],
  };
};
