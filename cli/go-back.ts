import type { Promotion } from '../tasks/ledger/items.ts';
import type { Outcome } from './command-result.ts';
import { printable } from './format.ts';
import { givenReason } from './reason.ts';
import { CommandError, type System } from './system.ts';

/**
 * Promotes an earlier release again, after both approvals.
 * @throws UsageError for a reason that is empty or too long
 * @throws CommandError if it is no release of the application, or Prod cannot go back to it
 */
export async function goBack(
  system: Pick<System, 'goBack'>,
  promotion: Promotion,
  asked: { readonly application: string; readonly reason: string },
): Promise<Outcome> {
  const reason = givenReason(asked.reason, 'why Prod goes back');
  if (promotion.application !== asked.application)
    throw new CommandError(
      `${promotion.promotionId} is a promotion of ${promotion.application}, not of ${asked.application}.`,
    );
  const outcome = await system.goBack(promotion.promotionId, reason);
  if (outcome.kind !== 'started') throw new CommandError(outcome.message);
  const { promotionId } = outcome;
  return {
    text: `Goes back to ${promotion.promotionId}, by ${promotionId}: ${printable(reason)}\nApprovers are asked first. See: npm run lockstep -- show ${promotionId}`,
    json: { promotionId, to: promotion.promotionId, reason },
  };
}
