import type { Environment } from '../payloads.ts';
import { environmentTitles, promotionName } from '../words.ts';
import type { DequeueReason, LockError, PromotionReference } from './environment-lock.ts';

/** Why a promotion ends that a newer one took the place of. */
export const supersededBy = (by: PromotionReference): string =>
  `The newer ${promotionName(by)} took the place of this one.`;

/** Why nobody is asked about a promotion any more. */
export const withdrawnFor = (by: PromotionReference): string =>
  `Superseded: the newer ${promotionName(by)} took the place of this one. Nobody is asked about this commit any more.`;

/** Why a promotion does not get a turn, and what can be done. */
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
      return `Prod runs the newer ${promotionName(by)}: nothing was changed. Push this commit again if it must come after it.`;
    case 'QatChanged':
      return `QAT was pointed at the image of ${promotionName(by)} since: nothing was changed. Push this commit again.`;
    case 'EnvironmentLocked':
      return `${title} is taken by ${promotionName(by)}. Redrive this promotion when that one is through.`;
  }
}
