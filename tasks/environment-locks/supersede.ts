import { type AnnounceDependencies, announce } from '../approvals/announce.ts';
import { noteCompleted } from '../approvals/note-completed.ts';
import type { Approval } from '../ledger/items.ts';
import { nextWriteAttempt } from '../ledger/ledger.ts';
import { SUPERSEDED } from '../payloads.ts';
import type { TaskCompletions } from '../task-completions.ts';
import type { PromotionReference } from './environment-lock.ts';
import { supersededBy, withdrawnFor } from './messages.ts';

/** What superseding a promotion that waits for a decision needs. */
export interface SupersedeDependencies extends AnnounceDependencies {
  readonly tasks: TaskCompletions;
}

/** A request that is withdrawn for a newer promotion. */
export const withdrawn = (approval: Approval, by: PromotionReference, now: Date): Approval => ({
  ...approval,
  status: 'WITHDRAWN',
  withdrawnBecause: withdrawnFor(by),
  supersededBy: { promotionId: by.promotionId, commitId: by.commitId, at: now.toISOString() },
});

/** Fails the state that waits for a request which was withdrawn for a newer promotion, and notes it. Safe to repeat. */
export async function completeSuperseded(
  { ledger, tasks }: Pick<SupersedeDependencies, 'ledger' | 'tasks'>,
  request: Approval,
): Promise<Approval> {
  let approval = request;
  for (
    let writeAttempt = 1;
    approval.supersededBy !== undefined && approval.completedToken !== approval.taskToken;
    writeAttempt = nextWriteAttempt(writeAttempt, `Request ${approval.approvalId}`)
  ) {
    const by = approval.supersededBy;
    await tasks.fail(approval.taskToken, { error: SUPERSEDED, cause: supersededBy(by), supersededBy: by });
    approval = await noteCompleted(ledger, approval);
  }
  return approval;
}

/**
 * Supersedes a promotion that waits for a decision: withdraws the request, fails the state and mails the approvers. If an
 * approver decides at the same moment, the first write wins. Reconciling completes what is interrupted after it.
 * @throws LedgerConflictError if it was decided or changed meanwhile
 */
export async function supersede(
  dependencies: SupersedeDependencies,
  request: Approval,
  by: PromotionReference,
): Promise<void> {
  const { ledger, now } = dependencies;
  const after = withdrawn(request, by, now());
  await ledger.replaceApproval(request, after);
  const completion = await completeSuperseded(dependencies, after);
  // Reconciling sends a mail that could not be sent: the lock passes on all the same.
  await announce(dependencies, completion).catch(() => completion);
}
