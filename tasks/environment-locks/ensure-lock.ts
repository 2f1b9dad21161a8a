import { heldText } from '../calendar/hold-rules.ts';
import { type CalendarLedger, readHeld } from '../calendar/read-held.ts';
import { ignoring } from '../ignoring.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import { RecalledError, type RecallSources, recallCause } from '../marks/recall.ts';
import type { LockedWork } from '../payloads.ts';
import { environmentTitles } from '../words.ts';
import type { EnvironmentLock, LockError, LockHolder, PromotionReference } from './environment-lock.ts';
import { type ExecutionState, holderStatusOf } from './holder-status.ts';
import {
  EnvironmentFrozenError,
  EnvironmentLockedError,
  EnvironmentRestoringError,
  QatChangedError,
  StaleError,
} from './lock-errors.ts';
import { confirmLock } from './lock-rules.ts';
import { lockMessage } from './messages.ts';
import { lockingPromotionOf, newerInProd } from './newer-in-prod.ts';
import { type WorkStage, workStageOf } from './work-stage.ts';

/** Whether a state has begun its work: a mark does not cut it short. */
type HasBegun = () => Promise<boolean>;
const NOT_BEGUN: HasBegun = async () => false;

/**
 * A state's work, done only while its promotion holds the lock.
 * @param ensure throws if it does not, or if something of it is bad and the state has not begun
 * @param hasBegun @default it has not
 */
export function withLock<Request, Result>(
  ensure: (lock: LockedWork, workStage: WorkStage, hasBegun: HasBegun) => Promise<void>,
  work: (request: Request) => Promise<Result>,
  hasBegun: (request: Request & LockedWork) => Promise<boolean> = NOT_BEGUN,
) {
  return async function withLock(request: Request & LockedWork): Promise<Result> {
    await ensure(request, workStageOf(request), () => hasBegun(request));
    return work(request);
  };
}

const errors: Readonly<Record<LockError, new (message: string, by: PromotionReference) => Error>> = {
  EnvironmentLocked: EnvironmentLockedError,
  Stale: StaleError,
  QatChanged: QatChangedError,
};

/** What confirming a lock needs: the ledger, which learns of executions' ends within seconds. */
interface EnsureLockDependencies extends RecallSources {
  readonly ledger: Pick<Ledger, 'lock' | 'replaceLock' | 'promotions' | 'latestApproval'> &
    RecallSources['ledger'] &
    CalendarLedger;
  readonly now: () => Date;
}

/**
 * Checks, before a state changes an environment, that its promotion holds the lock and that nothing of it is marked bad. A redriven
 * promotion acquires it again if it is free.
 * @throws RecalledError if its commit, an image of it or a package in one is marked bad, unless the state has begun; what `recallCause` throws
 * @throws EnvironmentLockedError if another promotion holds it; a later redrive goes on
 * @throws EnvironmentFrozenError if the calendar keeps it from acquiring the lock; a later redrive goes on
 * @throws EnvironmentRestoringError while Prod is being restored; Step Functions retries
 * @throws StaleError if Prod runs a newer commit by now
 * @throws QatChangedError if the state works on QAT's image, and another promotion has pointed QAT at its own since
 */
export function ensureLock({ now, ...sources }: EnsureLockDependencies) {
  const { ledger } = sources;
  return async function ensureLock(
    { promotionId, application, environment, redrives }: LockedWork,
    workStage: WorkStage,
    hasBegun: HasBegun = NOT_BEGUN,
  ): Promise<void> {
    const known = await ledger.promotion(promotionId);
    if (known !== undefined) {
      const cause = await recallCause(sources, known).catch(async (error: unknown) => {
        // What has begun ends, also while nobody knows.
        if (await hasBegun()) return undefined;
        throw error;
      });
      if (cause !== undefined && !(await hasBegun())) throw new RecalledError(cause);
    }
    const execution = async (holder: LockHolder): Promise<ExecutionState> =>
      (await ledger.promotion(holder.promotionId)) ?? { status: 'RUNNING', redrives: holder.redrives };

    for (;;) {
      const lock: EnvironmentLock = await ledger.lock(application, environment);
      const { holder } = lock;
      // While the promotion holds the lock, only pointing is recorded.
      if (workStage !== 'points' && holder?.promotionId === promotionId && holder.redrives >= redrives)
        return;
      const promotion = await ledger.promotion(promotionId);
      if (promotion === undefined)
        throw new Error(
          `The ledger has no promotion ${promotionId} yet. Redrive it once the list of promotions shows it.`,
        );
      const locking = lockingPromotionOf(promotion, redrives);
      const asking = [promotionId, ...lock.waiting.map((one) => one.promotionId)];
      const held = await readHeld(ledger, application, environment, asking, now());
      const completion = confirmLock(lock, locking, workStage, {
        holder: holder && (await holderStatusOf({ ledger, now }, environment, holder, execution)),
        held: new Set(held.keys()),
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
        case 'hold': {
          const own = held.get(promotionId);
          throw new EnvironmentFrozenError(
            `${environmentTitles[environment]} is frozen${own === undefined ? '' : ` (${heldText(own)})`}. Redrive this promotion after that; ` +
              'or an operator asks on its page to go on during the freeze, an approver confirms it, and then it is redriven.',
          );
        }
        case 'retry':
          throw new EnvironmentRestoringError(
            `${environmentTitles[environment]} is being restored after promotion ${completion.by.promotionId}, which ended ` +
              'without success. Step Functions retries this state for 20 minutes. If it still fails then, redrive the promotion.',
          );
        case 'write':
          if (await ledger.replaceLock(lock, completion.after).catch(ignoring(LedgerConflictError))) return;
      }
    }
  };
}
