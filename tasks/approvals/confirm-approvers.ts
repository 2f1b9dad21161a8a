import type { Approval } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ApproverRole, ConfirmApproversOutput, ConfirmApproversRequest } from '../payloads.ts';
import { roleTitles } from '../words.ts';
import {
  ApprovedSomethingElseError,
  ApproverMadeChangeError,
  ApproversMustDifferError,
  ApproversNotRecordedError,
} from './approver-errors.ts';
import { candidateChanges, candidateDigest, currentCandidate, requestedCandidate } from './candidate.ts';
import { isSamePerson, partInChange } from './decision-rules.ts';

/** What confirming needs. */
interface ConfirmDependencies {
  readonly ledger: Pick<Ledger, 'approvals' | 'promotion'>;
  readonly makersMayDecide: boolean;
}

type RecordedApproval = Approval & Required<Pick<Approval, 'decidedBy'>>;

const isApproved = (approval: Approval | undefined): approval is RecordedApproval =>
  approval?.status === 'APPROVED' && approval.decidedBy !== undefined;

const AGAIN = 'Push the commit again to start a new promotion.';

/**
 * A role's approval, as recorded: the latest request counts.
 * @throws ApproversNotRecordedError if it is not an approval
 */
function recordedApproval(
  promotionId: string,
  approvals: readonly Approval[],
  role: ApproverRole,
): RecordedApproval {
  const latest = approvals.findLast((approval) => approval.role === role);
  if (!isApproved(latest))
    throw new ApproversNotRecordedError(
      `Promotion ${promotionId}: the ledger has no approval of ${roleTitles[role]}, its request is ${latest?.status ?? 'missing'}. ` +
        `Only decisions on the approvals page count. ${AGAIN}`,
    );
  return latest;
}

/**
 * Checks the records again before Prod: two different people with verified addresses approved, neither of them made the change, and the
 * candidate is the one that they approved. A task token completed by hand bypasses the page (T48).
 * @throws ApproversNotRecordedError, ApproversMustDifferError, ApproverMadeChangeError, ApprovedSomethingElseError
 */
export function confirmApprovers({ ledger, makersMayDecide }: ConfirmDependencies) {
  return async function confirmApprovers({
    promotionId,
  }: ConfirmApproversRequest): Promise<ConfirmApproversOutput> {
    const [approvals, promotion] = await Promise.all([
      ledger.approvals(promotionId),
      ledger.promotion(promotionId),
    ]);
    const qc = recordedApproval(promotionId, approvals, 'qc');
    const pmo = recordedApproval(promotionId, approvals, 'pmo');
    if (isSamePerson(qc.decidedBy, pmo.decidedBy))
      throw new ApproversMustDifferError(
        `Promotion ${promotionId}: ${qc.decidedBy.name} approved as QC and ${pmo.decidedBy.name} as PMO, with the same ` +
          `${qc.decidedBy.subject === pmo.decidedBy.subject ? 'account' : `e-mail address ${qc.decidedBy.verifiedEmail}`}. ` +
          `Two people must agree. ${AGAIN}`,
      );
    for (const { decidedBy, role } of [qc, pmo])
      if (decidedBy.verifiedEmail === '')
        throw new ApproversMustDifferError(
          `Promotion ${promotionId}: ${decidedBy.name} approved as ${roleTitles[role]} without a verified e-mail address, ` +
            `so we cannot tell whether QC and PMO are two people. Verify the address in the user pool. ${AGAIN}`,
        );
    for (const approval of [qc, pmo]) {
      const { decidedBy, digest, review, role, candidate } = approval;
      // Who made the change is known from either request: the other one may have been made with less.
      const part = [qc, pmo].map((one) => partInChange(decidedBy, one)).find((one) => one !== undefined);
      if (!makersMayDecide && part !== undefined)
        throw new ApproverMadeChangeError(
          `Promotion ${promotionId}: ${decidedBy.name} approved as ${roleTitles[role]}, and ${part} the change. ` +
            `Somebody else must approve it. ${AGAIN}`,
        );
      const requested = requestedCandidate(candidate, review);
      // Configurations may change between QC and PMO: each was shown the one of its time.
      const now = currentCandidate(approval, promotion, review.configurationVersion);
      const changes = candidateChanges(requested, now).map(
        ({ what, before, now }) => `${what} ${before}, now ${now}`,
      );
      if (changes.length > 0 || candidateDigest(requested) !== digest)
        throw new ApprovedSomethingElseError(
          `Promotion ${promotionId}: ${decidedBy.name} approved something else as ${roleTitles[role]}: ` +
            `${changes.join('; ') || `what is recorded does not have the digest ${digest}`}. ${AGAIN}`,
        );
    }
    return { qc: qc.decidedBy.name, pmo: pmo.decidedBy.name };
  };
}
