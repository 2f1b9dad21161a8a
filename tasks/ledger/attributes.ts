import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** What an item of the ledger may hold. `undefined` fields are left out. */
type Plain = string | number | boolean | undefined | readonly Plain[] | { readonly [name: string]: Plain };

const toAttribute = (value: Exclude<Plain, undefined>): AttributeValue => {
  if (typeof value === 'string') return { S: value.toWellFormed() };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  return { M: toAttributes(value) };
};

/**
 * An object in DynamoDB's form, for the few types that the ledger holds. Half a surrogate pair becomes U+FFFD, as UTF-8 would make it.
 * @throws TypeError for a value that is none of them
 */
export const toAttributes = (item: object): Record<string, AttributeValue> =>
  Object.fromEntries(
    Object.entries(item)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        if (value === null || !['string', 'number', 'boolean', 'object'].includes(typeof value))
          throw new TypeError(
            `The ledger cannot hold ${name} = ${String(value)}: give text, a number, true or false`,
          );
        return [name.toWellFormed(), toAttribute(value)];
      }),
  );

const fromAttribute = (name: string, attribute: AttributeValue): unknown => {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.L !== undefined) return attribute.L.map((entry) => fromAttribute(name, entry));
  if (attribute.M !== undefined) return fromAttributes(attribute.M);
  throw new TypeError(
    `The ledger's attribute ${name} has the type ${Object.keys(attribute)[0]}, which Lockstep never writes`,
  );
};

/** The object that `toAttributes` made the attributes from. @throws TypeError for other attribute types */
export const fromAttributes = (attributes: Record<string, AttributeValue>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, fromAttribute(name, attribute)]),
  );
