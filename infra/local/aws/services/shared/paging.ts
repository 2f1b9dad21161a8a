import { AwsError } from '../../host.ts';

/** One page of a list, and the token of the next. */
interface Page<Item> {
  readonly items: Item[];
  readonly nextToken?: string;
}

/**
 * Cuts a page out of a list. Tokens are opaque and hold the index of the next item.
 * @param size items per page; `fallback` where the caller gave none
 * @param errorName the error code of the service for a token that it did not give
 */
export const page = <Item>(
  items: readonly Item[],
  token: string | undefined,
  size: number | undefined,
  { fallback = 100, errorName = 'InvalidNextTokenException' } = {},
): Page<Item> => {
  const decoded = token === undefined ? '0' : Buffer.from(token, 'base64url').toString('utf8');
  const start = Number(decoded);
  if (!/^\d+$/.test(decoded) || start > items.length)
    throw new AwsError(errorName, `The token "${token}" was not given by an earlier answer; leave it out.`);
  const end = start + Math.max(1, size ?? fallback);
  return {
    items: items.slice(start, end),
    ...(end < items.length && { nextToken: Buffer.from(String(end)).toString('base64url') }),
  };
};
