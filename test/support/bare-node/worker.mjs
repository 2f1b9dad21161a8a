import { pathToFileURL } from 'node:url';
import { jestExpect } from '@jest/expect';
import { ModernFakeTimers } from '@jest/fake-timers';
import fc from 'fast-check';
import * as circus from 'jest-circus';
import { ModuleMocker } from 'jest-mock';
import { register } from 'tsx/esm/api';

// Tests and sources are TypeScript.
register();

// `npm test` gives a seed and prints it; without one, each property test takes its own.
if (process.env.PROPERTY_SEED) fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED) });

const mocker = new ModuleMocker(globalThis);
const timers = new ModernFakeTimers({
  config: /** @type {any} */ ({ fakeTimers: {}, rootDir: process.cwd() }),
  global: globalThis,
});
const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  restoreAllMocks: mocker.restoreAllMocks.bind(mocker),
  /** @param {import('@jest/types').Config.FakeTimersConfig} [config] */
  useFakeTimers: (config) => timers.useFakeTimers(config),
  useRealTimers: () => timers.useRealTimers(),
  /** @param {number} ms */
  advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
  /** @param {number} ms */
  advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
  /** @param {number | Date} now */
  setSystemTime: (now) => timers.setSystemTime(now),
  /** @param {number} ms */
  setTimeout: (ms) => {
    circus.getState().testTimeout = ms;
  },
};
const { describe, it, test, beforeAll, beforeEach, afterAll, afterEach } = circus;
Object.assign(globalThis, { expect: jestExpect, jest });
Object.assign(globalThis, { describe, it, test, beforeAll, beforeEach, afterAll, afterEach });

circus.addEventHandler((event) => {
  if (event.name === 'test_start')
    jestExpect.setState({ currentTestName: event.test.name, suppressedErrors: [] });
  // What a matcher held back, and assertions that were promised and not made.
  if (event.name === 'test_done') {
    const { suppressedErrors = [] } = jestExpect.getState();
    event.test.errors.push(...suppressedErrors);
    for (const { error } of jestExpect.extractExpectedAssertionsErrors()) event.test.errors.push(error);
  }
});

let files = 0;

/**
 * Runs one file.
 * @param {string} file
 * @param {{ testNamePattern: string, timeout: number }} options
 */
export async function run(file, { testNamePattern, timeout }) {
  circus.resetState();
  const state = circus.getState();
  state.testTimeout = timeout;
  if (testNamePattern !== '') state.testNamePattern = new RegExp(testNamePattern, 'i');
  jestExpect.setState({ testPath: file });
  const start = Date.now();
  // Each run reads the file itself again, which declares its tests; what it imports stays loaded.
  await import(`${pathToFileURL(file)}?file=${++files}`);
  const { testResults, unhandledErrors } = await circus.run();
  const end = Date.now();
  const results = testResults.map(({ testPath, status, duration, errors }) => ({
    ancestorTitles: testPath.slice(1, -1),
    title: testPath.at(-1),
    fullName: testPath.slice(1).join(' '),
    status:
      status === 'done' ? (errors.length > 0 ? 'failed' : 'passed') : status === 'todo' ? 'todo' : 'pending',
    duration,
    failureMessages: errors,
    failureDetails: [],
    numPassingAsserts: 0,
    location: null,
    invocations: 1,
    retryReasons: [],
  }));
  /** @param {string} status */
  const count = (status) => results.filter((one) => one.status === status).length;
  const failures = results.flatMap(({ fullName, failureMessages }) =>
    failureMessages.map((message) => `  ● ${fullName}\n\n${message.replaceAll(/^/gm, '    ')}\n`),
  );
  return {
    testFilePath: file,
    testResults: results,
    failureMessage: [...failures, ...unhandledErrors].join('\n') || null,
    numFailingTests: count('failed') + unhandledErrors.length,
    numPassingTests: count('passed'),
    numPendingTests: count('pending'),
    numTodoTests: count('todo'),
    perfStats: {
      start,
      end,
      runtime: end - start,
      slow: end - start > 5000,
      loadTestEnvironmentStart: 0,
      loadTestEnvironmentEnd: 0,
      setupFilesStart: 0,
      setupFilesEnd: 0,
      setupAfterEnvStart: 0,
      setupAfterEnvEnd: 0,
    },
    snapshot: {
      added: 0,
      fileDeleted: false,
      matched: 0,
      unchecked: 0,
      uncheckedKeys: [],
      unmatched: 0,
      updated: 0,
    },
    leaks: false,
    openHandles: [],
    skipped: false,
  };
}
