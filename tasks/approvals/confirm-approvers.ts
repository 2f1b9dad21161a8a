import type { Approval, Person } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ApproverRole, ConfirmApproversOutput, ConfirmApproversRequest } from '../payloads.ts';
import { ApproversMustDifferError, ApproversNotRecordedError } from './errors.ts';
import { isSamePerson, roleTitles } from './rules.ts';

/**
 * Who approved in a role, as recorded: the latest request counts.
 * @throws ApproversNotRecordedError if it is not an approval
 */
export const recordedApprover = (
  promotionId: string,
  approvals: readonly Approval[],
  role: ApproverRole,
): Pick<Person, 'subject' | 'name' | 'verifiedEmail'> => {
  const latest = approvals.findLast((approval) => approval.role === role);
  if (latest?.status !== 'APPROVED' || latest.decidedBy === undefined)
    throw new ApproversNotRecordedError(
      `Promotion ${promotionId}: the ledger has no approval of ${roleTitles[role]}, its request is ${latest?.status ?? 'missing'}. ` +
        'Only decisions on the approvals page count. Push the commit again to start a new promotion.',
    );
  return latest.decidedBy;
};

/**
 * Sees again, from what is recorded, that two different people approved: a task token told by hand bypasses the page (T48).
 * @throws ApproversNotRecordedError, ApproversMustDifferError
 */
export const confirmApprovers =
  ({ ledger }: { readonly ledger: Pick<Ledger, 'approvals'> }) =>
  async ({ promotionId }: ConfirmApproversRequest): Promise<ConfirmApproversOutput> => {
    const approvals = await ledger.approvals(promotionId);
    const qc = recordedApprover(promotionId, approvals, 'qc');
    const pmo = recordedApprover(promotionId, approvals, 'pmo');
    if (isSamePerson(qc, pmo))
      throw new ApproversMustDifferError(
        `Promotion ${promotionId}: ${qc.name} approved as QC and ${pmo.name} as PMO, with the same ` +
          `${qc.subject === pmo.subject ? 'account' : `e-mail address ${qc.verifiedEmail}`}. ` +
          'Two people must agree. Push the commit again to start a new promotion.',
      );
    return { qc: qc.name, pmo: pmo.name };
  };
