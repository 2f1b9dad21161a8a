import type { Execution, Executions } from '../executions/execution.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type RedriveAdvice, redriveAdvice } from './advice.ts';

/** Where advice on a promotion is read from. */
export interface AdviseDependencies {
  readonly ledger: Pick<Ledger, 'jobs' | 'approvals'>;
  readonly executions: Pick<Executions, 'read'>;
  readonly now: () => Date;
}

/** Reads what advice on a promotion's redrive is given on, and gives it. */
export const adviseOnRedrive = async (
  { ledger, executions, now }: AdviseDependencies,
  promotion: Promotion,
): Promise<{ readonly advice: RedriveAdvice; readonly execution: Execution | undefined }> => {
  const { promotionId, executionArn } = promotion;
  const [execution, jobs, approvals] = await Promise.all([
    executions.read(executionArn),
    ledger.jobs(promotionId),
    ledger.approvals(promotionId),
  ]);
  const advice = redriveAdvice({ execution, promotion, jobs, approvals, turns: [], now: now() });
  return { advice, execution };
};
