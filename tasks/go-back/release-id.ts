import type { Promotion } from '../ledger/items.ts';

/** The promotion that made what a promotion deployed: a go-back makes nothing. */
export const releaseIdOf = ({ promotionId, goBack }: Pick<Promotion, 'promotionId' | 'goBack'>): string =>
  goBack?.to ?? promotionId;
