import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** What evidence may hold: plain JSON without null. Fields that are `undefined` count as absent. */
export type Json =
  | string
  | number
  | boolean
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/**
 * A value with text that UTF-8 can carry: half a surrogate pair, as cutting a text leaves it, becomes U+FFFD. RFC 8785
 * does not allow one, and DynamoDB replaces it likewise.
 */
export function wellFormed<Value>(value: Value): Value;
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map((entry: unknown) => wellFormed(entry));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name.toWellFormed(), wellFormed<unknown>(entry)]),
  );
}

/**
 * A value in the JSON Canonicalization Scheme (RFC 8785), the same for the same content: what is hashed and signed.
 * @throws Error for NaN and infinite numbers
 */
export const canonicalJson = (value: unknown): string => canonicalize(wellFormed(value)) ?? '';

/** A value as its canonical JSON reads: keys in order, absent fields left out. */
export const canonical = (value: unknown): unknown => JSON.parse(canonicalJson(value));

/** SHA-256 of a value's canonical JSON, 64 hexadecimal digits. */
export const digestOf = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
