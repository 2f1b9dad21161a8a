import { type ActingPerson, mayAsMember, type OperatorRuling } from '../approvals/operator-rules.ts';
import { DAY_MS } from '../durations.ts';
import type { Promotion } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError, nextWriteAttempt } from '../ledger/ledger.ts';
import { comparedAskers } from '../marks/mark-rules.ts';
import type { Asker } from '../payloads.ts';
import { askerName } from '../words.ts';
import type { Acceptance } from './acceptance.ts';
import { vulnerabilityIdPattern } from './finding.ts';

/** Days that an acceptance may count at most. */
const MOST_DAYS = 365;

/** What somebody accepts. @see Acceptance */
export type AskedAcceptance = Pick<Acceptance, 'vulnerabilityId' | 'until' | 'reason'>;

/** What the rules say about accepting a vulnerability. */
export type AcceptRuling =
  | { readonly kind: 'ok' }
  | { readonly kind: 'denied'; readonly reason: 'Invalid' | 'Maker'; readonly message: string };

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** What is wrong with an acceptance; undefined if nothing is. */
function problemOf({ vulnerabilityId, until }: AskedAcceptance, now: Date): string | undefined {
  if (!vulnerabilityIdPattern.test(vulnerabilityId))
    return `A vulnerability is named by its id, such as CVE-2026-1234; received ${JSON.stringify(vulnerabilityId)}.`;
  const [first, last] = [dayOf(now.getTime()), dayOf(now.getTime() + MOST_DAYS * DAY_MS)];
  const isDay =
    /^\d{4}-\d\d-\d\d$/.test(until) && !Number.isNaN(Date.parse(until)) && dayOf(Date.parse(until)) === until;
  return isDay && until >= first && until <= last
    ? undefined
    : `The last day must be from ${first} to ${last}; received ${JSON.stringify(until)}.`;
}

/**
 * Whether somebody may accept a vulnerability for a promotion: not who made it, as far as that is known before approvers are asked: who
 * pushed, and the commit's author.
 */
export function mayAccept(
  by: Asker,
  { pushedBy, commitAuthor, commitAuthorEmail }: Promotion,
  asked: AskedAcceptance,
  now: Date,
): AcceptRuling {
  const problem = problemOf(asked, now);
  if (problem !== undefined) return { kind: 'denied', reason: 'Invalid', message: problem };
  const makers: readonly Asker[] = [
    { type: 'identity', arn: pushedBy },
    { type: 'person', subject: '', name: commitAuthor, verifiedEmail: commitAuthorEmail },
  ];
  return makers.some((maker) => comparedAskers(by, maker) === 'same')
    ? {
        kind: 'denied',
        reason: 'Maker',
        message: `${askerName(by)} made this change. Somebody else must accept its vulnerabilities.`,
      }
    : { kind: 'ok' };
}

/** Records that somebody accepts a vulnerability, if the rules allow it. The latest acceptance of each counts. */
export const acceptFinding =
  ({
    ledger,
    now,
  }: {
    readonly ledger: Pick<Ledger, 'acceptances' | 'replaceAcceptance'>;
    readonly now: () => Date;
  }) =>
  async (promotion: Promotion, asked: AskedAcceptance, by: Asker): Promise<AcceptRuling> => {
    const ruling = mayAccept(by, promotion, asked, now());
    if (ruling.kind !== 'ok') return ruling;
    const { application, promotionId } = promotion;
    const { vulnerabilityId, until, reason } = asked;
    const acceptance = {
      application,
      vulnerabilityId,
      by,
      at: now().toISOString(),
      until,
      reason,
      promotionId,
    };
    for (let attempt = 1; ; attempt = nextWriteAttempt(attempt, `The acceptance of ${vulnerabilityId}`)) {
      const known = await ledger.acceptances(application);
      const before = known.find((one) => one.vulnerabilityId === vulnerabilityId);
      try {
        await ledger.replaceAcceptance(before, acceptance);
        return ruling;
      } catch (error) {
        if (!(error instanceof LedgerConflictError)) throw error;
      }
    }
  };

/** The groups whose members accept vulnerabilities. */
const ACCEPTERS = ['operator', 'qc', 'pmo'];

/** Whether this person may accept vulnerabilities now, of promotions that others made. */
export const mayAcceptNow = (acting: ActingPerson): OperatorRuling =>
  mayAsMember(
    acting,
    ACCEPTERS,
    `is in none of the groups ${ACCEPTERS.join(', ')}: only their members accept vulnerabilities.`,
    'accept a vulnerability',
  );
