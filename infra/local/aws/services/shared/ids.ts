import { createHash } from 'node:crypto';

/** A UUID that is the same for the same parts, so that doing something again after a crash gives the same id. */
export const stableUuid = (...parts: readonly (string | number)[]): string => {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  // Version 5 (from a name) and variant bits, as RFC 9562 has them.
  const variant = ((Number.parseInt(hash.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `${variant}${hash.slice(18, 20)}`,
    hash.slice(20, 32),
  ].join('-');
};

/** Hexadecimal SHA-256 of a JSON value; object keys count in the order in which they stand. */
export const contentHash = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');
