import type { Promotion } from '../tasks/ledger/items.ts';
import type { AskedAcceptance } from '../tasks/vulnerabilities/accept-finding.ts';
import type { Outcome } from './command-result.ts';
import { printable } from './format.ts';
import { givenReason } from './reason.ts';
import { CommandError, type System } from './system.ts';

/**
 * Accepts a vulnerability of a promotion's application.
 * @throws UsageError for a reason that is empty or too long
 * @throws CommandError if the rules deny it
 */
export async function acceptFinding(
  system: Pick<System, 'acceptFinding'>,
  promotion: Promotion,
  { vulnerabilityId, until, reason: text }: AskedAcceptance,
): Promise<Outcome> {
  const reason = givenReason(text, 'why the vulnerability is acceptable');
  const ruling = await system.acceptFinding(promotion, { vulnerabilityId, until, reason });
  if (ruling.kind === 'denied') throw new CommandError(ruling.message);
  const { application, promotionId } = promotion;
  return {
    text: `Accepted ${vulnerabilityId} in images of ${application} until ${until}: ${printable(reason)}\nA promotion that it stopped goes on: npm run lockstep -- redrive ${promotionId}`,
    json: { application, promotionId, vulnerabilityId, until, reason, outcome: 'accepted' },
  };
}
