import { type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import { type EvidenceEntry, finalState, type Seal, sealedStatement } from './chain.ts';
import { fingerprintOf } from './sealing-key.ts';
import { lowS } from './signature.ts';
import type { ClaimedEntry, EvidenceProblem } from './verify-chain.ts';

const FIELDS = ['at', 'entries', 'head', 'key', 'signature', 'state'].join();

/**
 * Checks one seal against the entries and the key of its file.
 * @param isWhole whether the entries are as they were recorded: only then their final state counts
 * @param keyArn the key's name in the file
 * @returns what is wrong; entries that are missing or changed are the chain's to name
 */
export function verifySeal(
  promotionId: string,
  seal: Seal,
  entries: readonly ClaimedEntry[],
  isWhole: boolean,
  key: KeyObject,
  keyArn: unknown,
): EvidenceProblem | undefined {
  const { entries: count, state, head, signature } = seal;
  const named = `The seal over entries 1 to ${String(count)}`;
  const bytes = Buffer.from(String(signature), 'base64');
  const statement = Buffer.from(canonicalJson(sealedStatement(promotionId, seal)), 'utf8');
  const isSigned =
    Object.keys(seal).sort().join() === FIELDS &&
    bytes.toString('base64') === signature &&
    verify('sha256', statement, key, bytes);
  if (!isSigned)
    return {
      kind: 'signature',
      message: `${named} has no valid signature by the key with the fingerprint ${fingerprintOf(key)}: another key signed, or the seal was changed.`,
    };
  if (!lowS(bytes).equals(bytes))
    return {
      kind: 'high-s',
      message: `${named} has a signature with the larger value of s, which Lockstep never writes: it was changed.`,
    };
  if (seal.key !== keyArn)
    return {
      kind: 'another-key',
      message: `${named} is signed by the key ${String(seal.key)}, and the file gives the key ${String(keyArn)}.`,
    };
  const sealed = entries.find(({ sequence }) => sequence === count);
  if (sealed === undefined) return undefined;
  if (sealed.hash !== head)
    return {
      kind: 'seal',
      sequence: count,
      message: `${named} was made over another entry ${count}: this one, or one before it, was replaced.`,
    };
  if (!isWhole) return undefined;
  const told = finalState(entries.slice(0, count) as unknown as readonly EvidenceEntry[]);
  return told === state
    ? undefined
    : {
        kind: 'seal',
        sequence: count,
        message: `${named} says that the promotion ended as ${String(state)}, and the entries say ${told ?? 'that it runs'}.`,
      };
}
