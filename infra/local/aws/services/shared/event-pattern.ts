/** A pattern that cannot be used: an unknown operator, or an operand of the wrong kind. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Says whether an event (or a message's attributes) matches. */
export type Matcher = (event: unknown) => boolean;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Compiles an EventBridge event pattern or an SNS filter policy, which share their operators: exact values, `prefix`,
 * `suffix`, `equals-ignore-case`, `wildcard`, `anything-but`, `exists`, `numeric` and `$or`.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @throws PatternError naming the field
 */
export const compilePattern = (pattern: unknown): Matcher => {
  if (!isObject(pattern))
    throw new PatternError(`An event pattern must be an object; received ${show(pattern)}.`);
  if (Object.keys(pattern).length === 0)
    throw new PatternError('An event pattern must name at least one field; received {}.');
  return compileObject(pattern, '');
};

const compileObject = (pattern: Json, path: string): Matcher => {
  const parts = Object.entries(pattern).map(([field, value]): Matcher => {
    const here = path ? `${path}.${field}` : field;
    if (field === '$or') return compileOr(value, path, here);
    if (Array.isArray(value)) return atField(field, compileLeaf(value, here));
    if (isObject(value)) {
      if (Object.keys(value).length === 0)
        throw new PatternError(`"${here}" is empty; give a list of values, or fields.`);
      const inner = compileObject(value, here);
      return atField(field, (found) => {
        if (Array.isArray(found)) return found.some((item) => inner(item));
        return inner(isObject(found) ? found : {});
      });
    }
    throw new PatternError(
      `"${here}" must be a list of values or an object of fields; received ${show(value)}.`,
    );
  });
  return (event) => parts.every((matches) => matches(event));
};

const atField =
  (field: string, matches: Matcher): Matcher =>
  (event) =>
    matches(isObject(event) && Object.hasOwn(event, field) ? event[field] : undefined);

const compileOr = (value: unknown, path: string, here: string): Matcher => {
  if (!Array.isArray(value) || value.length < 2 || !value.every(isObject))
    throw new PatternError(`"${here}" must be a list of at least two patterns; received ${show(value)}.`);
  const choices = value.map((choice) => compileObject(choice, path));
  return (event) => choices.some((matches) => matches(event));
};

/** A leaf gets the field's value, `undefined` where it is missing. */
const compileLeaf = (list: readonly unknown[], path: string): Matcher => {
  if (list.length === 0)
    throw new PatternError(`"${path}" has an empty list, which nothing matches; give at least one value.`);
  const tests = list.map((test) => compileTest(test, path));
  return (value) => tests.some((matches) => matches(value));
};

/** One element of a field's list: a plain value or one operator. */
const compileTest = (test: unknown, path: string): Matcher => {
  if (!isObject(test)) {
    if (Array.isArray(test)) throw new PatternError(`"${path}" holds a list within a list: ${show(test)}.`);
    return onValues((value) => value === test);
  }
  const [operator, ...others] = Object.keys(test);
  if (operator === undefined || others.length > 0)
    throw new PatternError(`"${path}" must have one operator per object; received ${show(test)}.`);
  const operand = test[operator];
  if (operator === 'exists') {
    if (typeof operand !== 'boolean')
      throw new PatternError(`"${path}": "exists" takes true or false; received ${show(operand)}.`);
    return (value) => isLeaf(value) === operand;
  }
  return onValues(compileOperator(operator, operand, path));
};

/** A field counts as present when it holds a value, not an object. */
const isLeaf = (value: unknown) =>
  Array.isArray(value) ? value.some((item) => !isObject(item)) : value !== undefined && !isObject(value);

/** A list in the event matches when one of its elements does; a missing field never does. */
const onValues =
  (matches: Matcher): Matcher =>
  (value) =>
    Array.isArray(value) ? value.some(matches) : value !== undefined && matches(value);

