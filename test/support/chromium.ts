import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { findChromium } from '../../scripts/find-chromium.mjs';

/** How a page is looked at. */
export interface View {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
}

/**
 * Starts a headless Chromium. Close it when done.
 * @throws Error if there is no Chromium; `npm test` installs one before it runs
 */
export const launchChromium = (): Promise<Browser> => {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new Error('No Chromium found: run `npm test`, which installs one, or set CHROMIUM_PATH.');
  }
  return chromium.launch({
    executablePath,
    headless: true,
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
};

/** A new, empty profile: one person's browser. */
export const openProfile = (browser: Browser, view: View = {}): Promise<BrowserContext> =>
  browser.newContext({
    viewport: { width: view.width ?? 1280, height: 900 },
    colorScheme: view.colorScheme ?? 'light',
    javaScriptEnabled: view.javaScriptEnabled ?? true,
  });
