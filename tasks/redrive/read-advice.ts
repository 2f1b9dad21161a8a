import type { LockHolder } from '../environment-locks/environment-lock.ts';
import { holderStatusOf } from '../environment-locks/holder-status.ts';
import { newerInProd as findNewerInProd, lockingPromotionOf } from '../environment-locks/newer-in-prod.ts';
import type { Execution, Executions } from '../executions/execution.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type RedriveAdvice, redriveAdvice } from './redrive-advice.ts';
import type { LockSeen, RedriveContext } from './redrive-context.ts';

/** Where advice on a promotion is read from. */
export interface RedriveAdviceDependencies {
  readonly ledger: Pick<
    Ledger,
    'promotion' | 'promotions' | 'jobs' | 'approvals' | 'latestApproval' | 'lock'
  >;
  readonly executions: Pick<Executions, 'read'>;
  readonly now: () => Date;
}

/** Both locks of the promotion's application, the status of their holders, and the newer promotion that Prod runs. */
export async function readLocks(
  { ledger, now }: Pick<RedriveAdviceDependencies, 'ledger' | 'now'>,
  promotion: Promotion,
): Promise<Pick<RedriveContext, 'locks' | 'newerInProd'>> {
  const { application } = promotion;
  const [newerInProd, ...locks] = await Promise.all([
    findNewerInProd(ledger, application, lockingPromotionOf(promotion)),
    ...(['qat', 'prod'] as const).map(async (environment): Promise<LockSeen> => {
      const lock = await ledger.lock(application, environment);
      const { holder } = lock;
      if (holder === undefined) return { lock };
      // The ledger learns of an end within seconds; a redriven state reads the lock again.
      const execution = async ({ promotionId, redrives }: LockHolder) =>
        (await ledger.promotion(promotionId)) ?? { status: 'RUNNING', redrives };
      return { lock, holder: await holderStatusOf({ ledger, now }, environment, holder, execution) };
    }),
  ]);
  return { locks, ...(newerInProd && { newerInProd }) };
}

/** Reads what advice on a promotion's redrive is given on, and gives it. */
export async function readRedriveAdvice(
  dependencies: RedriveAdviceDependencies,
  promotion: Promotion,
): Promise<{ readonly advice: RedriveAdvice; readonly execution: Execution | undefined }> {
  const { ledger, executions, now } = dependencies;
  const { promotionId, executionArn } = promotion;
  const [execution, jobs, approvals, locks] = await Promise.all([
    executions.read(executionArn),
    ledger.jobs(promotionId),
    ledger.approvals(promotionId),
    readLocks(dependencies, promotion),
  ]);
  const advice = redriveAdvice({ execution, promotion, jobs, approvals, ...locks, now: now() });
  return { advice, execution };
}
