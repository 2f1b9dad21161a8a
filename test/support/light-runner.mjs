// What the light runner lacks of Jest: TypeScript, time limits of tests and hooks, and `jest.setTimeout`.
import { addEventHandler, getState } from 'jest-circus';
import { register } from 'tsx/esm/api';

register();

/** Of a test or hook that names none, in ms. A busy machine with two cores must not fail what is only slow. */
const LIMIT_MS = 60_000;
const { setTimeout, clearTimeout } = globalThis;

/**
 * Limits by the state of the test file that is being read, which each file has for itself.
 * @type {WeakMap<object, number>}
 */
const limits = new WeakMap();

/**
 * @template Fn
 * @param {number | undefined} given
 * @param {object} state
 * @param {string} what
 * @param {Fn} fn
 * @returns {Fn}
 */
const within = (given, state, what, fn) => {
  const limit = given ?? limits.get(state) ?? LIMIT_MS;
  // One that takes an argument ends by calling it, and the runner tells so by the function's length.
  if (typeof fn !== 'function' || fn.length > 0) return fn;
  const limited = async () => {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const tooLate = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${what} has not ended within ${limit} ms.`)), limit);
    });
    try {
      return await Promise.race([(async () => fn())(), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  };
  return /** @type {Fn} */ (limited);
};

addEventHandler((event, state) => {
  const { children, hooks } = state.currentDescribeBlock;
  const test = children.at(-1);
  const hook = hooks.at(-1);
  if (event.name === 'add_test' && test?.type === 'test')
    test.fn = within(event.timeout, state, `The test "${event.testName}"`, test.fn);
  else if (event.name === 'add_hook' && hook !== undefined)
    hook.fn = within(event.timeout, state, `The ${event.hookType} hook`, hook.fn);
});

globalThis.jest.setTimeout = (ms) => {
  limits.set(getState(), ms);
  return globalThis.jest;
};
