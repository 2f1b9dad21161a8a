import type { Execution, Executions } from '../executions/execution.ts';
import type { Approval, Job, Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { statusOf } from './status.ts';

/** Where a promotion is read from. */
export interface PromotionSources {
  readonly ledger: Pick<Ledger, 'jobs' | 'approvals'>;
  readonly executions: Pick<Executions, 'read'>;
}

/** A promotion with what the ledger and Step Functions know of it. */
export interface PromotionRecord {
  /** With the status that Step Functions tells. */
  readonly promotion: Promotion;
  /** Undefined if Step Functions has forgotten it (90 days after its end). */
  readonly execution: Execution | undefined;
  readonly jobs: readonly Job[];
  /** By the time of the request. */
  readonly approvals: readonly Approval[];
}

/** Reads what belongs to a promotion of the ledger. */
export async function readPromotion(
  { ledger, executions }: PromotionSources,
  recorded: Promotion,
): Promise<PromotionRecord> {
  const { promotionId, executionArn } = recorded;
  const [execution, jobs, approvals] = await Promise.all([
    executions.read(executionArn),
    ledger.jobs(promotionId),
    ledger.approvals(promotionId),
  ]);
  return {
    promotion: withExecution(recorded, execution),
    execution,
    jobs,
    approvals: approvals.toSorted((a, b) => Date.parse(a.requestedAt) - Date.parse(b.requestedAt)),
  };
}

/** Step Functions knows an end first: the ledger learns of it a moment later, by an event. */
const withExecution = (promotion: Promotion, execution: Execution | undefined): Promotion => {
  if (!execution) return promotion;
  const { endedAt: _, ...rest } = promotion;
  const ended = execution.endedAt === undefined ? {} : { endedAt: new Date(execution.endedAt).toISOString() };
  return { ...rest, ...ended, status: statusOf(execution), redrives: execution.redrives };
};
