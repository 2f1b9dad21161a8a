import { isObject } from '../json.ts';
import { unknownShape } from './provider-api.ts';

// What does not have the form that a provider documents is not guessed at.

type Fields = Readonly<Record<string, unknown>>;

/** One answer of a provider. */
export interface Reading {
  readonly provider: string;
  /** The path that was asked for, for errors. */
  readonly path: string;
}

/** An answer that does not have the form that its provider documents. */
export const unknown = ({ provider, path }: Reading, what: string): Error =>
  unknownShape(provider, path, what);

/** An object. @throws RepositoryUnreadableError */
export const fields = (reading: Reading, value: unknown, what: string): Fields => {
  if (isObject(value) && !Array.isArray(value)) return value;
  throw unknown(reading, `has no ${what}`);
};
/** A list. @throws RepositoryUnreadableError */
export const list = (reading: Reading, value: unknown, what: string): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  throw unknown(reading, `has no ${what}`);
};
/** A text. @throws RepositoryUnreadableError */
export const text = (reading: Reading, value: unknown, what: string): string => {
  if (typeof value === 'string') return value;
  throw unknown(reading, `has no ${what}`);
};
/** 40 hexadecimal digits. @throws RepositoryUnreadableError */
export const commitId = (reading: Reading, value: unknown, what: string): string => {
  const id = text(reading, value, what);
  if (/^[0-9a-f]{40}$/.test(id)) return id;
  throw unknown(reading, `has no commit id as ${what}`);
};
/** Bytes in base64, which may have line breaks. @throws RepositoryUnreadableError */
export const bytes = (reading: Reading, value: unknown, what: string): Uint8Array => {
  const encoded = text(reading, value, what).replace(/\s/g, '');
  const decoded = Buffer.from(encoded, 'base64');
  // Buffer passes over what is not base64.
  if (decoded.toString('base64') === encoded) return decoded;
  throw unknown(reading, `has no base64 as ${what}`);
};
/** A time, in ms. @throws RepositoryUnreadableError */
export const time = (reading: Reading, value: unknown, what: string): number => {
  const at = Date.parse(text(reading, value, what));
  if (!Number.isNaN(at)) return at;
  throw unknown(reading, `has no time as ${what}`);
};

/** A time as git writes it. @param at in ms */
export const gitTime = (at: number): string => `${Math.floor(at / 1000)} +0000`;
