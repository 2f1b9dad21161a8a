import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import { isNewer, type LockingPromotion, type PromotionOrder } from './environment-lock.ts';
import type { OrderedPromotion } from './lock-rules.ts';

/** How far clocks may differ: a promotion is recorded at the earliest so long before its push, in ms. */
const CLOCKS_DIFFER = 60_000;

/** A promotion as locks know it. */
export function lockingPromotionOf(promotion: Promotion, redrives = promotion.redrives): LockingPromotion {
  const { promotionId, executionArn, commitId, startedAt, pushedAt = startedAt } = promotion;
  return { promotionId, executionArn, commitId, pushedAt, startedAt, redrives };
}

/**
 * The newest promotion that was deployed to Prod, if it is newer than another. This is what Prod runs: a later deployment is newer
 * still, also of a go-back, which is as new as the moment when somebody asked for it.
 */
export async function newerInProd(
  ledger: Pick<Ledger, 'promotions'>,
  application: string,
  than: PromotionOrder,
): Promise<OrderedPromotion | undefined> {
  const since = Date.parse(than.pushedAt) - CLOCKS_DIFFER;
  let newest: OrderedPromotion | undefined;
  for await (const promotions of promotionPages(ledger)) {
    for (const promotion of promotions) {
      if (promotion.application !== application || promotion.deployments.prod === undefined) continue;
      const one = lockingPromotionOf(promotion);
      if (one.promotionId !== than.promotionId && isNewer(one, newest ?? than)) newest = one;
    }
    const oldest = promotions.at(-1);
    if (oldest === undefined || Date.parse(oldest.startedAt) < since) break;
  }
  return newest;
}
