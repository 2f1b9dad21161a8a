import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { findChromium } from '../../scripts/find-chromium.mjs';

/** How a page is looked at. */
export interface View {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
}

/**
 * Starts a headless Chromium with a new, empty profile: one person's browser. Close it when done.
 * @throws Error if there is no Chromium; `npm test` installs one before it runs
 */
export const launchChromium = (view: View = {}): Promise<BrowserContext> => {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new Error('No Chromium found: run `npm test`, which installs one, or set CHROMIUM_PATH.');
  }
  return chromium.launchPersistentContext(mkdtempSync(path.join(tmpdir(), 'lockstep-chromium-')), {
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
    viewport: { width: view.width ?? 1280, height: 900 },
    colorScheme: view.colorScheme ?? 'light',
    javaScriptEnabled: view.javaScriptEnabled ?? true,
  });
};
