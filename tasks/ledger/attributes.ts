import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { wellFormed } from '../canonical-json.ts';

/**
 * An object as DynamoDB's attributes; fields that are `undefined` are left out.
 * @throws Error for a number that DynamoDB cannot hold, and for an instance of a class
 */
export const toAttributes = (item: object): Record<string, AttributeValue> =>
  marshall(wellFormed(item), { removeUndefinedValues: true });

/** The object that `toAttributes` made the attributes from. */
export const fromAttributes = (attributes: Record<string, AttributeValue>): Record<string, unknown> =>
  unmarshall(attributes);
