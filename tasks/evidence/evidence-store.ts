import type { EvidenceEntry, Seal } from './chain.ts';

/** Where the records are kept: items of the ledger's table, added and never changed. */
export interface EvidenceStore {
  /** A promotion's record, in order. Strongly consistent. */
  readonly entries: (promotionId: string) => Promise<readonly EvidenceEntry[]>;
  /** Adds an entry at its place. @throws LedgerConflictError if the place is taken */
  readonly addEntry: (promotionId: string, entry: EvidenceEntry) => Promise<void>;
  /** A promotion's seals, in order. */
  readonly seals: (promotionId: string) => Promise<readonly Seal[]>;
  /** Adds a seal; the first of two over the same entries stays. */
  readonly addSeal: (promotionId: string, seal: Seal) => Promise<void>;
}
