import { EVIDENCE_FORMAT, type FinalState, type Seal } from './chain.ts';
import { serialize } from './evidence-file.ts';
import { statementProblems } from './record-statements.ts';
import { fingerprintOf, readExpectedKey, readFileKey } from './sealing-key.ts';
import { type ClaimedEntry, type EvidenceProblem, verifyChain } from './verify-chain.ts';
import { verifySeal } from './verify-seal.ts';

/** What checking a file found. */
export interface Verification {
  readonly promotionId: string;
  readonly entries: readonly ClaimedEntry[];
  /** Empty only for a complete record, sealed to its end by the expected key. */
  readonly problems: readonly EvidenceProblem[];
  /** Last entry that a good seal covers; 0 if none does. */
  readonly sealedUpTo: number;
  /** When the last good seal was made, ISO 8601. */
  readonly sealedAt?: string;
  /** The state that the last good seal names. */
  readonly state?: FinalState;
  /** How many statements of where images and archives come from the file brings. */
  readonly statements: number;
  /** The key that signed, as the file gives it. */
  readonly key?: { readonly arn: string; readonly fingerprint: string };
}

/** What must be true of a record besides what it says itself. A file can bring any key, and an older record of its own. */
export interface Expectation {
  /** The key that must have signed, known by other means than the file: PEM, or its fingerprint in 64 hexadecimal digits. */
  readonly key?: string | undefined;
  /** The state that the promotion ended in. @default any that no redrive continues */
  readonly state?: FinalState | undefined;
  /** A sealed copy of the bucket has no statements: they lie beside it. @default the file is an export, which has them */
  readonly isSealedCopy?: boolean;
}

/** After these, a redrive can continue the promotion for 14 days, and its record with it. */
const REDRIVABLE: readonly FinalState[] = ['FAILED', 'TIMED_OUT', 'ABORTED'];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const nothing = (message: string): Verification => ({
  promotionId: '',
  entries: [],
  problems: [{ kind: 'unreadable', message }],
  sealedUpTo: 0,
  statements: 0,
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

const stateProblem = (state: FinalState, expected: FinalState | undefined): EvidenceProblem | undefined => {
  if (expected !== undefined)
    return state === expected
      ? undefined
      : {
          kind: 'another-state',
          message: `The record ends as ${state}, and ${expected} was expected: it is cut short, or another promotion's.`,
        };
  return REDRIVABLE.includes(state)
    ? {
        kind: 'may-go-on',
        message:
          `The record ends as ${state}, and a redrive may have continued it since. ` +
          `If the promotion ended so, as the promotions page says, give --state ${state}.`,
      }
    : undefined;
};

/**
 * Checks a file offline: every byte of it counts.
 * @param bytes the file
 * @throws TypeError if the expected key is neither a public key nor a fingerprint
 */
export function verifyEvidence(bytes: Uint8Array, expected: Expectation = {}): Verification {
  const expectedFingerprint = readExpectedKey(expected.key);
  const parsed = parse(bytes);
  if (typeof parsed === 'string') return nothing(parsed);
  const { text, value: file } = parsed;
  if (!isObject(file) || file.format !== EVIDENCE_FORMAT)
    return nothing(
      `The file is no record of the format ${EVIDENCE_FORMAT}, got ${JSON.stringify(isObject(file) ? file.format : file)?.slice(0, 80)}.`,
    );
  const { format: _, promotionId, entries, seals, key, statements, ...unknown } = file;
  if (
    typeof promotionId !== 'string' ||
    !Array.isArray(entries) ||
    !entries.every(isObject) ||
    entries.length === 0 ||
    !Array.isArray(seals) ||
    !seals.every(isObject) ||
    // An export without any has no such field.
    (statements !== undefined && (!Array.isArray(statements) || statements.length === 0)) ||
    (key !== undefined && (!isObject(key) || Object.keys(key).sort().join() !== 'arn,publicKey')) ||
    Object.keys(unknown).length > 0
  )
    return nothing(
      'The file must hold format, promotionId, a list of entries, a list of seals, the key of the seals, a list of statements, and nothing else.',
    );

  const claimed = seals as unknown as readonly Seal[];
  const publicKey = key === undefined ? undefined : readFileKey(key.publicKey);
  const problems: EvidenceProblem[] = [];
  const goodSeals: Seal[] = [];
  if (claimed.length === 0)
    problems.push({
      kind: 'not-sealed',
      message:
        'The record is not sealed yet, or its seals are missing: Lockstep signs it when the promotion ends.',
    });
  if (claimed.length > 0 && publicKey === undefined)
    problems.push({ kind: 'another-key', message: 'The public key in the file is missing or was changed.' });
  if (expectedFingerprint === undefined)
    problems.push({
      kind: 'no-expected-key',
      message:
        'Nobody said which key must have signed: the file may bring any. ' +
        "Give the account's public key in PEM, or its fingerprint, with --key.",
    });
  else if (publicKey && fingerprintOf(publicKey) !== expectedFingerprint)
    problems.push({
      kind: 'another-key',
      message: `The file was signed by another key: its fingerprint is ${fingerprintOf(publicKey)}, the expected key's is ${expectedFingerprint}.`,
    });
  const isWhole = verifyChain(promotionId, entries).length === 0;
  if (publicKey)
    for (const seal of claimed) {
      const found = verifySeal(promotionId, seal, entries, isWhole, publicKey, key?.arn);
      if (found) problems.push(found);
      else goodSeals.push(seal);
    }
  const counts = claimed.map((seal) => seal.entries);
  if (counts.some((count, index) => index > 0 && !(count > (counts[index - 1] ?? 0))))
    problems.push({ kind: 'seal', message: 'The seals are out of order, or one is there twice.' });

  const last = goodSeals.sort((a, b) => a.entries - b.entries).at(-1);
  const covered = last?.entries ?? 0;
  if (last !== undefined && entries.some(({ sequence }) => Number(sequence) > covered))
    problems.push({
      kind: 'not-covered',
      message: `The last seal covers entries 1 to ${covered}; nobody signed what comes after.`,
    });
  if (last !== undefined) {
    const found = stateProblem(last.state, expected.state);
    if (found) problems.push(found);
  }
  problems.unshift(...verifyChain(promotionId, entries, covered));
  if (publicKey && !expected.isSealedCopy)
    problems.push(...statementProblems(entries, statements ?? [], publicKey));
  const written = serialize(file);
  if (text !== written)
    problems.push({
      kind: 'form',
      message: `The file is not written as Lockstep writes it: line ${differsAt(text, written)} was changed.`,
    });
  return {
    promotionId,
    entries,
    problems,
    sealedUpTo: covered,
    statements: statements?.length ?? 0,
    ...(last && { sealedAt: last.at, state: last.state }),
    ...(publicKey && key && { key: { arn: String(key.arn), fingerprint: fingerprintOf(publicKey) } }),
  };
}
