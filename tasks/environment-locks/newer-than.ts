import { type CalendarLedger, readHeld } from '../calendar/read-held.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type RecallSources, recallCause, unlessKnown } from '../marks/recall.ts';
import type { Environment } from '../payloads.ts';
import { isNewer, type PromotionReference, type WhenNewer } from './environment-lock.ts';
import { isUnderWay } from './holder-status.ts';
import { lockingPromotionOf, newerInProd } from './newer-in-prod.ts';

/** What finding newer promotions needs. */
interface NewerThanDependencies extends RecallSources {
  readonly ledger: Pick<Ledger, 'lock' | 'promotions'> & RecallSources['ledger'] & CalendarLedger;
  readonly whenNewer: WhenNewer;
  readonly now: () => Date;
}

/**
 * The newer promotion that makes it pointless to ask a role about this one: one that Prod runs, or, while this one holds QAT, one that waits
 * for QAT and would take over from QC's request at once.
 */
export function newerThan({ whenNewer, now, ...sources }: NewerThanDependencies) {
  const { ledger } = sources;
  return async function newerThan(
    promotionId: string,
    application: string,
    environment: Environment | undefined,
  ): Promise<PromotionReference | undefined> {
    const promotion = await ledger.promotion(promotionId);
    // Started by hand a moment ago: the ledger does not have it yet.
    if (promotion === undefined) return undefined;
    const one = lockingPromotionOf(promotion);
    if (environment === 'qat' && whenNewer === 'supersede')
      for (const waiter of (await ledger.lock(application, 'qat')).waiting)
        if (
          isNewer(waiter, one) &&
          isUnderWay(waiter, await ledger.promotion(waiter.promotionId), now()) &&
          // One that is recalled takes nobody's place; nor does one that the calendar holds: what has begun ends.
          (await recallCause(sources, { ...waiter, application }).catch(unlessKnown)) === undefined &&
          (await readHeld(ledger, application, 'qat', [waiter.promotionId], now())).size === 0
        )
          return waiter;
    return newerInProd(ledger, application, one);
  };
}
