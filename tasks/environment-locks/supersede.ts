import { type AnnounceDependencies, announce } from '../approvals/announce.ts';
import { noteCompleted } from '../approvals/note-completed.ts';
import type { Approval } from '../ledger/items.ts';
import { nextWriteAttempt } from '../ledger/ledger.ts';
import { RECALLED, SUPERSEDED } from '../payloads.ts';
import type { TaskCompletions, TaskFailure } from '../task-completions.ts';
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

/** A request that is withdrawn because the commit was marked bad. */
export const recalled = (approval: Approval, cause: string, now: Date): Approval => ({
  ...approval,
  status: 'WITHDRAWN',
  withdrawnBecause: `${cause}. This request is closed.`,
  recalled: { cause, at: now.toISOString() },
});

/** What the state fails with that waits for a withdrawn request; undefined if its promotion goes on. */
const failureOf = ({ supersededBy: by, recalled: why }: Approval): TaskFailure | undefined => {
  if (why !== undefined) return { error: RECALLED, cause: why.cause };
  return by && { error: SUPERSEDED, cause: supersededBy(by), supersededBy: by };
};

/** Fails the state that waits for a request which was withdrawn because its promotion ends, and notes it. Safe to repeat. */
export async function completeWithdrawn(
  { ledger, tasks }: Pick<SupersedeDependencies, 'ledger' | 'tasks'>,
  request: Approval,
): Promise<Approval> {
  let approval = request;
  for (
    let writeAttempt = 1;
    approval.completedToken !== approval.taskToken;
    writeAttempt = nextWriteAttempt(writeAttempt, `Request ${approval.approvalId}`)
  ) {
    const failure = failureOf(approval);
    if (failure === undefined) break;
    await tasks.fail(approval.taskToken, failure);
    approval = await noteCompleted(ledger, approval);
  }
  return approval;
}

const withdraw = async (
  dependencies: SupersedeDependencies,
  request: Approval,
  after: Approval,
): Promise<void> => {
  await dependencies.ledger.replaceApproval(request, after);
  const completion = await completeWithdrawn(dependencies, after);
  // Reconciling sends a mail that could not be sent: the lock passes on all the same.
  await announce(dependencies, completion).catch(() => completion);
};

/**
 * Supersedes a promotion that waits for a decision: withdraws the request, fails the state and mails the approvers. If an
 * approver decides at the same moment, the first write wins. Reconciling completes what is interrupted after it.
 * @throws LedgerConflictError if it was decided or changed meanwhile
 */
export const supersede = (
  dependencies: SupersedeDependencies,
  request: Approval,
  by: PromotionReference,
): Promise<void> => withdraw(dependencies, request, withdrawn(request, by, dependencies.now()));

/** Recalls a promotion that waits for a decision, in the same way. @throws LedgerConflictError */
export const recall = (
  dependencies: SupersedeDependencies,
  request: Approval,
  cause: string,
): Promise<void> => withdraw(dependencies, request, recalled(request, cause, dependencies.now()));
