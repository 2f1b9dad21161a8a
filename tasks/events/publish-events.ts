import type { EvidenceEntry } from '../evidence/chain.ts';
import type { EvidenceStore } from '../evidence/evidence-store.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type PromotionEvent, promotionEvent, type ToldPromotion } from './promotion-event.ts';

/** An entry that was added to a promotion's record. */
export interface AddedEntry {
  readonly promotionId: string;
  readonly entry: EvidenceEntry;
}

/** Events that the bus did not take; why is in the message. */
export class EventsNotTakenError extends Error {
  override readonly name = 'EventsNotTaken';
}

/** What publishing needs. */
interface Publishing {
  readonly ledger: Pick<Ledger, 'promotion'>;
  readonly siteUrl: string;
  /**
   * Puts at most ten events on the bus.
   * @returns for each why it was not taken, or undefined
   */
  readonly put: (events: readonly PromotionEvent[]) => Promise<readonly (string | undefined)[]>;
}

/** The most events of one request to EventBridge. */
const MOST_EVENTS = 10;

/**
 * Puts an event for each entry on the bus, in the order of the entries.
 * @returns how many of them, from the first on, are on the bus, and why the next one is not; later ones may be on it as well
 */
export const publishEntries = ({ ledger, siteUrl, put }: Publishing) => {
  const eventOf = async ({ promotionId, entry }: AddedEntry, known: Map<string, ToldPromotion>) => {
    const promotion = known.get(promotionId) ?? (await ledger.promotion(promotionId));
    if (promotion === undefined)
      throw new EventsNotTakenError(
        `The ledger has entry ${entry.sequence} of ${promotionId}, and no such promotion. Look whether somebody deleted it.`,
      );
    known.set(promotionId, promotion);
    return promotionEvent(promotionId, entry, promotion, siteUrl);
  };

  return async (
    added: readonly AddedEntry[],
  ): Promise<{ readonly published: number; readonly problem?: string }> => {
    const known = new Map<string, ToldPromotion>();
    for (let from = 0; from < added.length; from += MOST_EVENTS) {
      const events: PromotionEvent[] = [];
      for (const one of added.slice(from, from + MOST_EVENTS)) events.push(await eventOf(one, known));
      const problems = await put(events);
      const first = problems.findIndex((problem) => problem !== undefined);
      if (first !== -1) return { published: from + first, problem: problems[first] ?? '' };
    }
    return { published: added.length };
  };
};

/** Publishes the whole record of a promotion again: ids tell consumers what they have. */
export const publishAgain =
  (store: Pick<EvidenceStore, 'entries'>, publish: ReturnType<typeof publishEntries>) =>
  async (promotionId: string): Promise<{ readonly published: number }> => {
    const entries = await store.entries(promotionId);
    const { published, problem } = await publish(entries.map((entry) => ({ promotionId, entry })));
    if (problem !== undefined)
      throw new EventsNotTakenError(
        `EventBridge took ${published} of ${entries.length} events of ${promotionId}: ${problem}. Ask again.`,
      );
    return { published };
  };
