import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import type { LockedWork } from '../payloads.ts';
import { environmentTitles } from '../words.ts';
import type { EnvironmentLock, LockError, LockHolder, PromotionReference } from './environment-lock.ts';
import { type ExecutionState, holderStatusOf } from './holder-status.ts';
import {
  EnvironmentLockedError,
  EnvironmentRestoringError,
  QatChangedError,
  StaleError,
} from './lock-errors.ts';
import { confirmLock } from './lock-rules.ts';
import { lockMessage } from './messages.ts';
import { lockingPromotionOf, newerInProd } from './newer-in-prod.ts';
import { type WorkStage, workStageOf } from './work-stage.ts';

/** A state's work, done only when its promotion has the turn. @param ensure throws if it has not */
export function withLock<Request, Result>(
  ensure: (lock: LockedWork, workStage: WorkStage) => Promise<void>,
  work: (request: Request) => Promise<Result>,
) {
  return async function withLock(request: Request & LockedWork): Promise<Result> {
    await ensure(request, workStageOf(request));
    return work(request);
  };
}

const errors: Readonly<Record<LockError, new (message: string, by: PromotionReference) => Error>> = {
  EnvironmentLocked: EnvironmentLockedError,
  Stale: StaleError,
  QatChanged: QatChangedError,
};

/** What making sure of a turn needs: the ledger, which knows how executions stand as far as it is told. */
export interface EnsureLockDependencies {
  readonly ledger: Pick<Ledger, 'lock' | 'replaceLock' | 'promotion' | 'promotions' | 'latestApproval'>;
  readonly now: () => Date;
}

/**
 * Makes sure, before a state works on an environment, that its promotion has the turn. A redriven one takes it again if
 * nobody has it.
 * @throws EnvironmentLockedError if another promotion has it; redriven later, the state goes on
 * @throws EnvironmentRestoringError while Prod is put in order; to be tried again
 * @throws StaleError if Prod runs a newer commit by now
 * @throws QatChangedError if it follows what QAT was pointed at, and another promotion has pointed it since
 */
export function ensureLock({ ledger, now }: EnsureLockDependencies) {
  return async function ensureLock(
    { promotionId, application, environment, redrives }: LockedWork,
    workStage: WorkStage,
  ): Promise<void> {
    const execution = async (holder: LockHolder): Promise<ExecutionState> =>
      (await ledger.promotion(holder.promotionId)) ?? { status: 'RUNNING', redrives: holder.redrives };

    for (;;) {
      const lock: EnvironmentLock = await ledger.lock(application, environment);
      const { holder } = lock;
      // Of one that has the turn, only pointing is noted.
      if (workStage !== 'points' && holder?.promotionId === promotionId && holder.redrives >= redrives)
        return;
      const promotion = await ledger.promotion(promotionId);
      if (promotion === undefined)
        throw new Error(`The ledger has no promotion ${promotionId} yet: redrive it when it is listed`);
      const locking = lockingPromotionOf(promotion, redrives);
      const completion = confirmLock(lock, locking, workStage, {
        holder: holder && (await holderStatusOf({ ledger, now }, environment, holder, execution)),
        live: environment === 'prod' ? await newerInProd(ledger, application, locking) : undefined,
        now: now(),
      });
      switch (completion.do) {
        case 'go on':
          return;
        case 'fail':
          throw new errors[completion.error](
            lockMessage(completion.error, environment, completion.by),
            completion.by,
          );
        case 'try again':
          throw new EnvironmentRestoringError(
            `${environmentTitles[environment]} is put in order after promotion ${completion.by.promotionId}, which ended ` +
              'without success. This is tried again for 20 minutes; then redrive the promotion.',
          );
        case 'write':
          try {
            await ledger.replaceLock(lock, completion.after);
            return;
          } catch (error) {
            if (!(error instanceof LedgerConflictError)) throw error;
          }
      }
    }
  };
}
