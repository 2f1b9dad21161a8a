import { ignoring } from '../ignoring.ts';
import { LedgerConflictError } from '../ledger/ledger.ts';
import type { AcquireLockRequest } from '../payloads.ts';
import { type AdvanceLockDependencies, advanceLock } from './advance-lock.ts';
import type { EnvironmentLock, LockWaiter } from './environment-lock.ts';
import { enqueue } from './lock-rules.ts';
import { lockingPromotionOf } from './newer-in-prod.ts';

/** What acquiring a lock needs. */
interface AcquireLockDependencies extends AdvanceLockDependencies {
  /** Logs that a lock could not be advanced; the next event or reconciling does it. */
  readonly noteFailure: (error: unknown) => void;
}

/**
 * A promotion asks for the lock: it waits in the queue, with its token, until the token is completed. Once recorded it is never lost, so
 * nothing that goes wrong later fails the state.
 */
export function acquireLock(dependencies: AcquireLockDependencies) {
  return async function acquireLock(request: AcquireLockRequest): Promise<void> {
    const { ledger, now, noteFailure } = dependencies;
    const { application, environment, promotionId, redrives, taskToken } = request;
    const promotion = await ledger.promotion(promotionId);
    const { executionArn, commitId, pushedAt, startedAt, stateAttempt } = request;
    const waiter: LockWaiter = {
      // Others are compared with what the ledger says.
      ...(promotion === undefined
        ? { promotionId, executionArn, commitId, pushedAt, startedAt, redrives }
        : lockingPromotionOf(promotion, redrives)),
      since: now().toISOString(),
      taskToken,
      stateAttempt,
    };
    for (let recorded: EnvironmentLock | undefined; recorded === undefined; ) {
      const lock = await ledger.lock(application, environment);
      recorded = await ledger.replaceLock(lock, enqueue(lock, waiter)).catch(ignoring(LedgerConflictError));
    }
    await advanceLock(dependencies)(environment).catch(noteFailure);
  };
}
