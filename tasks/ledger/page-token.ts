import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isObject, parsedJson } from '../json.ts';
import { cutText } from '../truncate-text.ts';
import { fromAttributes, toAttributes } from './attributes.ts';
import { ledgerSchema } from './ledger.ts';
import { ALL_PROMOTIONS, SUMMARY } from './stored.ts';

/** What was given as the place of a listing's next page is none. */
export class PageTokenError extends Error {
  override readonly name = 'PageTokenNotValid';
}

/** Longest sort key in bytes; a partition key may have twice that (DynamoDB's service quotas). */
const MAX_KEY_BYTES = 1024;

/** Whether DynamoDB takes a key. Others come from links and events, and no item has one. */
export const isUsableKey = (key: string): boolean => key !== '' && Buffer.byteLength(key) <= MAX_KEY_BYTES;

const { partitionKey, sortKey, indexes } = ledgerSchema;

/** Where the next page of all promotions begins, as text that comes back with a link. */
export const pageToken = {
  of: (key: Record<string, AttributeValue>): string =>
    Buffer.from(JSON.stringify(fromAttributes(key))).toString('base64url'),
  /** @throws PageTokenError for what DynamoDB would not take as the place of a promotion */
  read: (token: string): Record<string, AttributeValue> => {
    const key = parsedJson(Buffer.from(token, 'base64url').toString('utf8'));
    const {
      [partitionKey]: pk,
      [sortKey]: sk,
      [indexes.promotions.partitionKey]: all,
      [indexes.promotions.sortKey]: startedAt,
      ...more
    } = isObject(key) ? key : {};
    const isKey =
      [pk, startedAt].every((text) => typeof text === 'string' && isUsableKey(text)) &&
      sk === SUMMARY &&
      all === ALL_PROMOTIONS &&
      Object.keys(more).length === 0;
    if (!isKey)
      throw new PageTokenError(
        `${JSON.stringify(cutText(token, 80))} is no page of promotions. Use the value that the page before gave.`,
      );
    return toAttributes(key as object);
  },
};
