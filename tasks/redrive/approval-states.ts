import {
  candidateChanges,
  candidateDigest,
  currentCandidate,
  requestedCandidate,
} from '../approvals/candidate.ts';
import { hasExpired } from '../approvals/decision-rules.ts';
import { approvalsIn, decidersText, deciderText, progressText } from '../approvals/decisions.ts';
import { asksAboutImage } from '../approvals/image-approval.ts';
import { dotsIgnoredBy, sharedPerson } from '../approvals/same-person.ts';
import type { Approval, Job, Promotion } from '../ledger/items.ts';
import type { ApproverRole } from '../payloads.ts';
import { approverRoles, roleTitles, utcTime } from '../words.ts';

/** The state of one role's approval. */
interface ApprovalState {
  readonly role: ApproverRole;
  /** `holds`: decided, about what would be built. `open` and `over`: asked, not decided. `broken`: decided about something else. */
  readonly kind: 'holds' | 'broken' | 'rejected' | 'open' | 'over' | 'not-asked';
  readonly sentence: string;
}

const holderStatusOf = (
  role: ApproverRole,
  latest: Approval | undefined,
  promotion: Promotion,
  jobs: readonly Job[],
  now: Date,
): ApprovalState => {
  const title = roleTitles[role];
  const stateOf = (kind: ApprovalState['kind'], sentence: string): ApprovalState => ({
    role,
    kind,
    sentence,
  });
  if (latest === undefined) return stateOf('not-asked', `${title} has not been asked yet.`);
  const by = decidersText(latest);
  const progress = progressText(latest);
  const sofar = progress === '' ? '' : ` ${progress}.`;
  if (latest.status === 'REJECTED') return stateOf('rejected', `${title} rejected (${by}).`);
  if (latest.status === 'APPROVED') {
    const requested = requestedCandidate(latest);
    // Configurations may change after a decision: each was shown the one of its time.
    const changes = candidateChanges(
      requested,
      currentCandidate(latest, { promotion, jobs }, latest.review.configurationVersion),
    );
    if (changes.length === 0 && candidateDigest(requested) === latest.digest)
      return stateOf(
        'holds',
        `${title}'s approval (${by}) holds: commit, QAT image${asksAboutImage(latest) ? ', Prod image' : ''} and QAT deployment are unchanged.`,
      );
    const what = changes.map((change) => `${change.what} ${change.before}, now ${change.now}`).join('; ');
    return stateOf(
      'broken',
      `${title}'s approval (${by}) is for another candidate (${what || 'its digest differs'}). Push the commit again.`,
    );
  }
  if (latest.status === 'PENDING' && !hasExpired(latest, now))
    return stateOf('open', `${title} can decide until ${utcTime(latest.expiresAt)}.${sofar}`);
  const ending = latest.status === 'WITHDRAWN' ? 'was withdrawn' : `expired at ${utcTime(latest.expiresAt)}`;
  return stateOf('over', `${title}'s request ${ending} without a decision.${sofar}`);
};

/** The states of both approvals: whether they are for the candidate that would be built, and whether requests are open. */
export function approvalStates(
  approvals: readonly Approval[],
  promotion: Promotion,
  jobs: readonly Job[],
  now: Date,
): readonly ApprovalState[] {
  const latestOf = (role: ApproverRole) => approvals.findLast((approval) => approval.role === role);
  const states = approverRoles.map((role) => holderStatusOf(role, latestOf(role), promotion, jobs, now));
  const [qc, pmo] = approverRoles.map(latestOf);
  const twice = qc && pmo && repeatedApprover([qc, pmo]);
  if (twice === undefined) return states;
  return states.map((state) =>
    state.role === 'qc'
      ? state
      : { ...state, kind: 'broken', sentence: `The same person ${twice}. Push the commit again.` },
  );
}

/** Who approved twice, and as what: `(sam) approved as QC and as PMO`. Undefined unless all requests are approved. */
const repeatedApprover = (requests: readonly Approval[]): string | undefined => {
  if (requests.some(({ status }) => status !== 'APPROVED')) return undefined;
  const approved = requests.flatMap((request) =>
    approvalsIn(request).map((one) => ({ one, title: roleTitles[request.role] })),
  );
  const dotsIgnoredIn = dotsIgnoredBy(...requests);
  for (const [index, { one, title }] of approved.entries()) {
    const before = approved
      .slice(0, index)
      .find((other) => sharedPerson(other.one, one, dotsIgnoredIn) !== undefined);
    if (before !== undefined) return `(${deciderText(one)}) approved as ${before.title} and as ${title}`;
  }
  return undefined;
};
