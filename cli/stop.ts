import type { Promotion } from '../tasks/ledger/items.ts';
import { stopPromotion } from '../tasks/promotions/stop-promotion.ts';
import type { Outcome } from './command-result.ts';
import { printable } from './format.ts';
import { givenReason } from './reason.ts';
import { CommandError, type System } from './system.ts';

/**
 * Stops a promotion that runs.
 * @throws UsageError for a reason that is empty or too long
 * @throws CommandError if the promotion has ended
 */
export async function stop(
  system: Pick<System, 'executions' | 'noteStop'>,
  promotion: Promotion,
  text: string,
): Promise<Outcome> {
  const { promotionId, executionArn } = promotion;
  const reason = givenReason(text, 'why it is stopped');
  const execution = await system.executions.read(executionArn);
  const status = execution?.status ?? promotion.status;
  if (status !== 'RUNNING')
    throw new CommandError(`${promotionId} is not running (${status}). There is nothing to stop.`);
  const by = await stopPromotion(system, promotion, reason);
  return {
    text: `Stopped ${promotionId}, by ${by}: ${printable(reason)}\nTo continue it: npm run lockstep -- redrive ${promotionId}`,
    json: { promotionId, stopped: true, by, reason },
  };
}
