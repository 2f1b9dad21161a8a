import { createHash } from 'node:crypto';

/** What evidence may hold: plain JSON without null. Fields that are `undefined` count as absent. */
export type Json =
  | string
  | number
  | boolean
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/**
 * The one form of a value: object keys in order of their code units, absent fields left out, and text that UTF-8 can
 * carry (half a surrogate pair, as cutting a text leaves it, becomes U+FFFD: DynamoDB would change it likewise).
 */
export const canonical = (value: unknown): unknown => {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, entry]) => [canonical(name), canonical(entry)]),
  );
};

/** A value as JSON without spaces, the same for the same content: what is hashed and signed. */
export const canonicalJson = (value: unknown): string => JSON.stringify(canonical(value));

/** SHA-256 of a value's canonical JSON, 64 hexadecimal digits. */
export const digestOf = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
