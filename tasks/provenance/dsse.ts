import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { fingerprintOf } from '../evidence/sealing-key.ts';
import { lowS } from '../evidence/signature.ts';
import { isObject, parsedJson } from '../json.ts';

/** What in-toto statements are, by their media type. */
export const STATEMENT_TYPE = 'application/vnd.in-toto+json';

/**
 * A signed statement (Dead Simple Signing Envelope 1.0).
 * @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
 */
export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly {
    /** Fingerprint of the key. */
    readonly keyid: string;
    /** ECDSA over SHA-256, DER in Base64. */
    readonly sig: string;
  }[];
}

/** What is signed of a payload: with its type, so that nobody takes it for something else. Lengths are in bytes. */
const signedText = (payloadType: string, payload: string): string =>
  `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${Buffer.byteLength(payload)} ${payload}`;

/**
 * Signs a statement.
 * @param statement its text; with its type at most 4,096 bytes, as KMS signs no longer message
 * @param sign gives ECDSA over SHA-256, DER in Base64
 * @param publicKey of the signing key, PEM
 */
export async function signEnvelope(
  statement: string,
  sign: (message: string) => Promise<string>,
  publicKey: string,
): Promise<Envelope> {
  const signature = lowS(Buffer.from(await sign(signedText(STATEMENT_TYPE, statement)), 'base64'));
  return {
    payloadType: STATEMENT_TYPE,
    payload: Buffer.from(statement, 'utf8').toString('base64'),
    signatures: [{ keyid: fingerprintOf(publicKey), sig: signature.toString('base64') }],
  };
}

const isEnvelope = (value: unknown): value is Envelope =>
  isObject(value) &&
  typeof value.payloadType === 'string' &&
  typeof value.payload === 'string' &&
  Array.isArray(value.signatures) &&
  value.signatures.every(
    (one) => isObject(one) && typeof one.keyid === 'string' && typeof one.sig === 'string',
  );

/**
 * Reads what a key has signed.
 * @param text of the envelope
 * @param publicKey PEM
 * @returns the statement, as text and as what that holds; or what is wrong with it
 */
export function openEnvelope(
  text: string,
  publicKey: string | KeyObject,
): { readonly text: string; readonly statement: unknown } | { readonly problem: string } {
  return readEnvelope(parsedJson(text), publicKey);
}

/** Reads what a key has signed, as `openEnvelope`. @param envelope what may be one */
export function readEnvelope(
  envelope: unknown,
  publicKey: string | KeyObject,
): ReturnType<typeof openEnvelope> {
  if (!isEnvelope(envelope)) return { problem: 'it is no signed statement (a DSSE envelope)' };
  const { payloadType, payload, signatures } = envelope;
  if (payloadType !== STATEMENT_TYPE) return { problem: `it is of the type ${payloadType}` };
  const bytes = Buffer.from(payload, 'base64');
  const content = bytes.toString('utf8');
  const key = typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey;
  const message = Buffer.from(signedText(payloadType, content), 'utf8');
  const isSigned = signatures.some(({ sig }) => {
    try {
      return verify('sha256', message, key, Buffer.from(sig, 'base64'));
    } catch {
      return false;
    }
  });
  return isSigned
    ? { text: content, statement: parsedJson(content) }
    : { problem: `the key with the fingerprint ${fingerprintOf(key)} has not signed it, or it was changed` };
}

/** What an envelope must be to the last character, with what it holds: one signature, with the smaller `s`, by this key. */
export function envelopeAsWritten(envelope: unknown, key: KeyObject): Envelope | undefined {
  const [signature, ...others] = isEnvelope(envelope) ? envelope.signatures : [];
  if (!isEnvelope(envelope) || signature === undefined || others.length > 0) return undefined;
  return {
    payloadType: envelope.payloadType,
    payload: Buffer.from(envelope.payload, 'base64').toString('base64'),
    signatures: [
      { keyid: fingerprintOf(key), sig: lowS(Buffer.from(signature.sig, 'base64')).toString('base64') },
    ],
  };
}

/** What is in an envelope, by any signer; undefined if that is no JSON. */
export const contentOf = (envelope: unknown): unknown =>
  isEnvelope(envelope) ? parsedJson(Buffer.from(envelope.payload, 'base64').toString('utf8')) : undefined;
