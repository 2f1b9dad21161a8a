import type { ApproverRole } from '../payloads.ts';

/** How many different people of each role must approve. */
export type ApprovalCounts = Readonly<Record<ApproverRole, number>>;

/** The largest number of people that a role may need. */
export const MOST_APPROVALS = 10;

/**
 * Reads the counts from a function's variable `APPROVAL_COUNTS`.
 * @throws TypeError unless it is JSON with a whole number from 1 to 10 for each role
 */
export function readApprovalCounts(variable: string): ApprovalCounts {
  const { qc, pmo } = JSON.parse(variable) as Partial<ApprovalCounts>;
  const isCount = (count: unknown): count is number =>
    Number.isInteger(count) && Number(count) >= 1 && Number(count) <= MOST_APPROVALS;
  if (!isCount(qc) || !isCount(pmo))
    throw new TypeError(
      `APPROVAL_COUNTS is ${variable}: it must give a whole number from 1 to ${MOST_APPROVALS} for qc and for pmo. Deploy the application's stack again.`,
    );
  return { qc, pmo };
}
