import { tellDecision } from '../approvals/decide.ts';
import { hasExpired, isWaitingLong } from '../approvals/rules.ts';
import type { Approval } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import { type Notices, waitingNotice } from '../notices.ts';
import type { ApproverRole } from '../payloads.ts';
import { type JobDependencies, lookAt } from './advance.ts';

/** What reconciling needs. */
export interface ReconcileDependencies extends JobDependencies {
  readonly application: string;
  readonly notices: Notices;
  readonly siteUrl: string;
}

const roles: readonly ApproverRole[] = ['qc', 'pmo'];

/** Milliseconds within which whoever decided tells the decision; after that it was cut short. */
const TELLING = 60_000;
const isUntold = (approval: Approval, now: Date): boolean =>
  now.getTime() - Date.parse(approval.decidedAt ?? '') >= TELLING;

const expire = async (ledger: Ledger, approval: Approval): Promise<void> => {
  try {
    await ledger.replaceApproval(approval, { ...approval, status: 'EXPIRED' });
  } catch (error) {
    // Decided or asked for anew just now.
    if (!(error instanceof LedgerConflictError)) throw error;
  }
};

/** Sent first: told twice after a crash is better than never. */
const remind = async (
  { ledger, notices, siteUrl, now }: ReconcileDependencies,
  approval: Approval,
): Promise<void> => {
  await notices.send(waitingNotice(approval, await ledger.promotion(approval.promotionId), siteUrl));
  try {
    await ledger.replaceApproval(approval, { ...approval, remindedAt: now().toISOString() });
  } catch (error) {
    // Decided meanwhile.
    if (!(error instanceof LedgerConflictError)) throw error;
  }
};

/**
 * Completes whatever is done and has not been told: jobs whose event was lost (T38), and decisions whose telling was cut
 * short. Tells operators of requests that wait for long, and marks those that nobody answered in time. One that fails does not keep back the others.
 * @throws AggregateError with everything that failed
 */
export const reconcileJobs = (dependencies: ReconcileDependencies) => async (): Promise<void> => {
  const { ledger, application, now } = dependencies;
  const failures: unknown[] = [];
  const each = async <Item>(
    items: readonly Item[],
    work: (item: Item) => Promise<unknown>,
  ): Promise<void> => {
    for (const item of items) {
      try {
        await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };

  await each(await ledger.openJobs(application), (job) => lookAt(dependencies, job));
  for (const role of roles) {
    const open = (await ledger.openApprovals(role)).filter(
      (approval) => approval.application === application,
    );
    await each(open, async (approval) => {
      if (approval.status === 'PENDING') {
        if (hasExpired(approval, now())) await expire(ledger, approval);
        else if (isWaitingLong(approval, now()) && approval.remindedAt === undefined)
          await remind(dependencies, approval);
      } else if (isUntold(approval, now())) await tellDecision(dependencies, approval);
    });
  }

  if (failures.length > 0)
    throw new AggregateError(
      failures,
      `${failures.length} of the open jobs and approvals of ${application} could not be brought forward: ${failures
        .map((failure) =>
          failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure),
        )
        .join('; ')}`,
    );
};
