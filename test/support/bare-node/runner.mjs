// Runs each test file in a process of bare Node, without a module registry of Jest's own (D-097).
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
    const options = { testNamePattern: testNamePattern ?? '', timeout: TIMEOUT_MS };
    const waiting = [...tests];
    /** @param {number} slot */
    const runSome = async (slot) => {
      for (let test = waiting.shift(); test !== undefined; test = waiting.shift()) {
        // A process for each file: none sees what another has left in modules, in the environment or in a browser.
        const worker = new Worker(path.join(import.meta.dirname, 'worker.mjs'), {
          exposedMethods: ['run'],
          numWorkers: 1,
          maxRetries: 0,
          // Tells files that run at the same time apart, for ports of their own.
          forkOptions: { stdio: 'pipe', env: { ...process.env, JEST_WORKER_ID: String(slot) } },
        });
        worker.getStdout().pipe(process.stdout);
        worker.getStderr().pipe(process.stderr);
        try {
          await onStart(test);
          await onResult(test, await /** @type {any} */ (worker).run(test.path, options));
        } catch (error) {
          await onFailure(test, error);
        } finally {
          await worker.end();
        }
      }
    };
    await Promise.all(Array.from({ length: maxWorkers }, (_, index) => runSome(index + 1)));
  }
}
