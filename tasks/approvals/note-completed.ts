import type { Approval } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';

/**
 * Records that the token that waits for a request is completed.
 * @returns the request as recorded then: another token may wait by now, or another function recorded the completion
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
