/** Stands for `*` in a prepared pattern; from Unicode's private use area, so that a literal `*` stays one. */
const ANY = '\uE000';
/** Stands for `?` in a prepared pattern. */
const ONE = '\uE001';

/** Gives the value of a policy variable (`aws:PrincipalArn`), or nothing when the request has no such key. */
export type VariableLookup = (name: string) => string | undefined;

/**
 * Replaces the policy variables of a text and marks its wildcards.
 * @param variables left out for policies before version 2012-10-17, which have no variables
 * @returns nothing when a variable without default has no value: such a pattern matches nothing
 */
export const preparePattern = (text: string, variables?: VariableLookup): string | undefined =>
  substitute(text, variables, markWildcards);

/**
 * Replaces the policy variables of a text without wildcards.
 * @returns nothing when a variable without default has no value
 */
export const resolveVariables = (text: string, variables?: VariableLookup): string | undefined =>
  substitute(text, variables, (literal) => literal);

const substitute = (
  text: string,
  variables: VariableLookup | undefined,
  literal: (text: string) => string,
): string | undefined => {
  const start = variables ? text.indexOf('${') : -1;
  const end = start === -1 ? -1 : text.indexOf('}', start);
  if (!variables || end === -1) return literal(text);
  const value = variableValue(text.slice(start + 2, end), variables);
  const rest = substitute(text.slice(end + 1), variables, literal);
  return value === undefined || rest === undefined ? undefined : literal(text.slice(0, start)) + value + rest;
};

/** `${*}`, `${?}` and `${$}` are the characters themselves; `${key, 'default'}` has a default. */
const variableValue = (expression: string, variables: VariableLookup): string | undefined => {
  if (expression === '*' || expression === '?' || expression === '$') return expression;
  const comma = expression.indexOf(',');
  if (comma === -1) return variables(expression.trim());
  const fallback = expression.slice(comma + 1).trim();
  return variables(expression.slice(0, comma).trim()) ?? fallback.replace(/^'(.*)'$/, '$1');
};

const markWildcards = (text: string): string =>
  text.includes('*') || text.includes('?') ? text.replaceAll('*', ANY).replaceAll('?', ONE) : text;

/** Whether a text matches a prepared pattern as a whole. Linear in both for patterns with one `*`. */
export const matchesPattern = (pattern: string, text: string): boolean => {
  if (pattern === ANY) return true;
  let at = 0;
  let of = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const expected = pattern[of];
    if (expected === ANY) {
      star = of++;
      resume = at;
    } else if (expected === ONE || (expected !== undefined && expected === text[at])) {
      of++;
      at++;
    } else if (star !== -1) {
      of = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[of] === ANY) of++;
  return of === pattern.length;
};

/** The six parts of an ARN; the last one keeps its colons. */
const arnParts = (arn: string): string[] => {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
};

/** Whether an ARN matches a prepared pattern part by part, as `ArnLike` and `ArnEquals` compare. */
export const matchesArnPattern = (pattern: string, arn: string): boolean => {
  const expected = arnParts(pattern);
  const actual = arnParts(arn);
  return expected.every((part, index) => matchesPattern(part, actual[index] ?? ''));
};
