import { EvaluationError, evaluateExpression, type Scope } from './expression.ts';
import { isJsonArray, isJsonObject, type Json, jsonType } from './json.ts';

/** A field that may hold expressions, split into what is constant and what is not. */
export type Template =
  | { readonly kind: 'constant'; readonly value: Json }
  | { readonly kind: 'expression'; readonly source: string; readonly location: string }
  | { readonly kind: 'array'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Template])[] };

/** The expression in a string of the form `{% … %}`, without its delimiters; undefined for any other string. */
export const expressionIn = (text: string): string | undefined =>
  text.startsWith('{%') && text.endsWith('%}') && text.length >= 4 ? text.slice(2, -2).trim() : undefined;

/** Prepares a field's value. `location` is the field's path, as error texts give it (`Output/result`). */
export const toTemplate = (value: Json, location: string): Template => {
  if (typeof value === 'string') {
    const source = expressionIn(value);
    return source === undefined ? { kind: 'constant', value } : { kind: 'expression', source, location };
  }
  if (isJsonArray(value)) {
    const items = value.map((item, i) => toTemplate(item, `${location}[${i}]`));
    return items.every(isConstant) ? { kind: 'constant', value } : { kind: 'array', items };
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value).map(
      ([key, member]) => [key, toTemplate(member, `${location}/${key}`)] as const,
    );
    return entries.every(([, member]) => isConstant(member))
      ? { kind: 'constant', value }
      : { kind: 'object', entries };
  }
  return { kind: 'constant', value };
};

const isConstant = (template: Template): boolean => template.kind === 'constant';

/** The expressions in a template. */
export const expressionsOf = (template: Template): readonly { source: string; location: string }[] => {
  if (template.kind === 'expression') return [template];
  if (template.kind === 'array') return template.items.flatMap(expressionsOf);
  if (template.kind === 'object') return template.entries.flatMap(([, member]) => expressionsOf(member));
  return [];
};

/**
 * Evaluates a template, members in order.
 * @throws EvaluationError of the first expression that fails
 */
export const evaluate = async (template: Template, scope: Scope): Promise<Json> => {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'expression':
      return evaluateExpression(template.source, template.location, scope);
    case 'array': {
      const list: Json[] = [];
      for (const item of template.items) list.push(await evaluate(item, scope));
      return list;
    }
    case 'object': {
      const entries: [string, Json][] = [];
      for (const [key, member] of template.entries) entries.push([key, await evaluate(member, scope)]);
      return Object.fromEntries(entries);
    }
  }
};

/** Types that a field can demand of an expression's result. */
interface Demands {
  readonly array: readonly Json[];
  readonly boolean: boolean;
  readonly number: number;
  readonly string: string;
}

/**
 * Evaluates a field that must be of one type.
 * @throws EvaluationError for a result of another type
 */
export const evaluateAs = async <Type extends keyof Demands>(
  type: Type,
  template: Template,
  field: string,
  scope: Scope,
): Promise<Demands[Type]> => {
  const value = await evaluate(template, scope);
  if (jsonType(value) === type) return value as unknown as Demands[Type];
  const subject =
    template.kind === 'expression'
      ? `The JSONata expression '${template.source}' specified for the field '${field}'`
      : `The value specified for the field '${field}'`;
  throw new EvaluationError(
    `${subject} returned an unexpected result type. ` +
      `Expected '${type}', but was '${jsonType(value)}' for value: ${JSON.stringify(value)}`,
    field,
  );
};

/**
 * Evaluates a field that must be an integer within bounds.
 * @throws EvaluationError for anything else
 */
export const evaluateInteger = async (
  template: Template,
  field: string,
  [low, high]: readonly [number, number],
  scope: Scope,
): Promise<number> => {
  const value = await evaluateAs('number', template, field, scope);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new EvaluationError(
    `The ${field} field must be an integer from ${low} to ${high}, but was: ${JSON.stringify(value)}`,
    field,
  );
};
