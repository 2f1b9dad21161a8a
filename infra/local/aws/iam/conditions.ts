import {
  matchesArnPattern,
  matchesPattern,
  preparePattern,
  resolveVariables,
  type VariableLookup,
} from './patterns.ts';

/** Condition keys and values of one request; the keys in lower case, as IAM compares them without case. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

/** A condition block, read once. */
export type Condition = (context: RequestContext, variables: VariableLookup | undefined) => boolean;

/** A policy document cannot be read: AWS rejects it, or it does not do what it says. */
export class MalformedPolicyError extends Error {
  override readonly name = 'MalformedPolicyError';
}

/** Compares one value of the request with one value of the policy. */
type Comparison = (actual: string, expected: string) => boolean;

interface Operator {
  readonly compare: Comparison;
  /** Negated operators hold when no value matches, and when the key is absent. */
  readonly negated: boolean;
  /** Whether `*` and `?` in the policy's values are wildcards. */
  readonly wildcards: boolean;
}

const withoutCase =
  (compare: Comparison): Comparison =>
  (actual, expected) =>
    compare(actual.toLowerCase(), expected.toLowerCase());

const equal: Comparison = (actual, expected) => actual === expected;
const like: Comparison = (actual, expected) => matchesPattern(expected, actual);
const arnLike: Comparison = (actual, expected) => matchesArnPattern(expected, actual);

const numbers =
  (compare: (actual: number, expected: number) => boolean): Comparison =>
  (actual, expected) =>
    compare(Number(actual), Number(expected));

/** ISO 8601, or seconds since the epoch. */
const toTime = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));

const dates =
  (compare: (actual: number, expected: number) => boolean): Comparison =>
  (actual, expected) =>
    compare(toTime(actual), toTime(expected));

const operator = (compare: Comparison, wildcards = false): Operator => ({
  compare,
  wildcards,
  negated: false,
});
const not = (positive: Operator): Operator => ({ ...positive, negated: true });

const stringLike = operator(like, true);
const stringEqualsIgnoreCase = operator(withoutCase(equal));
const arn = operator(arnLike, true);
const numericEquals = operator(numbers((actual, expected) => actual === expected));
const dateEquals = operator(dates((actual, expected) => actual === expected));

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: operator(equal),
  StringNotEquals: not(operator(equal)),
  StringEqualsIgnoreCase: stringEqualsIgnoreCase,
  StringNotEqualsIgnoreCase: not(stringEqualsIgnoreCase),
  StringLike: stringLike,
  StringNotLike: not(stringLike),
  ArnEquals: arn,
  ArnLike: arn,
  ArnNotEquals: not(arn),
  ArnNotLike: not(arn),
  Bool: operator(withoutCase(equal)),
  NumericEquals: numericEquals,
  NumericNotEquals: not(numericEquals),
  NumericLessThan: operator(numbers((actual, expected) => actual < expected)),
  NumericLessThanEquals: operator(numbers((actual, expected) => actual <= expected)),
  NumericGreaterThan: operator(numbers((actual, expected) => actual > expected)),
  NumericGreaterThanEquals: operator(numbers((actual, expected) => actual >= expected)),
  DateEquals: dateEquals,
  DateNotEquals: not(dateEquals),
  DateLessThan: operator(dates((actual, expected) => actual < expected)),
  DateLessThanEquals: operator(dates((actual, expected) => actual <= expected)),
  DateGreaterThan: operator(dates((actual, expected) => actual > expected)),
  DateGreaterThanEquals: operator(dates((actual, expected) => actual >= expected)),
};

/** `one` compares any value of the key; `all` and `any` are ForAllValues and ForAnyValue. */
type Quantifier = 'one' | 'all' | 'any';

const quantifiers: Readonly<Record<string, Quantifier>> = { ForAllValues: 'all', ForAnyValue: 'any' };

/**
 * Reads the `Condition` element of a statement.
 * @param where names the policy and statement in errors
 * @throws MalformedPolicyError for operators that are unknown or not evaluated here
 */
export const readCondition = (
  block: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  where: string,
): Condition => {
  const tests = Object.entries(block).flatMap(([name, keys]) =>
    Object.entries(keys).map(([key, values]) => readTest(name, key, values, where)),
  );
  return (context, variables) => tests.every((test) => test(context, variables));
};

const readTest = (name: string, key: string, values: unknown, where: string): Condition => {
  const contextKey = key.toLowerCase();
  const expected = readValues(values, `${where}: ${name} of ${key}`);
  if (name === 'Null') {
    const absent = expected.some((value) => value.toLowerCase() === 'true');
    return (context) => (context.get(contextKey) === undefined) === absent;
  }
  const colon = name.indexOf(':');
  const quantifier = colon === -1 ? 'one' : quantifiers[name.slice(0, colon)];
  const ifExists = name.endsWith('IfExists');
  const known = operators[name.slice(colon + 1, ifExists ? -'IfExists'.length : undefined)];
  if (!known || !quantifier) {
    throw new MalformedPolicyError(
      `${where}: the condition operator "${name}" is not evaluated by the emulator. ` +
        `It knows ${Object.keys(operators).join(', ')} and Null, with ForAllValues:, ForAnyValue: and IfExists.`,
    );
  }
  return (context, variables) => {
    const actual = context.get(contextKey);
    if (actual === undefined)
      return ifExists || quantifier === 'all' || (quantifier === 'one' && known.negated);
    return compareAll(known, quantifier, actual, expected, variables);
  };
};

const compareAll = (
  { compare, negated, wildcards }: Operator,
  quantifier: Quantifier,
  actual: readonly string[],
  expected: readonly string[],
  variables: VariableLookup | undefined,
): boolean => {
  const prepared = expected.flatMap((text) => prepare(text, wildcards, variables));
  const isListed = (value: string) => prepared.some((pattern) => compare(value, pattern));
  const holds = (value: string) => isListed(value) !== negated;
  if (quantifier === 'one' && negated) return actual.every(holds);
  return quantifier === 'all' ? actual.every(holds) : actual.some(holds);
};

/** The policy's value with its variables replaced; none when a variable has no value. */
const prepare = (text: string, wildcards: boolean, variables: VariableLookup | undefined): string[] => {
  const prepared = wildcards ? preparePattern(text, variables) : resolveVariables(text, variables);
  return prepared === undefined ? [] : [prepared];
};

const readValues = (values: unknown, where: string): string[] =>
  (Array.isArray(values) ? values : [values]).map((value: unknown) => {
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
      return `${value}`;
    throw new MalformedPolicyError(
      `${where}: expected text, a number or a boolean, but was ${JSON.stringify(value)}.`,
    );
  });
