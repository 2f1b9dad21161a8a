import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import UPNG from 'upng-js';
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

/** What axe finds wrong with a page. */
export const violationsOf = async (page: Page): Promise<readonly string[]> => {
  // Only what is told below leaves the page: axe's whole result takes longer to hand over than to make.
  const { passes, violations } = (await page.evaluate(
    `axe.run({ resultTypes: ['violations'] }).then(({ passes, violations }) => ({
      passes: passes.length,
      violations: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' '))),
    }))`,
  )) as { passes: number; violations: readonly string[] };
  expect(passes).toBeGreaterThan(5);
  return violations;
};

/** What text has a frame or a background around it. */
const BOXES = '.node, .chip, .tag, .card, .row, .notice, .empty, .cause, button, a.primary, .bar';

/** How far a page leaves the window, in pixels, and the texts that leave the box that is drawn around them. */
export const fitOf = async (page: Page, width: number) => ({
  overflow: Math.max(0, ((await page.evaluate('document.documentElement.scrollWidth')) as number) - width),
  clipped: (await page.evaluate(
    `(() => {
      const clipped = new Set();
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const text = texts.currentNode;
        const box = text.parentElement.closest('${BOXES}');
        if (!box || text.data.trim() === '' || text.parentElement.closest('.unseen')) continue;
        if (!text.parentElement.checkVisibility()) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        const outer = box.getBoundingClientRect();
        const isInside = [...range.getClientRects()].every(({ left, right, top, bottom }) =>
          left >= outer.left && right <= outer.right && top >= outer.top - 1 && bottom <= outer.bottom + 1);
        // What scrolls shows everything.
        if (!isInside && !text.parentElement.closest('.cause, .message')) clipped.add(text.data.trim());
      }
      return [...clipped];
    })()`,
  )) as readonly string[],
});

/** Styles of readers' browsers; spacing makes letters narrow or wide with any installed font. */
const typefaces = {
  narrow: `* { font-family: "DejaVu Sans Condensed", "Liberation Sans Narrow", "Arial Narrow", sans-serif !important;
    letter-spacing: -.06em !important; }`,
  wide: `* { font-family: "DejaVu Sans", Verdana, sans-serif !important;
    letter-spacing: .12em !important; word-spacing: .16em !important; }`,
  large: `html { font-size: 200% !important; }`,
} as const;

/** How text may look: as it comes, or in other fonts than ours. */
export type Typeface = keyof typeof typefaces;

/** Shows a page in another font. */
export const useTypeface = async (page: Page, typeface: Typeface): Promise<void> => {
  // An adopted sheet, since the site's policy lets no style into the page itself.
  await page.evaluate(
    `document.adoptedStyleSheets = [new CSSStyleSheet()];
    document.adoptedStyleSheets[0].replaceSync(${JSON.stringify(typefaces[typeface])});`,
  );
};

/** How wide a line of text is, in pixels. */
export const widthOfText = (page: Page): Promise<number> =>
  page.evaluate(
    `(() => {
      const line = document.body.appendChild(document.createElement('span'));
      Object.assign(line.style, { position: 'absolute', whiteSpace: 'nowrap' });
      line.append('Confirm that the approvers differ');
      const { width } = line.getBoundingClientRect();
      line.remove();
      return width;
    })()`,
  );

/** Set to any value, the tests write what they see to docs. */
export const writesScreenshots = (process.env.SCREENSHOTS ?? '') !== '';

/** Writes a screenshot with at most 256 colors: a third of the bytes, and nobody sees it. */
export const writeScreenshot = async (page: Page, file: string, fullPage: boolean): Promise<void> => {
  await page.evaluate('scrollTo(0, 0)');
  const image = UPNG.decode(toArrayBuffer(await page.screenshot({ fullPage, animations: 'disabled' })));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, Buffer.from(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, 256)));
};

const toArrayBuffer = (buffer: Buffer): ArrayBuffer => new Uint8Array(buffer).buffer;
