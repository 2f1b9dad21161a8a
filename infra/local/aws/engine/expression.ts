import jsonata from 'jsonata';
import { addFunctions, SURROUNDINGS, type Surroundings } from './functions.ts';
import type { Json } from './json.ts';
import { EXPRESSION_DEPTH, EXPRESSION_MS } from './limits.ts';

/** Values that an expression can name: `$states` and the variables. */
type Bindings = Readonly<Record<string, Json>>;

/** Where and with what a template is evaluated. */
export interface Scope {
  readonly bindings: Bindings;
  readonly surroundings: Surroundings;
}

/** An expression or a field's value is not what the state needs. The interpreter turns it into `EvaluationFailed`. */
export class EvaluationError extends Error {
  override readonly name = 'States.QueryEvaluationError';
  /** The field's path, for example `Output/result`. */
  readonly location: string | undefined;

  /** @param reason what AWS writes after naming the state */
  constructor(reason: string, location?: string) {
    super(reason);
    this.location = location;
  }
}

/** Compiling costs some hundred times as much as evaluating; the oldest go first. */
const CACHED_EXPRESSIONS = 5000;
const compiled = new Map<string, jsonata.Expression>();

/**
 * Compiles an expression, or takes it from the cache.
 * @throws what JSONata throws for an expression that does not parse: `{ code, message, position }`
 */
export const compileExpression = (source: string): jsonata.Expression => {
  const known = compiled.get(source);
  if (known) return known;
  const expression = jsonata(source, { timeout: EXPRESSION_MS, stack: EXPRESSION_DEPTH });
  addFunctions(expression);
  if (compiled.size >= CACHED_EXPRESSIONS) {
    for (const oldest of compiled.keys()) {
      compiled.delete(oldest);
      break;
    }
  }
  compiled.set(source, expression);
  return expression;
};

class UnsupportedResult extends Error {}

/** JSONata's result without its marks (sequences) and without anything that is not JSON. */
const toJson = (value: unknown): Json | undefined => {
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  ) {
    return value;
  }
  if (typeof value === 'function') throw new UnsupportedResult();
  if (typeof value !== 'object') return undefined;
  if (Array.isArray(value)) {
    const list: Json[] = [];
    for (const item of value) {
      const plain = toJson(item);
      if (plain !== undefined) list.push(plain);
    }
    return list;
  }
  if ('_jsonata_lambda' in value || '_jsonata_function' in value) throw new UnsupportedResult();
  const entries: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    const plain = toJson(member);
    if (plain !== undefined) entries.push([key, plain]);
  }
  return Object.fromEntries(entries);
};

/**
 * Evaluates one expression.
 * @param location the field that holds it, for the error's text
 * @throws EvaluationError when it fails, gives nothing, or gives a function
 */
export const evaluateExpression = async (source: string, location: string, scope: Scope): Promise<Json> => {
  const subject = `The JSONata expression '${source}' specified for the field '${location}'`;
  let result: Json | undefined;
  try {
    const bindings = { ...scope.bindings, [SURROUNDINGS]: scope.surroundings };
    result = toJson(await compileExpression(source).evaluate(undefined, bindings));
  } catch (error) {
    if (error instanceof UnsupportedResult) {
      throw new EvaluationError(`${subject} returned an unsupported result type.`, location);
    }
    const { code, message } = error as { code?: string; message?: string };
    const text = code ? `${code}: ${message}` : String(message);
    throw new EvaluationError(`${subject} threw an error during evaluation. ${text}`, location);
  }
  if (result === undefined) throw new EvaluationError(`${subject} returned nothing (undefined).`, location);
  return result;
};
