import type { Environment, StateAttempt } from '../payloads.ts';

/** A promotion, as far as locks need it. */
export interface LockingPromotion {
  readonly promotionId: string;
  readonly executionArn: string;
  readonly commitId: string;
  /** When its commit was pushed; of an execution that was started by hand, when it started. ISO 8601. */
  readonly pushedAt: string;
  /** When its execution started. ISO 8601. */
  readonly startedAt: string;
  /** Redrives of the execution at the time of the record: what Step Functions describes with fewer is from before. */
  readonly redrives: number;
}

/** A promotion in the queue of a lock. */
export interface LockWaiter extends LockingPromotion {
  /** Since when it waits for the lock, or holds it. ISO 8601. */
  readonly since: string;
  /** Token of the state that waits. */
  readonly taskToken: string;
  /** Of the last attempt that asked for the lock. @default 0 */
  readonly stateAttempt?: StateAttempt;
}

/** The promotion that holds the lock. */
export interface LockHolder extends Omit<LockWaiter, 'taskToken'> {
  /** Token of the state that waits, until it is completed. */
  readonly taskToken?: string;
}

/** Refers to another promotion. */
export type PromotionReference = Pick<LockingPromotion, 'promotionId' | 'commitId'>;

/** Why a promotion leaves the queue without the lock, for another promotion. */
export type DequeueReason = 'Superseded' | 'Stale' | 'EnvironmentLocked';

/** Why a state may not work on an environment. */
export type LockError = 'EnvironmentLocked' | 'Stale' | 'QatChanged';

/** A promotion that left the queue without the lock; its token is not completed yet. */
export type DequeuedPromotion = LockWaiter &
  (
    | {
        readonly error: DequeueReason;
        /** The newer promotion, the one that Prod runs, or the holder. */
        readonly by: PromotionReference;
      }
    /** Its commit was marked bad. */
    | { readonly error: 'Recalled'; readonly cause: string }
  );

/**
 * Which promotion holds an environment of an application, and which wait for it. Read it with `Ledger.lock`; `advanceLock` and
 * `ensureLock` alone write it.
 */
export interface EnvironmentLock {
  readonly application: string;
  readonly environment: Environment;
  /** Counts the writes; 0: there was none. */
  readonly version: number;
  /** Absent: the environment is free. */
  readonly holder?: LockHolder;
  /** In the order in which they came. On QAT, once advanced, at most one; on Prod the first is next. */
  readonly waiting: readonly LockWaiter[];
  readonly dequeued: readonly DequeuedPromotion[];
  /** Of QAT: the last promotion that was about to point it at its image. It stays when the lock passes on. @default not known */
  readonly pointedBy?: PromotionReference;
}

/** What happens to a QAT lock's holder that waits for QC when a newer promotion comes. */
export type WhenNewer = 'supersede' | 'wait';

/** A lock that nobody has acquired yet. */
export const freeLock = (application: string, environment: Environment): EnvironmentLock => ({
  application,
  environment,
  version: 0,
  waiting: [],
  dequeued: [],
});

/** What says which of two promotions is the newer. */
export type PromotionOrder = Pick<LockingPromotion, 'pushedAt' | 'startedAt' | 'promotionId'>;

/** Whether one promotion is newer than another: by push, then by start of the execution, then by id. */
export function isNewer(one: PromotionOrder, than: PromotionOrder): boolean {
  const byPush = Date.parse(one.pushedAt) - Date.parse(than.pushedAt);
  const byStart = Date.parse(one.startedAt) - Date.parse(than.startedAt);
  return (byPush || byStart || (one.promotionId > than.promotionId ? 1 : -1)) > 0;
}
