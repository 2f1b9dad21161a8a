import { hasExpired } from '../approvals/decision-rules.ts';
import { isDecided } from '../approvals/decisions.ts';
import { asksAboutImage } from '../approvals/image-approval.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Environment } from '../payloads.ts';
import { mayNeedRestoring } from '../prod-fleet/restore-prod.ts';
import type { LockHolder, LockingPromotion } from './environment-lock.ts';
import type { HolderStatus } from './lock-rules.ts';

/** An execution's status, from Step Functions or the ledger. */
export interface ExecutionState {
  readonly status: string;
  readonly redrives: number;
}

/** Step Functions may not describe an execution that has just started; it keeps one for 90 days. In ms. */
const JUST_STARTED = 24 * 3_600_000;

/**
 * Whether an execution runs. A description with fewer redrives than the promotion had when it acquired or confirmed its lock
 * is from before the last of them.
 * @param execution undefined if there is none of that name
 */
export const isUnderWay = (
  { redrives, startedAt }: Pick<LockingPromotion, 'redrives' | 'startedAt'>,
  execution: ExecutionState | undefined,
  now: Date,
): boolean =>
  execution === undefined
    ? now.getTime() - Date.parse(startedAt) < JUST_STARTED
    : execution.status === 'RUNNING' || execution.redrives < redrives;

/** Whether the ledger has the end of a lock's holder: an end before the last redrive does not count. */
export const hasRecordedEnd = (promotion: Promotion, { redrives }: Pick<LockHolder, 'redrives'>): boolean =>
  promotion.status !== 'RUNNING' && promotion.redrives >= redrives;

/**
 * Whether Prod needs no restoring after a promotion that ended without success. As long as the ledger lacks the end
 * or a redrive, it does not know.
 */
const isProdRestored = async (ledger: Pick<Ledger, 'promotion'>, holder: LockHolder): Promise<boolean> => {
  const promotion = await ledger.promotion(holder.promotionId);
  if (promotion === undefined) return true;
  return hasRecordedEnd(promotion, holder) && !mayNeedRestoring(promotion);
};

/** The status of a lock's holder. @param execution reads its execution */
export async function holderStatusOf(
  {
    ledger,
    now,
  }: {
    readonly ledger: Pick<Ledger, 'latestApproval' | 'promotion'>;
    readonly now: () => Date;
  },
  environment: Environment,
  holder: LockHolder,
  execution: (holder: LockHolder) => Promise<ExecutionState | undefined>,
): Promise<HolderStatus> {
  const found = await execution(holder);
  if (!isUnderWay(holder, found, now()))
    return found?.status === 'SUCCEEDED' || environment === 'qat' || (await isProdRestored(ledger, holder))
      ? 'done'
      : 'ended';
  if (environment === 'prod') return 'working';
  const asked = await ledger.latestApproval(holder.promotionId, 'qc');
  // It has left QAT long since, and holds Prod.
  if (asked !== undefined && asksAboutImage(asked)) return 'done';
  const isWithdrawn = asked?.supersededBy !== undefined || asked?.recalled !== undefined;
  if (asked !== undefined && (isDecided(asked) || isWithdrawn)) return 'done';
  return asked?.status === 'PENDING' && !hasExpired(asked, now()) ? 'awaiting-decision' : 'working';
}
