import type { Promotion } from '../tasks/ledger/items.ts';
import type { AskedAcceptance } from '../tasks/vulnerabilities/accept-finding.ts';
import { isInForce } from '../tasks/vulnerabilities/acceptance.ts';
import { askerName } from '../tasks/words.ts';
import type { Outcome } from './command-result.ts';
import { printable, table, time } from './format.ts';
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

/** Lists the vulnerabilities of an application's images that somebody accepted. Each has its latest acceptance only. */
export async function listAcceptances(
  { ledger, now }: Pick<System, 'now'> & { readonly ledger: Pick<System['ledger'], 'acceptances'> },
  application: string,
): Promise<Outcome> {
  const acceptances = [...(await ledger.acceptances(application))].sort((one, other) =>
    one.at < other.at ? 1 : -1,
  );
  const at = new Date(now());
  const rows = acceptances.map((one) => [
    one.vulnerabilityId,
    `${isInForce(one, at) ? 'until' : 'ended'} ${one.until}`,
    time(one.at),
    printable(askerName(one.by)),
    printable(one.reason),
  ]);
  return {
    text:
      rows.length === 0
        ? `Nobody has accepted a vulnerability of ${application}.`
        : table([['VULNERABILITY', 'COUNTS', 'ACCEPTED', 'BY', 'REASON'], ...rows]),
    json: acceptances.map((one) => ({ ...one, isInForce: isInForce(one, at) })),
  };
}
