import type { ResourceContext, ResourceProperties } from '../host.ts';

/** A resource has a property that is missing, of the wrong type, or not known to the emulator. */
class PropertyError extends Error {
  override readonly name = 'PropertyError';
}

/**
 * Reads the properties of one resource, or of an object within them, and checks each as it is read. CloudFormation gives
 * numbers and booleans as text too (from parameters and `Fn::Join`), so both forms are taken.
 */
export interface PropertyReader {
  /** Fails for properties other than these: those that are read, and those that make no difference locally. */
  readonly only: (...names: readonly string[]) => void;
  readonly has: (name: string) => boolean;
  readonly string: (name: string) => string;
  readonly optionalString: (name: string) => string | undefined;
  readonly number: (name: string) => number;
  readonly optionalNumber: (name: string) => number | undefined;
  readonly optionalBoolean: (name: string) => boolean | undefined;
  /** A list of strings; a single string counts as a list of one, a missing list as an empty one. */
  readonly strings: (name: string) => readonly string[];
  /** An object whose values are strings (numbers and booleans become text); a missing one is empty. */
  readonly stringMap: (name: string) => Readonly<Record<string, string>>;
  /** The raw object. */
  readonly object: (name: string) => ResourceProperties;
  /** A reader of the object; it must be there. */
  readonly at: (name: string) => PropertyReader;
  /** A reader of the object, if it is there. */
  readonly optionalAt: (name: string) => PropertyReader | undefined;
  /** A reader of each object of the list; a missing list is empty. */
  readonly each: (name: string) => readonly PropertyReader[];
  /** An error about this property. @param problem for example `must be a commit id` */
  readonly error: (name: string, problem: string) => PropertyError;
}

/**
 * A reader for a resource's properties; its errors name type, stack, logical id and property.
 * @throws PropertyError from each method, for what is missing or not of the type asked for
 */
export const readProperties = (
  type: string,
  context: ResourceContext,
  properties: ResourceProperties,
): PropertyReader => reader(`${type} ${context.stackName}/${context.logicalId}`, '', properties);

const isObject = (value: unknown): value is ResourceProperties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const reader = (subject: string, path: string, properties: ResourceProperties): PropertyReader => {
  const error = (name: string, problem: string) =>
    new PropertyError(
      `${subject}: property ${path}${name} ${problem}; received ${describeValue(properties[name])}.`,
    );
  const optional = <Value>(name: string, read: (value: unknown) => Value | undefined, kind: string) => {
    const value = properties[name];
    if (value === undefined || value === null) return undefined;
    const result = read(value);
    if (result === undefined) throw error(name, `must be ${kind}`);
    return result;
  };
  const required = <Value>(name: string, value: Value | undefined): Value => {
    if (value === undefined) throw error(name, 'is required');
    return value;
  };
  const text = (value: unknown) => (isScalar(value) ? String(value) : undefined);
  const numeric = (value: unknown) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
  };
  const flag = (value: unknown) =>
    value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
  const texts = (value: unknown) => {
    const list = Array.isArray(value) ? value : [value];
    return list.every(isScalar) ? list.map(String) : undefined;
  };
  const textMap = (value: unknown) =>
    isObject(value) && Object.values(value).every(isScalar)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]))
      : undefined;
  const objects = (value: unknown) => (Array.isArray(value) && value.every(isObject) ? value : undefined);
  const object = (value: unknown) => (isObject(value) ? value : undefined);
  const optionalAt = (name: string) => {
    const value = optional(name, object, 'an object');
    return value && reader(subject, `${path}${name}.`, value);
  };

  return {
    only: (...names) => {
      for (const name of Object.keys(properties))
        if (!names.includes(name)) throw error(name, 'is not known to the emulator');
    },
    has: (name) => properties[name] !== undefined && properties[name] !== null,
    string: (name) => required(name, optional(name, text, 'a string')),
    optionalString: (name) => optional(name, text, 'a string'),
    number: (name) => required(name, optional(name, numeric, 'a number')),
    optionalNumber: (name) => optional(name, numeric, 'a number'),
    optionalBoolean: (name) => optional(name, flag, 'true or false'),
    strings: (name) => optional(name, texts, 'a list of strings') ?? [],
    stringMap: (name) => optional(name, textMap, 'an object of strings') ?? {},
    object: (name) => required(name, optional(name, object, 'an object')),
    at: (name) => required(name, optionalAt(name)),
    optionalAt,
    each: (name) =>
      (optional(name, objects, 'a list of objects') ?? []).map((item, index) =>
        reader(subject, `${path}${name}[${index}].`, item),
      ),
    error,
  };
};

/** A value for an error text, short and on one line. */
const describeValue = (value: unknown): string => {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 200 ? `${json.slice(0, 200)}…` : json;
};
