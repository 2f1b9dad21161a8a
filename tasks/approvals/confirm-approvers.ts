import type { Approval, Job, Promotion, RecordedDecision } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ApproverRole, ConfirmApproversOutput, ConfirmApproversRequest } from '../payloads.ts';
import { roleTitles } from '../words.ts';
import type { ApprovalCounts } from './approval-counts.ts';
import {
  ApprovedSomethingElseError,
  ApproverMadeChangeError,
  ApproversMustDifferError,
  ApproversNotRecordedError,
  PUSH_AGAIN,
} from './approver-errors.ts';
import { candidateChanges, candidateDigest, currentCandidate, requestedCandidate } from './candidate.ts';
import { partThatForbids } from './decision-rules.ts';
import { approvalsIn, decidersText, deciderText } from './decisions.ts';
import { whyImageNotApproved } from './image-approval.ts';
import { rolesAsked } from './roles-asked.ts';
import { dotsIgnoredBy, peopleOf, sharedPerson } from './same-person.ts';

/** What confirming needs. */
interface ConfirmDependencies {
  readonly ledger: Pick<Ledger, 'approvals' | 'promotion' | 'jobs'>;
  /** How many people of each role must have approved, as it is configured. */
  readonly counts: ApprovalCounts;
  readonly makersMayDecide: boolean;
}

/**
 * A role's approved request, as recorded: the latest one counts.
 * @throws ApproversNotRecordedError if it is not approved, by as many people as the configuration wants
 */
function approvedRequest(
  promotionId: string,
  approvals: readonly Approval[],
  role: ApproverRole,
  count: number,
): Approval {
  const latest = approvals.findLast((approval) => approval.role === role);
  const title = roleTitles[role];
  if (latest?.status !== 'APPROVED')
    throw new ApproversNotRecordedError(
      `Promotion ${promotionId}: the ledger has no approval of ${title}, its request is ${latest?.status ?? 'missing'}. ` +
        `Only decisions on the approvals page count. ${PUSH_AGAIN}`,
    );
  const approved = approvalsIn(latest).length;
  if (approved < count)
    throw new ApproversNotRecordedError(
      `Promotion ${promotionId}: ${approved} of ${title} approved (${decidersText(latest)}), and the configuration wants ${count}. ${PUSH_AGAIN}`,
    );
  return latest;
}

/** One approval with the request to which it was given. */
type RoleApproval = RecordedDecision & Pick<Approval, 'role' | 'approvalId'>;

/** @throws ApproversMustDifferError if one person approved twice, or somebody without a verified address did */
function checkPeopleDiffer(
  promotionId: string,
  approved: readonly RoleApproval[],
  dotsIgnoredIn: readonly string[],
): void {
  approved.forEach((one, index) => {
    for (const other of approved.slice(0, index)) {
      // Who approved the change in a role may approve the Prod image in it.
      if (other.role === one.role && other.approvalId !== one.approvalId) continue;
      const both = sharedPerson(one, other, dotsIgnoredIn);
      if (both === undefined) continue;
      const isOneAccount = peopleOf(other).some(({ subject }) => subject === both.subject);
      throw new ApproversMustDifferError(
        `Promotion ${promotionId}: ${deciderText(other)} approved as ${roleTitles[other.role]} and ${deciderText(one)} as ${roleTitles[one.role]}, with the same ` +
          `${isOneAccount ? 'account' : `e-mail address ${both.verifiedEmail}`}. ` +
          `Different people must agree. ${PUSH_AGAIN}`,
      );
    }
  });
  for (const one of approved)
    if (peopleOf(one).some(({ verifiedEmail }) => verifiedEmail === ''))
      throw new ApproversMustDifferError(
        `Promotion ${promotionId}: ${deciderText(one)} approved as ${roleTitles[one.role]} without a verified e-mail address, ` +
          `so we cannot tell whether the approvers are different people. Verify the address in the user pool. ${PUSH_AGAIN}`,
      );
}

/** @throws ApprovedSomethingElseError if a request is not about what would be built */
function checkCandidate(
  promotionId: string,
  approval: Approval,
  promotion: Promotion | undefined,
  jobs: readonly Job[],
): void {
  const { digest, review, role } = approval;
  const requested = requestedCandidate(approval);
  // Configurations may change between QC and PMO: each was shown the one of its time.
  const now = currentCandidate(approval, { promotion, jobs }, review.configurationVersion);
  const changes = candidateChanges(requested, now).map(
    ({ what, before, now }) => `${what} ${before}, now ${now}`,
  );
  if (changes.length > 0 || candidateDigest(requested) !== digest)
    throw new ApprovedSomethingElseError(
      `Promotion ${promotionId}: ${decidersText(approval)} approved something else as ${roleTitles[role]}: ` +
        `${changes.join('; ') || `what is recorded does not have the digest ${digest}`}. ${PUSH_AGAIN}`,
    );
}

/**
 * Checks the records again before Prod: as many people as configured approved in each role, all different and with verified
 * addresses, none of them made the change, and the candidate is the one that they approved. A task token completed by hand
 * bypasses the page (T48).
 * @throws ApproversNotRecordedError, ApproversMustDifferError, ApproverMadeChangeError, ApprovedSomethingElseError
 */
export function confirmApprovers({ ledger, counts, makersMayDecide }: ConfirmDependencies) {
  return async function confirmApprovers({
    promotionId,
  }: ConfirmApproversRequest): Promise<ConfirmApproversOutput> {
    const [approvals, promotion, jobs] = await Promise.all([
      ledger.approvals(promotionId),
      ledger.promotion(promotionId),
      ledger.jobs(promotionId),
    ]);
    const roles = rolesAsked(promotion);
    const requests = roles.map((role) => approvedRequest(promotionId, approvals, role, counts[role]));
    const notApproved = whyImageNotApproved(jobs, approvals);
    if (notApproved !== undefined)
      throw new ApprovedSomethingElseError(`Promotion ${promotionId}: ${notApproved} ${PUSH_AGAIN}`);
    // Also what was approved before the Prod image: nobody decides in both roles.
    const approved = roles.flatMap((role) =>
      approvals
        .filter((one) => one.role === role && one.status === 'APPROVED')
        .flatMap((request) =>
          approvalsIn(request).map((one): RoleApproval => ({ ...one, role, approvalId: request.approvalId })),
        ),
    );
    checkPeopleDiffer(promotionId, approved, dotsIgnoredBy(...requests));
    for (const one of approved)
      for (const person of peopleOf(one)) {
        // Who made the change is known from either request: the other one may have been made with less.
        const part = requests
          .map((each) => partThatForbids(person, each, makersMayDecide))
          .find((each) => each !== undefined);
        if (part === undefined) continue;
        throw new ApproverMadeChangeError(
          `Promotion ${promotionId}: ${deciderText(one)} approved as ${roleTitles[one.role]}, and ${person.name} ${part} the change. ` +
            `Somebody else must approve it. ${PUSH_AGAIN}`,
        );
      }
    for (const request of requests) checkCandidate(promotionId, request, promotion, jobs);
    const namesOf = (role: ApproverRole): readonly string[] =>
      requests
        .filter((one) => one.role === role)
        .flatMap(approvalsIn)
        .map(deciderText);
    return { qc: namesOf('qc'), pmo: namesOf('pmo') };
  };
}
