import type { Environment, StateAttempt } from '../payloads.ts';

/** A promotion, as far as turns need it. */
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

/** A promotion that waits for a turn. */
export interface LockWaiter extends LockingPromotion {
  /** Since when it waits. ISO 8601. */
  readonly since: string;
  /** Token of the state that waits. */
  readonly taskToken: string;
  /** Of the try that the token belongs to. @default 0, as recorded before tries had numbers */
  readonly stateAttempt?: StateAttempt;
}

/** The promotion whose turn it is. */
export interface LockHolder extends LockingPromotion {
  /** Since when it has the turn. ISO 8601. */
  readonly since: string;
  /** Token of the state that waits, until it has been told. */
  readonly taskToken?: string;
  /** Of the last try that asked for the turn. @default 0, as of one that took it without asking */
  readonly stateAttempt?: StateAttempt;
}

/** Which promotion somebody is decided against for. */
export type PromotionReference = Pick<LockingPromotion, 'promotionId' | 'commitId'>;

/** Why a promotion does not get the turn that it asked for. */
export type DequeueReason = 'Superseded' | 'Stale' | 'EnvironmentLocked';

/** Why a state may not work on an environment. */
export type LockError = 'EnvironmentLocked' | 'Stale' | 'QatChanged';

/** A promotion that was decided against, and has not been told yet. */
export interface DequeuedPromotion extends LockWaiter {
  readonly error: DequeueReason;
  /** The newer promotion, the one that Prod runs, or the one whose turn it is. */
  readonly by: PromotionReference;
}

/**
 * Whose turn it is to work on an environment of an application, and who waits. Read it with `Ledger.turn`; `advanceLock` and
 * `ensureLock` alone write it.
 */
export interface EnvironmentLock {
  readonly application: string;
  readonly environment: Environment;
  /** Counts the writes; 0: there was none. */
  readonly version: number;
  /** Absent: the environment is free. */
  readonly holder?: LockHolder;
  /** In the order in which they came. On QAT, settled, at most one; on Prod the first is next. */
  readonly waiting: readonly LockWaiter[];
  readonly dequeued: readonly DequeuedPromotion[];
  /** Of QAT: the last promotion that was about to point it at its image. It stays when the turn passes on. @default not known */
  readonly pointedBy?: PromotionReference;
}

/** What becomes of the holder of the QAT turn that waits for QC when a newer promotion comes. */
export type WhenNewer = 'supersede' | 'wait';

/** A turn that nobody has taken yet. */
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