const compileOperator = (operator: string, operand: unknown, path: string): Matcher => {
  switch (operator) {
    case 'prefix':
    case 'suffix':
      return affix(operator, operand, path);
    case 'equals-ignore-case': {
      const wanted = text(operand, operator, path).toLowerCase();
      return (value) => typeof value === 'string' && value.toLowerCase() === wanted;
    }
    case 'wildcard': {
      const expression = wildcard(text(operand, operator, path), path);
      return (value) => typeof value === 'string' && expression.test(value);
    }
    case 'numeric':
      return numeric(operand, path);
    case 'anything-but':
      return anythingBut(operand, path);
    default:
      throw new PatternError(
        `"${path}" uses the operator "${operator}", which is not known. Known are: anything-but, equals-ignore-case, ` +
          'exists, numeric, prefix, suffix, wildcard, $or.',
      );
  }
};

const affix = (operator: 'prefix' | 'suffix', operand: unknown, path: string): Matcher => {
  const ignoreCase = isObject(operand);
  const raw = ignoreCase ? operand['equals-ignore-case'] : operand;
  const wanted = text(raw, operator, path);
  const fits = (value: string, part: string) =>
    operator === 'prefix' ? value.startsWith(part) : value.endsWith(part);
  return ignoreCase
    ? (value) => typeof value === 'string' && fits(value.toLowerCase(), wanted.toLowerCase())
    : (value) => typeof value === 'string' && fits(value, wanted);
};

const anythingBut = (operand: unknown, path: string): Matcher => {
  if (isObject(operand)) {
    const [operator, ...others] = Object.keys(operand);
    const known = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'];
    if (operator === undefined || others.length > 0 || !known.includes(operator))
      throw new PatternError(
        `"${path}": "anything-but" takes values or one of ${known.join(', ')}; received ${show(operand)}.`,
      );
    const tests = asList(operand[operator]).map((item) => compileOperator(operator, item, path));
    return (value) => !tests.some((matches) => matches(value));
  }
  const excluded = asList(operand);
  if (
    excluded.length === 0 ||
    !excluded.every((item) => typeof item === 'string' || typeof item === 'number')
  )
    throw new PatternError(`"${path}": "anything-but" takes texts or numbers; received ${show(operand)}.`);
  return (value) => !excluded.includes(value as string | number);
};

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const comparisons: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
};

const numeric = (operand: unknown, path: string): Matcher => {
  const list = Array.isArray(operand) ? operand : [];
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index + 1 < list.length; index += 2) {
    const compare = comparisons[String(list[index])];
    const limit: unknown = list[index + 1];
    if (!compare || typeof limit !== 'number') break;
    tests.push((value) => compare(value, limit));
  }
  if (tests.length === 0 || tests.length * 2 !== list.length || tests.length > 2)
    throw new PatternError(
      `"${path}": "numeric" takes one or two comparisons such as [">", 0, "<=", 5]; received ${show(operand)}.`,
    );
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
};

/** `*` stands for any characters; `\*` and `\\` for themselves. */
const wildcard = (pattern: string, path: string): RegExp => {
  let expression = '';
  for (let index = 0; index < pattern.length; index++) {
    let character = pattern[index] ?? '';
    if (character === '*') {
      if (pattern[index + 1] === '*')
        throw new PatternError(`"${path}": a wildcard must not have "**"; received ${show(pattern)}.`);
      expression += '[\\s\\S]*';
      continue;
    }
    if (character === '\\') {
      character = pattern[++index] ?? '';
      if (character !== '*' && character !== '\\')
        throw new PatternError(
          `"${path}": in a wildcard, "\\" must stand before "*" or "\\"; received ${show(pattern)}.`,
        );
    }
    expression += character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  }
  return new RegExp(`^${expression}$`);
};

const text = (value: unknown, operator: string, path: string): string => {
  if (typeof value !== 'string')
    throw new PatternError(`"${path}": "${operator}" takes a text; received ${show(value)}.`);
  return value;
};

const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 200);
