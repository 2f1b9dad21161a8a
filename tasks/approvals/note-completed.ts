import type { Approval } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';

/**
 * Notes that the token which waits for a request has been told how it ended.
 * @returns the request as it stands then: another token may wait by now, or somebody else noted the telling
 */
export async function noteCompleted(
  ledger: Pick<Ledger, 'replaceApproval' | 'latestApproval'>,
  approval: Approval,
): Promise<Approval> {
  const after: Approval = { ...approval, completedToken: approval.taskToken };
  try {
    await ledger.replaceApproval(approval, after);
    return after;
  } catch (error) {
    if (!(error instanceof LedgerConflictError)) throw error;
    return (await ledger.latestApproval(approval.promotionId, approval.role)) ?? after;
  }
}
