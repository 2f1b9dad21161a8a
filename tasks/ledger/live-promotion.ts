import type { Promotion } from './items.ts';
import type { Ledger } from './ledger.ts';
import { promotionPages } from './promotion-pages.ts';

/** The promotion that an application's Prod runs, as it was noted when it was deployed. */
export async function livePromotion(
  ledger: Pick<Ledger, 'live' | 'promotion'>,
  application: string,
): Promise<Promotion | undefined> {
  const live = await ledger.live(application);
  return live && ledger.promotion(live.promotionId);
}

const ended = ({ endedAt, startedAt }: Promotion): string => endedAt ?? startedAt;

/**
 * What Prod ran before a promotion: the last of the application's others that was deployed there. Where nothing is noted, because
 * nothing was ever deployed or only before this was noted, every promotion is looked at until one is found.
 */
export async function liveBefore(
  ledger: Pick<Ledger, 'live' | 'promotion' | 'promotions'>,
  application: string,
  promotionId: string,
): Promise<Promotion | undefined> {
  const noted = await livePromotion(ledger, application);
  if (noted !== undefined && noted.promotionId !== promotionId) return noted;
  for await (const promotions of promotionPages(ledger)) {
    const [last] = promotions
      .filter((one) => one.application === application && one.promotionId !== promotionId)
      .filter(({ deployments }) => deployments.prod !== undefined)
      .sort((a, b) => (ended(a) < ended(b) ? 1 : -1));
    if (last !== undefined) return last;
  }
  return undefined;
}
