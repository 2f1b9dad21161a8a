// Runs test files in bare Node: a worker loads each module once for all of its files (D-097).
import path from 'node:path';
import { Worker } from 'jest-worker';

/** Of a test or hook that names none, in ms. A busy machine with two cores must not fail what is only slow. */
const TIMEOUT_MS = 60_000;

/** @typedef {import('@jest/test-result').Test} Test */

// jest takes a runner as the default export of its module.
export default class BareNodeRunner {
  /** @param {import('@jest/types').Config.GlobalConfig} globalConfig */
  constructor(globalConfig) {
    this.globalConfig = globalConfig;
  }

  /**
   * @param {readonly Test[]} tests
   * @param {unknown} _watcher
   * @param {(test: Test) => Promise<void>} onStart
   * @param {(test: Test, result: unknown) => Promise<void>} onResult
   * @param {(test: Test, error: unknown) => Promise<void>} onFailure
   */
  async runTests(tests, _watcher, onStart, onResult, onFailure) {
    const { maxWorkers, testNamePattern } = this.globalConfig;
    // Processes rather than threads: tests change the environment and send signals.
    const pool = new Worker(path.join(import.meta.dirname, 'worker.mjs'), {
      exposedMethods: ['run'],
      numWorkers: Math.min(maxWorkers, tests.length),
      maxRetries: 0,
      forkOptions: { stdio: 'pipe' },
    });
    pool.getStdout().pipe(process.stdout);
    pool.getStderr().pipe(process.stderr);
    const run = /** @type {any} */ (pool).run;
    const waiting = [...tests];
    const runSome = async () => {
      for (let test = waiting.shift(); test !== undefined; test = waiting.shift()) {
        try {
          await onStart(test);
          const options = { testNamePattern: testNamePattern ?? '', timeout: TIMEOUT_MS };
          await onResult(test, await run(test.path, options));
        } catch (error) {
          await onFailure(test, error);
        }
      }
    };
    try {
      await Promise.all(Array.from({ length: maxWorkers }, runSome));
    } finally {
      await pool.end();
    }
  }
}
