import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Where package managers and installers put Chromium or Chrome. */
const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/opt/homebrew/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * The Chromium that browser tests use: CHROMIUM_PATH, an installed one, or the one that playwright-core has installed.
 * @returns {string | undefined} its path
 * @throws {Error} if CHROMIUM_PATH names a file that does not exist
 */
export const findChromium = () => {
  const asked = process.env.CHROMIUM_PATH;
  if (asked) {
    if (existsSync(asked)) return asked;
    throw new Error(
      `CHROMIUM_PATH is ${JSON.stringify(asked)}, and no such file exists. Correct or unset it.`,
    );
  }
  const installed = usualPlaces.find((place) => existsSync(place));
  if (installed) return installed;
  const own = createRequire(import.meta.url)('playwright-core').chromium.executablePath();
  return existsSync(own) ? own : undefined;
};
