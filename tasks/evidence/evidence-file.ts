import { canonical } from '../canonical-json.ts';
import type { Envelope } from '../provenance/dsse.ts';
import { EVIDENCE_FORMAT, type EvidenceEntry, type Seal } from './chain.ts';

/** A key that seals are checked with. */
export interface SealingKey {
  readonly arn: string;
  /** PEM of the public key. */
  readonly publicKey: string;
}

/** A promotion's record as a file: everything that checking it offline takes. */
export interface EvidenceFile {
  readonly format: string;
  readonly promotionId: string;
  readonly entries: readonly EvidenceEntry[];
  readonly seals: readonly Seal[];
  /** Absent while nothing is sealed. */
  readonly key?: SealingKey;
  /** Of an export: where what was built comes from, signed by the same key. Absent if nothing was built, and in the bucket, where they lie beside it. */
  readonly statements?: readonly Envelope[];
}

/** The record of a promotion. @param key of the seals, if there are any */
export const evidenceFile = (
  promotionId: string,
  entries: readonly EvidenceEntry[],
  seals: readonly Seal[],
  key: SealingKey | undefined,
): EvidenceFile => ({
  format: EVIDENCE_FORMAT,
  promotionId,
  entries,
  seals,
  ...(seals.length === 0 || key === undefined ? {} : { key }),
});

/** The file's text: JSON that people can read, and the only one for its content. */
export const serialize = (file: unknown): string => `${JSON.stringify(canonical(file), null, 1)}\n`;
