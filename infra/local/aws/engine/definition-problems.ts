import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts';

/** One thing that is wrong with a definition. */
interface Problem {
  readonly code: 'INVALID_JSON_DESCRIPTION' | 'SCHEMA_VALIDATION_FAILED' | 'MISSING_TRANSITION_TARGET';
  readonly text: string;
  /** JSON path of where it stands. */
  readonly path: string;
}

/** A definition is invalid. The message has the form in which AWS words it. */
export class InvalidDefinitionError extends Error {
  override readonly name = 'InvalidDefinition';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const texts = problems.map(({ code, text, path }) => `${code}: ${text} at ${path}`);
    super(`Invalid State Machine Definition: '${texts.join(', ')}'`);
    this.problems = problems;
  }
}

/** Collects what is wrong with a definition, so that one error names all of it. */
export interface Problems {
  readonly list: Problem[];
  /** A field or value that the States Language does not allow here. */
  readonly schema: (text: string, path: string) => void;
  /** A transition to nowhere, or a state that nothing leads to. */
  readonly target: (text: string, path: string) => void;
}

/** An empty collection. */
export const createProblems = (): Problems => {
  const list: Problem[] = [];
  return {
    list,
    schema: (text, path) => list.push({ code: 'SCHEMA_VALIDATION_FAILED', text, path }),
    target: (text, path) => list.push({ code: 'MISSING_TRANSITION_TARGET', text, path }),
  };
};

/** Reads the fields of one JSON object of a definition; what is wrong goes to the problems. */
export interface Fields {
  readonly path: string;
  readonly object: JsonObject;
  readonly at: (field: string) => string;
  readonly has: (field: string) => boolean;
  readonly value: (field: string) => Json | undefined;
  readonly require: (...fields: string[]) => void;
  readonly string: (field: string) => string | undefined;
  readonly integer: (field: string, low: number, high: number) => number | undefined;
  readonly number: (field: string, low: number) => number | undefined;
  readonly objects: (field: string) => readonly Fields[];
  readonly nested: (field: string) => Fields | undefined;
}

const show = (value: Json): string => {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/** Fields of `object`, which stands at `path` of the definition. */
export const fieldsOf = (object: JsonObject, path: string, problems: Problems): Fields => {
  const at = (field: string) => (path === '/' ? `/${field}` : `${path}/${field}`);
  const value = (field: string) => (Object.hasOwn(object, field) ? object[field] : undefined);
  const expect = (field: string, what: string, found: Json) =>
    problems.schema(`Expected ${what}, but got ${show(found)}`, at(field));
  const numeric = (field: string, what: string, holds: (number: number) => boolean) => {
    const found = value(field);
    if (found === undefined) return undefined;
    if (typeof found === 'number' && holds(found)) return found;
    expect(field, what, found);
    return undefined;
  };
  return {
    path,
    object,
    at,
    value,
    has: (field) => Object.hasOwn(object, field),
    require: (...fields) => {
      const missing = fields.filter((field) => !Object.hasOwn(object, field));
      if (missing.length > 0) problems.schema(`These fields are required: [${missing.join(', ')}]`, path);
    },
    string: (field) => {
      const found = value(field);
      if (found === undefined || typeof found === 'string') return found;
      expect(field, 'a string', found);
      return undefined;
    },
    integer: (field, low, high) =>
      numeric(
        field,
        `an integer from ${low} to ${high}`,
        (n) => Number.isInteger(n) && n >= low && n <= high,
      ),
    number: (field, low) => numeric(field, `a number of at least ${low}`, (n) => n >= low),
    objects: (field) => {
      const found = value(field);
      if (found === undefined) return [];
      if (!isJsonArray(found)) {
        expect(field, 'a list of objects', found);
        return [];
      }
      return found.flatMap((item, i) => {
        if (isJsonObject(item)) return [fieldsOf(item, `${at(field)}[${i}]`, problems)];
        problems.schema(`Expected an object, but got ${show(item)}`, `${at(field)}[${i}]`);
        return [];
      });
    },
    nested: (field) => {
      const found = value(field);
      if (found === undefined) return undefined;
      if (isJsonObject(found)) return fieldsOf(found, at(field), problems);
      expect(field, 'an object', found);
      return undefined;
    },
  };
};
