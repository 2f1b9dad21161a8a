import type { Environment } from '../payloads.ts';
import { environmentTitles, promotionName } from '../words.ts';
import type { DequeueReason, LockError, PromotionReference } from './environment-lock.ts';

/** Why a superseded promotion ends. */
export const supersededBy = (by: PromotionReference): string =>
  `The newer ${promotionName(by)} superseded this one.`;

/** Why a superseded promotion's request is withdrawn. */
export const withdrawnFor = (by: PromotionReference): string =>
  `The newer ${promotionName(by)} superseded this one. This request is closed.`;

/** Why a promotion does not get a lock, and the remedy. */
export function lockMessage(
  error: LockError | DequeueReason,
  environment: Environment,
  by: PromotionReference,
): string {
  const title = environmentTitles[environment];
  switch (error) {
    case 'Superseded':
      return supersededBy(by);
    case 'Stale':
      return `Prod runs the newer ${promotionName(by)}, so this promotion ended without changing Prod. To promote this commit anyway, push it again.`;
    case 'QatChanged':
      return `QAT now runs the image of ${promotionName(by)}, so this promotion stopped without changing QAT. Push this commit again.`;
    case 'EnvironmentLocked':
      return `${title} is locked by ${promotionName(by)}. Redrive this promotion when that one has ended.`;
  }
}
