// Runs before `npm start` and `npm test`: installs what is missing, and nothing when all is there.
// Plain JavaScript without dependencies, because nothing is installed yet when it runs.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');

/**
 * Stops with a message for the person at the terminal.
 * @param {string} message what is wrong and what to do
 * @returns {never}
 */
const giveUp = (message) => {
  console.error(`lockstep: ${message}`);
  process.exit(1);
};

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  giveUp(
    `Node.js 20.19 or newer is needed, this is ${process.versions.node}. Install a newer one and try again.`,
  );
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [environment]
 */
const run = (command, args, environment = {}) =>
  spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    env: { ...process.env, ...environment },
  }).status === 0;

/** @param {string} file */
const packagesOf = (file) => {
  /** @type {Record<string, { version?: string }>} */
  const packages = JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
  return packages;
};

/** Whether node_modules holds what the lock file names: each package of the same version, none missing but optional ones. */
const isInstalled = () => {
  if (!existsSync(path.join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json')).every(([name, wanted]) => {
    if (name === '') return true;
    const found = installed[name];
    return found ? found.version === wanted.version : 'optional' in wanted || 'peer' in wanted;
  });
};

if (!isInstalled()) {
  console.log('Installing dependencies (npm ci) …');
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) {
    giveUp('npm ci failed, see above. Check the network or the npm configuration, then try again.');
  }
}

if (process.argv.includes('--browser')) {
  const { findChromium } = await import('./find-chromium.mjs');
  if (!findChromium()) installBrowser();
  if (!findChromium()) {
    giveUp(
      'the browser tests need Chromium, and it could neither be found nor installed. ' +
        'Install Chromium or Chrome, or set CHROMIUM_PATH to one, then try again.',
    );
  }
}

function installBrowser() {
  console.log('Installing Chromium for the browser tests …');
  const isRootOnDebian = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (isRootOnDebian) {
    const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], quiet);
    if (run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], quiet)) return;
  }
  run('npx', ['--no-install', 'playwright-core', 'install', 'chromium']);
}
