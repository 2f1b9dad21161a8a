import type { Assignments, Handover } from './definition.ts';
import type { Fields, Problems } from './definition-problems.ts';
import { compileExpression } from './expression.ts';
import type { Json } from './json.ts';
import { MAX_SECONDS } from './limits.ts';
import { toReferencePath } from './reference-path.ts';
import { expressionIn, expressionsOf, type Template, toTemplate } from './template.ts';

/** How the values of a state's fields are written. */
type QueryLanguage = 'JSONata' | 'JSONPath';

/** What reading one state needs of the whole. */
export interface Reading {
  readonly problems: Problems;
  /** The language of states that name none. */
  readonly language: QueryLanguage;
  /** Reads a block below a state; gives its index. */
  readonly block: (fields: Fields) => number;
}

/** What reading the fields of one state needs. */
export interface StateReading extends Reading {
  readonly name: string;
  readonly own: QueryLanguage;
}

/** Reports every field of `fields` that is not among `known`. */
export const reportUnknown = (fields: Fields, known: readonly string[], problems: Problems): void => {
  for (const field of Object.keys(fields.object)) {
    if (!known.includes(field)) problems.schema(`Field is not supported: '${field}'`, fields.at(field));
  }
};

/** The query language that a machine or a state names. */
export const languageOf = (fields: Fields, inherited: QueryLanguage, problems: Problems): QueryLanguage => {
  const named = fields.string('QueryLanguage');
  if (named === undefined || named === 'JSONata' || named === 'JSONPath') return named ?? inherited;
  problems.schema(`Expected 'JSONata' or 'JSONPath', but got '${named}'`, fields.at('QueryLanguage'));
  return 'JSONata';
};

/** Fields that only JSONPath states have, with what takes their place. */
export const JSONPATH_FIELDS: Readonly<Record<string, string>> = {
  InputPath: 'Arguments',
  Parameters: 'Arguments',
  ResultSelector: 'Output',
  ResultPath: 'Output or Assign',
  OutputPath: 'Output',
  Result: 'Output',
  ItemsPath: 'Items',
  MaxConcurrencyPath: 'MaxConcurrency',
  ToleratedFailurePercentagePath: 'ToleratedFailurePercentage',
  ToleratedFailureCountPath: 'ToleratedFailureCount',
  TimeoutSecondsPath: 'TimeoutSeconds',
  HeartbeatSecondsPath: 'HeartbeatSeconds',
  SecondsPath: 'Seconds',
  TimestampPath: 'Timestamp',
  ErrorPath: 'Error',
  CausePath: 'Cause',
  Variable: 'Condition',
  And: 'Condition',
  Or: 'Condition',
  Not: 'Condition',
};

/** Reports every field that only JSONPath has. */
export const reportJsonPath = (name: string, fields: Fields, { problems }: Reading): void => {
  for (const field of Object.keys(fields.object)) {
    const instead = Object.hasOwn(JSONPATH_FIELDS, field) ? JSONPATH_FIELDS[field] : undefined;
    if (instead === undefined) continue;
    problems.schema(
      `State '${name}' uses the JSONPath field '${field}', which is not supported: use JSONata with ${instead}`,
      fields.at(field),
    );
  }
};

/** Stands for a missing field, whose absence is a problem already. */
export const NOTHING: Template = { kind: 'constant', value: null };

/** Whether a value is a string of the form `{% … %}`. */
export const isExpression = (value: Json): boolean =>
  typeof value === 'string' && expressionIn(value) !== undefined;

/** A number that may also be an expression: literals are checked here, results when they are known. */
export const literalInteger = (fields: Fields, field: string, low: number, { problems }: Reading): void => {
  const value = fields.value(field);
  if (value === undefined || isExpression(value)) return;
  if (typeof value === 'number') fields.integer(field, low, MAX_SECONDS);
  else problems.schema('Expected an integer or a JSONata expression', fields.at(field));
};

/** A field's template; every expression in it must parse. */
export const readTemplate = (
  fields: Fields,
  field: string,
  location: string,
  { own, problems }: StateReading,
): Template | undefined => {
  const value = fields.value(field);
  if (value === undefined) return undefined;
  if (own === 'JSONPath') return { kind: 'constant', value };
  const template = toTemplate(value, location);
  for (const { source } of expressionsOf(template)) {
    try {
      compileExpression(source);
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      problems.schema(
        `The JSONata expression '${source}' does not parse: ${code}: ${message}`,
        fields.at(field),
      );
    }
  }
  return template;
};

const VARIABLE_NAME = /^[\p{ID_Start}][\p{ID_Continue}]{0,79}$/u;

const readAssign = (fields: Fields, reading: StateReading): Assignments | undefined => {
  const assign = fields.nested('Assign');
  return assign && Object.keys(assign.object).map((key) => readAssignment(assign, key, reading));
};

const readAssignment = (assign: Fields, key: string, reading: StateReading): Assignments[number] => {
  const { own, problems } = reading;
  const isPath = own === 'JSONPath' && key.endsWith('.$');
  const name = isPath ? key.slice(0, -2) : key;
  if (!VARIABLE_NAME.test(name) || name === 'states') {
    problems.schema(`'${name}' is not a valid variable name`, assign.at(key));
  }
  const value = assign.value(key);
  if (isPath) {
    const path = typeof value === 'string' ? toReferencePath(value) : undefined;
    if (path) return [name, path];
    problems.schema(`JSONPath ${JSON.stringify(value)} is not supported: use JSONata`, assign.at(key));
  }
  return [name, readTemplate(assign, key, `Assign/${key}`, reading) ?? NOTHING];
};

/** Reads `Assign` and `Output`. */
export const readHandover = (fields: Fields, reading: StateReading): Handover => ({
  assign: readAssign(fields, reading),
  output: readTemplate(fields, 'Output', 'Output', reading),
});
