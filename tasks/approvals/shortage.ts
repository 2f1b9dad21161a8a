import type { Approval, Person, Shortage } from '../ledger/items.ts';
import type { ApproverRole } from '../payloads.ts';
import { listed, roleTitles } from '../words.ts';
import { type ApprovalPolicy, ruleOnMember } from './decision-rules.ts';
import { dotsIgnoredBy, isSamePerson } from './same-person.ts';

/**
 * Whether a role has too few members who may decide about a request, as the group is now. Two accounts of one person count once.
 * @param approvals all of the promotion
 * @returns undefined if enough may
 */
export function shortageOf(
  approval: Approval,
  members: readonly Person[],
  approvals: readonly Approval[],
  policy: Pick<ApprovalPolicy, 'makersMayDecide'>,
): Shortage | undefined {
  const able: Person[] = [];
  const unable: Shortage['unable'][number][] = [];
  for (const person of members) {
    const ruling = ruleOnMember(approval, { person, approvals, policy });
    if (ruling?.kind === 'denied') unable.push({ name: person.name, why: ruling.message });
    else if (!able.some((other) => isSamePerson(other, person, dotsIgnoredBy(approval)))) able.push(person);
  }
  return able.length >= approval.count
    ? undefined
    : { needed: approval.count, able: able.map(({ name }) => name), unable };
}

/** That too few members of a role may decide. */
export const shortageText = (role: ApproverRole, { needed, able }: Shortage): string =>
  able.length === 0
    ? `Nobody in ${roleTitles[role]} may decide about this change.`
    : `${needed} people of ${roleTitles[role]} must approve this change, and only ${listed(able)} may.`;
