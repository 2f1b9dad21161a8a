import type { Approval } from '../../../tasks/ledger/items.ts';
import { LedgerConflictError } from '../../../tasks/ledger/ledger.ts';
import type { LockstepSystem } from './system.ts';

/**
 * Has open approval requests show where QAT is now: a request keeps the address of its time, and this start may be on another
 * port.
 */
export const moveOpenRequests = async ({ ledger, applications }: LockstepSystem): Promise<void> => {
  const moved = (approval: Approval): Approval | undefined => {
    const { review, status, application } = approval;
    const qatUrl = applications.find(({ name }) => name === application)?.qatUrl;
    if (status !== 'PENDING' || review.qatUrl === undefined || qatUrl === undefined) return undefined;
    return review.qatUrl === qatUrl ? undefined : { ...approval, review: { ...review, qatUrl } };
  };
  const move = async (approval: Approval | undefined): Promise<void> => {
    const after = approval && moved(approval);
    if (!approval || !after) return;
    try {
      await ledger.replaceApproval(approval, after);
    } catch (error) {
      // A function has written to it meanwhile: read it again.
      if (!(error instanceof LedgerConflictError)) throw error;
      await move(await ledger.approvalById(approval.approvalId));
    }
  };
  for (const role of ['qc', 'pmo'] as const)
    for (const approval of await ledger.openApprovals(role)) await move(approval);
};
