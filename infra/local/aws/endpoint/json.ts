import { itemPath, type Missing, memberPath } from './required-members.ts';
import type { Member, Shape } from './shapes.ts';
import { readText, serializationError } from './text-values.ts';

/**
 * Reads a parsed JSON value by its shape: epoch seconds become dates, base64 becomes bytes; members that the shape does
 * not have are dropped, as AWS does.
 * @param missing takes the paths of required members that are not there
 * @throws AwsError `SerializationException` for a value of another type
 */
const readJson = (shape: Shape, value: unknown, path: string, missing: Missing): unknown => {
  switch (shape.kind) {
    case 'structure':
      return readJsonMembers(shape.members, value, path, missing);
    case 'list':
      if (!Array.isArray(value)) return mismatch('a list', value, path);
      return value.map((item, index) => readJson(shape.item.shape, item, itemPath(path, index), missing));
    case 'map':
      return mapValues(asObject(value, path), (item, key) =>
        readJson(shape.value.shape, item, memberPath(path, key), missing),
      );
    case 'document':
      return value;
    case 'string':
      return typeof value === 'string' ? value : mismatch('a string', value, path);
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch('true or false', value, path);
    case 'number':
      return typeof value === 'number' ? value : readText(shape, asText(value, 'a number', path), path);
    case 'timestamp':
      return typeof value === 'number'
        ? new Date(value * 1000)
        : readText(shape, asText(value, 'a time', path), path);
    case 'blob':
      return readText(shape, asText(value, 'base64 text', path), path);
  }
};

/** Reads an object's members; those of `members` only, so that a body's can be read without what HTTP carries elsewhere. */
export const readJsonMembers = (
  members: readonly Member[],
  value: unknown,
  path: string,
  missing: Missing,
): Record<string, unknown> => {
  const object = asObject(value, path);
  const result: Record<string, unknown> = {};
  for (const { name, shape, isRequired } of members) {
    const item = Object.hasOwn(object, name) ? object[name] : undefined;
    if (item !== undefined && item !== null)
      result[name] = readJson(shape, item, memberPath(path, name), missing);
    else if (isRequired) missing.push(memberPath(path, name));
  }
  return result;
};

/** Makes JSON of a value by its shape: dates become epoch seconds unless the model says otherwise, bytes become base64. */
const writeJson = (shape: Shape, value: unknown): unknown => {
  switch (shape.kind) {
    case 'structure':
      return writeJsonMembers(shape.members, value as Readonly<Record<string, unknown>>);
    case 'list':
      return (value as readonly unknown[]).map((item) => writeJson(shape.item.shape, item));
    case 'map':
      return mapValues(value as Readonly<Record<string, unknown>>, (item) =>
        writeJson(shape.value.shape, item),
      );
    case 'timestamp': {
      const time = value as Date;
      if (shape.format === 'date-time') return time.toISOString();
      return shape.format === 'http-date' ? time.toUTCString() : time.getTime() / 1000;
    }
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    default:
      return value;
  }
};

/** Makes a JSON object of the members that have a value. */
export const writeJsonMembers = (
  members: readonly Member[],
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  for (const { name, shape } of members) {
    const item = value[name];
    if (item !== undefined && item !== null) result[name] = writeJson(shape, item);
  }
  return result;
};

/** @throws AwsError `SerializationException` for text that is not JSON */
export const parseJson = (body: Buffer): unknown => {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (error) {
    throw serializationError(
      `The request's body is not JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
};

/** @throws AwsError `SerializationException` for text that is not a JSON object */
export const parseJsonObject = (body: Buffer): Readonly<Record<string, unknown>> =>
  asObject(parseJson(body), '');

/** Own properties only, defined rather than assigned: a key may be `__proto__`. */
const mapValues = (
  object: Readonly<Record<string, unknown>>,
  map: (value: unknown, key: string) => unknown,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) =>
      value === null || value === undefined ? [] : [[key, map(value, key)]],
    ),
  );

const asObject = (value: unknown, path: string): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : mismatch('an object', value, path);

const asText = (value: unknown, expected: string, path: string): string =>
  typeof value === 'string' ? value : mismatch(expected, value, path);

const mismatch = (expected: string, value: unknown, path: string): never => {
  const found = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a value of type ${typeof value}`;
  throw serializationError(`Expected ${expected}${path && ` at '${path}'`}, but found ${found}.`);
};
