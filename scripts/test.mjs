// Runs jest and ends with one plain line, `N passed, N failed`, which counts tests and files that could not run; if tests were
// skipped, because a program that they need is not on this machine, it adds `, N skipped`.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(path.join(tmpdir(), 'lockstep-test-'));
const results = path.join(scratch, 'results.json');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');

const seed = process.env.PROPERTY_SEED ?? String(randomInt(2 ** 31));
console.log(`Property tests use the seed ${seed}; PROPERTY_SEED=${seed} repeats them.`);
const { status } = spawnSync(
  process.execPath,
  // Scenarios wait about as much as they compute: one worker more than there are cores keeps these busy.
  [
    jest,
    '--json',
    `--outputFile=${results}`,
    `--maxWorkers=${availableParallelism() + 1}`,
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    // The SDK is pinned; its notice about later versions would stand between the results.
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', PROPERTY_SEED: seed },
  },
);

let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const summary = JSON.parse(readFileSync(results, 'utf8'));
  passed = summary.numPassedTests;
  skipped = summary.numPendingTests;
  failed = summary.numFailedTests + summary.numRuntimeErrorTestSuites;
} catch {
  console.error('jest wrote no results: it ended before any test ran.');
  failed = 1;
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = status === 0 && failed === 0 && passed > 0 ? 0 : 1;
