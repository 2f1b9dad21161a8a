import { NormalizedSchema } from '@smithy/core/schema';

/** What a task's Arguments hold is not in the shape of the call. */
export class ArgumentsError extends Error {
  override readonly name = 'States.Runtime';
}

type Plain = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const pascal = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/**
 * Turns a task's Arguments, whose members begin with capitals, into the input of an SDK client's command.
 * @param path for error texts
 * @throws ArgumentsError for a member that the command does not have, and for a value of another kind
 */
export const toSdkInput = (schema: NormalizedSchema, value: unknown, path = ''): unknown => {
  if (value === null || value === undefined) return undefined;
  const wrong = (kind: string) => new ArgumentsError(`The field '${path || '/'}' must be ${kind}.`);
  if (schema.isStructSchema()) {
    if (!isObject(value)) throw wrong('an object');
    const members = new Map<string, [string, NormalizedSchema]>();
    for (const [name, member] of schema.structIterator()) members.set(pascal(name), [name, member]);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const [name, member] = members.get(key) ?? [];
        if (name && member) return [name, toSdkInput(member, inner, `${path}/${key}`)];
        const known = [...members.keys()].sort().join(', ');
        throw new ArgumentsError(
          `The field '${path}/${key}' is not supported by the call. It takes: ${known}`,
        );
      }),
    );
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw wrong('a list');
    return value.map((item, i) => toSdkInput(schema.getValueSchema(), item, `${path}[${i}]`));
  }
  if (schema.isMapSchema()) {
    if (!isObject(value)) throw wrong('an object');
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        toSdkInput(schema.getValueSchema(), item, `${path}/${key}`),
      ]),
    );
  }
  if (schema.isBlobSchema()) {
    return new Uint8Array(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  }
  if (schema.isTimestampSchema()) {
    const date = new Date(typeof value === 'number' ? value * 1000 : String(value));
    if (Number.isNaN(date.getTime())) throw wrong('a date');
    return date;
  }
  return value;
};

/** Turns an SDK command's output into a task's result: members with capitals, dates as ISO 8601, bytes as text. */
export const toTaskResult = (schema: NormalizedSchema, value: unknown): unknown => {
  if (value === null || value === undefined) return undefined;
  if (schema.isStructSchema() && isObject(value)) {
    const members: [string, unknown][] = [];
    for (const [name, member] of schema.structIterator()) {
      const inner = toTaskResult(member, value[name]);
      if (inner !== undefined) members.push([pascal(name), inner]);
    }
    return Object.fromEntries(members);
  }
  if (schema.isListSchema() && Array.isArray(value)) {
    return value.map((item) => toTaskResult(schema.getValueSchema(), item) ?? null);
  }
  if (schema.isMapSchema() && isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, toTaskResult(schema.getValueSchema(), item)]),
    );
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return value;
};

/** Input and output schema of an operation, from its client's module; undefined when the client has no such operation. */
export const shapesOf = (
  module: object,
  operation: string,
): { readonly input: NormalizedSchema; readonly output: NormalizedSchema } | undefined => {
  const schema: unknown = (module as Plain)[`${operation}$`];
  // [9, namespace, name, traits, input, output]: an operation, as the pinned clients write it down.
  if (!Array.isArray(schema) || schema[0] !== 9) return undefined;
  return { input: NormalizedSchema.of(schema[4]), output: NormalizedSchema.of(schema[5]) };
};
