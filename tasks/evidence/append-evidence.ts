import { LedgerConflictError } from '../ledger/ledger.ts';
import { type Fact, nextEntry } from './chain.ts';
import type { EvidenceStore } from './evidence-store.ts';

/** Adds facts to the end of a promotion's record; those that it holds already add nothing. */
export type AppendEvidence = (promotionId: string, ...facts: readonly Fact[]) => Promise<void>;

/**
 * Adds facts to promotions' records. Safe to repeat, and to do by several at once: each entry is one conditional write
 * at its place, and a writer that finds its place taken reads the record and tries the next place.
 */
export function appendEvidence(store: Pick<EvidenceStore, 'entries' | 'addEntry'>): AppendEvidence {
  return async function appendEvidence(promotionId, ...facts) {
    let missing = facts;
    while (missing.length > 0) {
      const entries = await store.entries(promotionId);
      const known = new Set(entries.map(({ key }) => key));
      missing = missing.filter(({ key }) => !known.has(key));
      let last = entries.at(-1);
      try {
        for (const fact of missing) {
          const entry = nextEntry(promotionId, last, fact);
          await store.addEntry(promotionId, entry);
          last = entry;
        }
        return;
      } catch (error) {
        if (!(error instanceof LedgerConflictError)) throw error;
      }
    }
  };
}
