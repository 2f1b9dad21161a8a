import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import type { Json } from './json.ts';
import { RANGE_ITEMS } from './limits.ts';
import { type Random, seededNumber } from './random.ts';

/** What an expression may know of its surroundings: everything else follows from its text and its bindings. */
export interface Surroundings {
  /** Milliseconds since the epoch, for `$now()` and `$millis()`. */
  readonly now: number;
  readonly random: Random;
}

/** The binding that carries the surroundings. JSONata names cannot hold a space, so no expression can read it. */
export const SURROUNDINGS = ' surroundings';

interface NativeFunction {
  readonly implementation: (...args: unknown[]) => unknown;
}

const native = (name: string): Promise<NativeFunction> =>
  jsonata(name).evaluate(undefined) as Promise<NativeFunction>;
const fromMillis = native('$fromMillis');
const toMillis = native('$toMillis');

const surroundingsOf = (focus: jsonata.Focus): Surroundings => focus.environment.lookup(SURROUNDINGS);

/** Raises an error as JSONata's own `$error` does: the only code whose message JSONata leaves as it is. */
const fail = (message: string): never => {
  throw Object.assign(new Error(message), { code: 'D3137' });
};

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

const partition = (list: readonly unknown[], size: number): unknown[][] => {
  if (!Number.isInteger(size) || size < 1) {
    fail(`The second argument of function "partition" must be a positive integer, got ${size}`);
  }
  const parts: unknown[][] = [];
  for (let start = 0; start < list.length; start += size) parts.push(list.slice(start, start + size));
  return parts;
};

const range = (first: number, last: number, step: number): number[] => {
  if (step === 0) fail('The third argument of function "range" must not be 0');
  const count = Math.floor((last - first) / step) + 1;
  if (count > RANGE_ITEMS) {
    fail(`Function "range" makes at most ${RANGE_ITEMS} items, and ${count} were asked for`);
  }
  // A sequence, as JSONata calls it: a single item stands for itself.
  const items = Array.from({ length: Math.max(0, count) }, (_, i) => first + i * step);
  return Object.defineProperty(items, 'sequence', { value: true, writable: true });
};

const hash = (value: unknown, algorithm: string): string => {
  const name =
    HASHES[algorithm] ??
    fail(`Function "hash" knows ${Object.keys(HASHES).join(', ')}, got ${JSON.stringify(algorithm)}`);
  return createHash(name)
    .update(typeof value === 'string' ? value : JSON.stringify(value))
    .digest('hex');
};

const parse = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    return fail(`The argument of function "parse" is not valid JSON: ${(error as Error).message}`);
  }
};

/**
 * Gives an expression the functions that Step Functions adds to JSONata (`$partition`, `$range`, `$hash`, `$random`
 * with a seed, `$uuid`, `$parse`), takes `$eval` away, and ties what JSONata would ask the machine (time, randomness)
 * to the surroundings of the evaluation.
 * Source: AWS Step Functions Developer Guide, "Transforming data with JSONata".
 */
export const addFunctions = (expression: jsonata.Expression): void => {
  expression.registerFunction('partition', partition, '<an:a>');
  expression.registerFunction('range', range, '<nnn:a>');
  expression.registerFunction('hash', hash, '<xs:s>');
  expression.registerFunction('parse', parse, '<s:x>');
  expression.registerFunction(
    'random',
    function (seed?: number) {
      return seed === undefined ? surroundingsOf(this).random.number() : seededNumber(String(seed));
    },
    '<n?:n>',
  );
  expression.registerFunction(
    'uuid',
    function () {
      return surroundingsOf(this).random.uuid();
    },
    '<:s>',
  );
  expression.registerFunction(
    'shuffle',
    function (list: readonly unknown[]) {
      const { random } = surroundingsOf(this);
      const shuffled = [...list];
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = Math.floor(random.number() * (i + 1));
        [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
      }
      return shuffled;
    },
    '<a:a>',
  );
  expression.registerFunction(
    'millis',
    function () {
      return surroundingsOf(this).now;
    },
    '<:n>',
  );
  expression.registerFunction(
    'now',
    async function (picture?: string, timezone?: string) {
      return (await fromMillis).implementation.call(this, surroundingsOf(this).now, picture, timezone);
    },
    '<s?s?:s>',
  );
  expression.registerFunction(
    'toMillis',
    async function (timestamp?: string, picture?: string) {
      // A picture without a date counts from today, which JSONata takes from the environment.
      const environment = { ...this.environment, timestamp: new Date(surroundingsOf(this).now) };
      return (await toMillis).implementation.call({ ...this, environment }, timestamp, picture);
    },
    '<s-s?:n>',
  );
  expression.registerFunction('eval', () => fail('Step Functions does not support the function "eval"'));
};
