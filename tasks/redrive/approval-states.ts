import {
  candidateChanges,
  candidateDigest,
  currentCandidate,
  requestedCandidate,
} from '../approvals/candidate.ts';
import { hasExpired, isSamePerson } from '../approvals/decision-rules.ts';
import type { Approval, Promotion } from '../ledger/items.ts';
import type { ApproverRole } from '../payloads.ts';
import { roleTitles, utcTime } from '../words.ts';

/** How one role's approval stands. */
export interface ApprovalState {
  readonly role: ApproverRole;
  /** `holds`: decided, about what would be built. `open` and `over`: asked, not decided. `broken`: decided about something else. */
  readonly kind: 'holds' | 'broken' | 'rejected' | 'open' | 'over' | 'not-asked';
  readonly sentence: string;
}

const roles: readonly ApproverRole[] = ['qc', 'pmo'];

const holderStatusOf = (
  role: ApproverRole,
  latest: Approval | undefined,
  promotion: Promotion,
  now: Date,
): ApprovalState => {
  const title = roleTitles[role];
  const standing = (kind: ApprovalState['kind'], sentence: string): ApprovalState => ({
    role,
    kind,
    sentence,
  });
  if (latest === undefined) return standing('not-asked', `${title} has not been asked yet.`);
  const by = latest.decidedBy?.name ?? 'unknown';
  if (latest.status === 'REJECTED') return standing('rejected', `${title} refused (${by}).`);
  if (latest.status === 'APPROVED') {
    const requested = requestedCandidate(latest.candidate, latest.review);
    // Configurations may change after a decision: each was shown the one of its time.
    const changes = candidateChanges(
      requested,
      currentCandidate(latest, promotion, latest.review.configurationVersion),
    );
    if (changes.length === 0 && candidateDigest(requested) === latest.digest)
      return standing(
        'holds',
        `${title}'s approval (${by}) holds: commit, QAT image and QAT deployment are those that were approved.`,
      );
    const what = changes.map((change) => `${change.what} ${change.before}, now ${change.now}`).join('; ');
    return standing(
      'broken',
      `${title}'s approval (${by}) is not about what would be built (${what || 'its digest differs'}): push the commit again.`,
    );
  }
  if (latest.status === 'PENDING' && !hasExpired(latest, now))
    return standing('open', `${title} is asked, until ${utcTime(latest.expiresAt)}.`);
  const ending = latest.status === 'WITHDRAWN' ? 'was withdrawn' : `expired at ${utcTime(latest.expiresAt)}`;
  return standing('over', `${title}'s request ${ending} without a decision.`);
};

/** How both approvals stand: whether they still are about what would be built, and whether requests are open. */
export function approvalStates(
  approvals: readonly Approval[],
  promotion: Promotion,
  now: Date,
): readonly ApprovalState[] {
  const latestOf = (role: ApproverRole) => approvals.findLast((approval) => approval.role === role);
  const standings = roles.map((role) => holderStatusOf(role, latestOf(role), promotion, now));
  const [qc, pmo] = roles.map(latestOf);
  if (
    qc?.status !== 'APPROVED' ||
    pmo?.status !== 'APPROVED' ||
    qc.decidedBy === undefined ||
    pmo.decidedBy === undefined ||
    !isSamePerson(qc.decidedBy, pmo.decidedBy)
  )
    return standings;
  return standings.map((standing) =>
    standing.role === 'qc'
      ? standing
      : {
          ...standing,
          kind: 'broken',
          sentence: `PMO's approval is by the same person as QC's (${pmo.decidedBy?.name}): push the commit again.`,
        },
  );
}
