import { isDecided } from '../approvals/decisions.ts';
import type { Held } from '../calendar/hold-rules.ts';
import type {
  EnvironmentLock,
  LockError,
  LockingPromotion,
  LockWaiter,
  PromotionReference,
} from '../environment-locks/environment-lock.ts';
import { confirmLock, enqueue, nextLockAction } from '../environment-locks/lock-rules.ts';
import { lockingPromotionOf } from '../environment-locks/newer-in-prod.ts';
import type { WorkStage } from '../environment-locks/work-stage.ts';
import type { Environment } from '../payloads.ts';
import type { LockSeen, RedriveContext } from './redrive-context.ts';
import type { ResumePoint } from './resume-point.ts';

/** What a redrive would find when it needs the environment lock. */
export interface LockOutlook {
  readonly environment: Environment;
  /**
   * `holds` and `acquires`: it goes on. `waits`: it goes on when it acquires the lock. `retries`: Step Functions retries while Prod is being restored.
   * `locked`: it fails. `frozen`: it fails until the calendar lets it through. `changed`: it fails each time. `stale` and `superseded`: it ends for good.
   */
  readonly kind:
    | 'holds'
    | 'acquires'
    | 'waits'
    | 'retries'
    | 'locked'
    | 'frozen'
    | 'changed'
    | 'stale'
    | 'superseded';
  /** The promotion that it waits, or ends, for. */
  readonly by?: PromotionReference;
  /** With `frozen` and `waits`: what the calendar has against it. */
  readonly held?: Held;
}

/** What happens to a promotion that asks for the lock: the next actions on the lock, until it is decided. */
const asking = (
  { lock, holder, held }: LockSeen,
  locking: LockingPromotion,
  { newerInProd: live, now }: RedriveContext,
): Omit<LockOutlook, 'environment'> => {
  const waiter: LockWaiter = { ...locking, since: now.toISOString(), taskToken: 'of the redrive' };
  let current: EnvironmentLock = enqueue(lock, waiter);
  for (;;) {
    const { holder: next, waiting, dequeued } = current;
    const own = dequeued.find(({ promotionId }) => promotionId === locking.promotionId);
    if (own !== undefined && own.error !== 'Recalled')
      return {
        kind: own.error === 'EnvironmentLocked' ? 'locked' : own.error === 'Stale' ? 'stale' : 'superseded',
        by: own.by,
      };
    if (next?.promotionId === locking.promotionId) return { kind: 'acquires' };
    const step = nextLockAction(current, {
      // A holder that acquired it in this simulation has not begun yet.
      holder: next?.promotionId === lock.holder?.promotionId ? holder : 'working',
      gone: new Set(),
      held: new Set(held.keys()),
      // The verdict says so first.
      bad: new Map(),
      whenNewer: 'wait',
      live,
      now,
    });
    if (step.do === 'complete' || step.do === 'write') current = step.after;
    else {
      const place = waiting.findIndex(({ promotionId }) => promotionId === locking.promotionId);
      const before = waiting[place - 1] ?? next;
      const own = held.get(locking.promotionId);
      return { kind: 'waits', ...(before && { by: before }), ...(own && { held: own }) };
    }
  }
};

const kinds: Readonly<Record<LockError, LockOutlook['kind']>> = {
  EnvironmentLocked: 'locked',
  Stale: 'stale',
  QatChanged: 'changed',
};

/** What a state meets that works on an environment. */
const working = (
  { lock, holder, held }: LockSeen,
  locking: LockingPromotion,
  workStage: WorkStage,
  { newerInProd: live, now }: RedriveContext,
): Omit<LockOutlook, 'environment'> => {
  const may = confirmLock(lock, locking, workStage, { holder, held: new Set(held.keys()), live, now });
  const own = held.get(locking.promotionId);
  if (may.do === 'hold') return { kind: 'frozen', ...(own && { held: own }) };
  if (may.do === 'fail') return { kind: kinds[may.error], by: may.by };
  if (may.do === 'retry') return { kind: 'retries', by: may.by };
  return { kind: lock.holder?.promotionId === locking.promotionId ? 'holds' : 'acquires' };
};

/**
 * What a redrive would find when it needs the lock, by the rules that advance the lock.
 * @returns undefined if the state needs none, or nothing is known of it
 */
export function lockOutlook(
  context: RedriveContext,
  point: ResumePoint | undefined,
): LockOutlook | undefined {
  const { promotion, execution, locks, newerInProd, approvals } = context;
  const seen = locks.find(({ lock }) => lock.environment === point?.environment);
  const locking = lockingPromotionOf(promotion, (execution?.redrives ?? promotion.redrives) + 1);
  if (point?.workStage === undefined) return undefined;
  // A decided request only completes its state.
  const asked = approvals.findLast(({ state }) => state === point.state);
  if (asked !== undefined && isDecided(asked)) return undefined;
  const met =
    seen &&
    (point.work === 'lock'
      ? asking(seen, locking, context)
      : working(seen, locking, point.workStage, context));
  // Nobody is asked about a commit older than the one that Prod runs.
  if (
    point.work === 'approval' &&
    newerInProd !== undefined &&
    met?.kind !== 'locked' &&
    met?.kind !== 'changed' &&
    met?.kind !== 'stale'
  )
    return { environment: 'prod', kind: 'superseded', by: newerInProd };
  return met && seen && { environment: seen.lock.environment, ...met };
}
