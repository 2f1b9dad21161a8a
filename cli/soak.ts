import type { Promotion } from '../tasks/ledger/items.ts';
import type { Outcome } from './command-result.ts';
import { printable } from './format.ts';
import { givenReason } from './reason.ts';
import { CommandError, type System } from './system.ts';

/**
 * Sends Prod's traffic back to the old instances while the promotion soaks.
 * @throws UsageError for a reason that is empty or too long
 * @throws CommandError if it does not soak
 */
export async function sendBack(
  system: Pick<System, 'soak'>,
  { promotionId, application }: Promotion,
  text: string,
): Promise<Outcome> {
  const reason = givenReason(text, 'why the traffic goes back');
  const answer = await system.soak(application, { promotionId, action: 'send-back', reason });
  if (answer.kind === 'not-possible') throw new CommandError(answer.message);
  return {
    text: `CodeDeploy sends the traffic of ${application} back to the old instances: ${printable(reason)}\nThe promotion then fails, and Prod is restored. See: npm run lockstep -- show ${promotionId}`,
    json: { promotionId, sentBack: true, reason },
  };
}

/**
 * Ends the soak of a promotion whose alarms are quiet.
 * @throws CommandError if it does not soak, or an alarm is on
 */
export async function endSoak(
  system: Pick<System, 'soak'>,
  { promotionId, application }: Promotion,
): Promise<Outcome> {
  const answer = await system.soak(application, { promotionId, action: 'end' });
  if (answer.kind === 'not-possible') throw new CommandError(answer.message);
  return {
    text: `Ended the soak of ${promotionId}: CodeDeploy terminates the old instances.`,
    json: { promotionId, soakEnded: true },
  };
}
