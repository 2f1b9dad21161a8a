import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import { EVIDENCE_FORMAT, type Seal, sealedStatement } from './chain.ts';
import { serialize } from './evidence-file.ts';
import { type ClaimedEntry, type EvidenceProblem, verifyChain } from './verify-chain.ts';

/** What checking a file found. */
export interface Verification {
  readonly promotionId: string;
  readonly entries: readonly ClaimedEntry[];
  /** Empty if everything is as it was recorded. */
  readonly problems: readonly EvidenceProblem[];
  /** Last entry that a good seal covers; 0 if nothing is sealed. What comes after is linked, but nobody signed it. */
  readonly sealedUpTo: number;
  /** When the last good seal was made, ISO 8601. */
  readonly sealedAt?: string;
  /** The key that signed, as the file gives it. */
  readonly key?: { readonly arn: string; readonly fingerprint: string };
}

/** SHA-256 of a public key in DER, as `sha256sum` prints it for what `aws kms get-public-key` gives. */
export const fingerprintOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex');

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const nothing = (message: string): Verification => ({
  promotionId: '',
  entries: [],
  problems: [{ kind: 'unreadable', message }],
  sealedUpTo: 0,
});

const parse = (bytes: Uint8Array): { readonly text: string; readonly value: unknown } | string => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, value: JSON.parse(text) as unknown };
  } catch (error) {
    return `The file cannot be read as JSON: ${(error as Error).message}`;
  }
};

/** The line of the first difference, counted from 1. */
const differsAt = (text: string, expected: string): number => {
  let index = 0;
  while (index < text.length && text[index] === expected[index]) index += 1;
  return text.slice(0, index).split('\n').length;
};

const readKey = (pem: unknown): KeyObject | undefined => {
  try {
    const key = createPublicKey(String(pem));
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return undefined;
    // Another text of the same key is a changed file all the same.
    return key.export({ format: 'pem', type: 'spki' }) === pem ? key : undefined;
  } catch {
    return undefined;
  }
};

const sealProblem = (
  promotionId: string,
  seal: Seal,
  entries: readonly ClaimedEntry[],
  key: KeyObject,
  keyArn: unknown,
): EvidenceProblem | undefined => {
  const { sequence, signature } = seal;
  const named = `The seal over entries 1 to ${String(sequence)}`;
  const bytes = Buffer.from(String(signature), 'base64');
  const isSigned =
    bytes.toString('base64') === signature &&
    Object.keys(seal).length === 5 &&
    verify('sha256', Buffer.from(canonicalJson(sealedStatement(promotionId, seal)), 'utf8'), key, bytes);
  if (!isSigned || seal.key !== keyArn)
    return {
      kind: 'another-key',
      message: `${named} is not signed by the key ${String(keyArn)} with the fingerprint ${fingerprintOf(key)}: another key signed, or the seal was changed.`,
    };
  const sealed = entries.find((entry) => entry.sequence === sequence);
  // A missing entry is named by the chain.
  return sealed !== undefined && sealed.hash !== seal.head
    ? {
        kind: 'seal',
        sequence,
        message: `${named} was made over another entry ${sequence}: this one, or one before it, was replaced.`,
      }
    : undefined;
};

/**
 * Checks a file offline: every byte of it counts.
 * @param bytes the file
 * @param pinned PEM of the public key that must have signed, fetched by other means than the file
 * @throws TypeError if `pinned` is no public key
 */
export function verifyEvidence(bytes: Uint8Array, pinned?: string): Verification {
  const parsed = parse(bytes);
  if (typeof parsed === 'string') return nothing(parsed);
  const { text, value: file } = parsed;
  if (!isObject(file) || file.format !== EVIDENCE_FORMAT)
    return nothing(
      `The file is no record of the format ${EVIDENCE_FORMAT}, got ${JSON.stringify(isObject(file) ? file.format : file)?.slice(0, 80)}.`,
    );
  const { format: _, promotionId, entries, seals, key, ...unknown } = file;
  if (
    typeof promotionId !== 'string' ||
    !Array.isArray(entries) ||
    !entries.every(isObject) ||
    entries.length === 0 ||
    !Array.isArray(seals) ||
    !seals.every(isObject) ||
    (key !== undefined && (!isObject(key) || Object.keys(key).sort().join() !== 'arn,publicKey')) ||
    Object.keys(unknown).length > 0
  )
    return nothing(
      'The file must hold format, promotionId, a list of entries, a list of seals, the key of the seals, and nothing else.',
    );

  const problems: EvidenceProblem[] = [];
  const goodSeals: Seal[] = [];
  const claimed = seals as unknown as readonly Seal[];
  const reaches = claimed.map(({ sequence }) => (Number.isSafeInteger(sequence) ? sequence : 0));
  const publicKey = key === undefined ? undefined : readKey(key.publicKey);
  const pinnedKey = pinned === undefined ? undefined : pinnedFrom(pinned);
  if (claimed.length > 0 && publicKey === undefined)
    problems.push({ kind: 'another-key', message: 'The public key in the file is missing or was changed.' });
  if (claimed.length === 0 && key !== undefined)
    problems.push({ kind: 'seal', message: 'The file holds a key and no seal: the seals are missing.' });
  if (pinnedKey && claimed.length === 0)
    problems.push({
      kind: 'another-key',
      message: `Nothing in the file is signed, and the key with the fingerprint ${fingerprintOf(pinnedKey)} was asked for.`,
    });
  if (pinnedKey && publicKey && fingerprintOf(pinnedKey) !== fingerprintOf(publicKey))
    problems.push({
      kind: 'another-key',
      message: `The file was signed by another key: its fingerprint is ${fingerprintOf(publicKey)}, the given key's is ${fingerprintOf(pinnedKey)}.`,
    });
  if (publicKey)
    for (const seal of claimed) {
      const found = sealProblem(promotionId, seal, entries, publicKey, key?.arn);
      if (found) problems.push(found);
      else goodSeals.push(seal);
    }
  if (reaches.some((environmentAccess, index) => index > 0 && environmentAccess <= (reaches[index - 1] ?? 0)))
    problems.push({ kind: 'seal', message: 'The seals are out of order, or one is there twice.' });

  const covered = Math.max(0, ...goodSeals.map(({ sequence }) => sequence));
  problems.unshift(...verifyChain(promotionId, entries, covered));
  const expected = serialize(file);
  if (problems.length === 0 && text !== expected)
    problems.push({
      kind: 'form',
      message: `The file says what was recorded, but is not written as Lockstep writes it: line ${differsAt(text, expected)} was changed.`,
    });
  const last = goodSeals.at(-1);
  return {
    promotionId,
    entries,
    problems,
    sealedUpTo: covered,
    ...(last && { sealedAt: last.at }),
    ...(publicKey && key && { key: { arn: String(key.arn), fingerprint: fingerprintOf(publicKey) } }),
  };
}

const pinnedFrom = (pem: string): KeyObject => {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new TypeError(`The given key is no public key in PEM: ${(error as Error).message}`, {
      cause: error,
    });
  }
};
