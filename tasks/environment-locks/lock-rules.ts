import {
  type DequeuedPromotion,
  type EnvironmentLock,
  isNewer,
  type LockError,
  type LockHolder,
  type LockingPromotion,
  type LockWaiter,
  type PromotionOrder,
  type PromotionReference,
  type WhenNewer,
} from './environment-lock.ts';
import type { WorkStage } from './work-stage.ts';

/**
 * The status of a lock's holder. `working`: it builds, deploys or verifies. `awaiting-decision`: QC has been asked and has not decided.
 * `done`: it no longer needs the lock. `ended`: its execution ended without success, and Prod is not restored yet.
 */
export type HolderStatus = 'working' | 'awaiting-decision' | 'done' | 'ended';

/** A promotion that others are compared with. */
export type OrderedPromotion = PromotionReference & PromotionOrder;

/** The facts that a lock is advanced by. */
export interface LockFacts {
  /** Of the holder, if there is one. */
  readonly holder: HolderStatus | undefined;
  /** Ids of those waiting whose execution is over. */
  readonly gone: ReadonlySet<string>;
  /** Ids of those that the calendar keeps from the lock. */
  readonly held: ReadonlySet<string>;
  /** Why those waiting are recalled whose commit is marked bad, by id. */
  readonly bad: ReadonlyMap<string, string>;
  readonly whenNewer: WhenNewer;
  /** The newest promotion that was deployed to Prod. */
  readonly live: OrderedPromotion | undefined;
  readonly now: Date;
}

/** The next action on a lock. Each is decided from the record, so that it may be interrupted anywhere. */
export type LockAction =
  /** Complete the tokens of the holder and of those that left the queue; then record that. */
  | { readonly do: 'complete'; readonly after: EnvironmentLock }
  /** Withdraw the request that QC has been sent, for a newer promotion; then look again. */
  | { readonly do: 'withdraw'; readonly holder: LockHolder; readonly by: LockWaiter }
  | { readonly do: 'write'; readonly after: EnvironmentLock }
  | { readonly do: 'nothing' };

const needsIt = (status: HolderStatus | undefined): boolean =>
  status === 'working' || status === 'awaiting-decision';

const newestOf = <One extends PromotionOrder>(all: readonly One[]): One | undefined =>
  all.reduce<One | undefined>(
    (best, one) => (best === undefined || isNewer(one, best) ? one : best),
    undefined,
  );

const referenceTo = ({ promotionId, commitId }: PromotionReference): PromotionReference => ({
  promotionId,
  commitId,
});

/** The lock without its holder. */
const freed = ({ holder: _, ...lock }: EnvironmentLock): EnvironmentLock => lock;

/** Which promotions stay in the queue, and which leave it. */
interface SortedQueue {
  readonly staying: readonly LockWaiter[];
  readonly dequeued: readonly DequeuedPromotion[];
}

/**
 * QAT: a newer commit contains the older ones, so only the newest promotion goes on. If the calendar holds that one, the newest of
 * the others stays as well.
 */
const sortQatQueue = (
  waiting: readonly LockWaiter[],
  holder: LockHolder | undefined,
  held: ReadonlySet<string>,
): SortedQueue => {
  const all = [...waiting, ...(holder ? [holder] : [])];
  const newest = newestOf<LockWaiter | LockHolder>(all);
  const newestFree = newestOf(all.filter((one) => one === holder || !held.has(one.promotionId)));
  const staying = waiting.filter((one) => one === newest || one === newestFree);
  const dequeued = waiting
    .filter((one) => !staying.includes(one))
    .map(
      (one): DequeuedPromotion => ({
        ...one,
        // An operator redrove it: it may go on once the newer one has released the lock.
        error: one.redrives > 0 ? 'EnvironmentLocked' : 'Superseded',
        by: referenceTo(newest ?? one),
      }),
    );
  return { staying, dequeued };
};

/** Whether Prod runs a newer commit. */
export const isStale = (one: PromotionOrder, live: OrderedPromotion | undefined): live is OrderedPromotion =>
  live !== undefined && live.promotionId !== one.promotionId && isNewer(live, one);

/** Prod: people approved each of them, so all go on in their order; but Prod never goes back to an older commit. */
const sortProdQueue = (waiting: readonly LockWaiter[], live: OrderedPromotion | undefined): SortedQueue => ({
  staying: waiting.filter((one) => !isStale(one, live)),
  dequeued: waiting.flatMap((one): DequeuedPromotion[] =>
    isStale(one, live) ? [{ ...one, error: 'Stale', by: referenceTo(live) }] : [],
  ),
});

/** The next holder, the queue, and those that leave it, in one write. */
const passedOn = (
  lock: EnvironmentLock,
  { holder: status, gone, held, bad, live, now }: LockFacts,
): EnvironmentLock => {
  const holder =
    needsIt(status) || (status === 'ended' && lock.environment === 'prod') ? lock.holder : undefined;
  const present = lock.waiting.filter(({ promotionId }) => !gone.has(promotionId));
  const good = present.filter(({ promotionId }) => !bad.has(promotionId));
  const recalled = present.flatMap((one): DequeuedPromotion[] => {
    const cause = bad.get(one.promotionId);
    return cause === undefined ? [] : [{ ...one, error: 'Recalled', cause }];
  });
  const { staying, dequeued } =
    lock.environment === 'qat' ? sortQatQueue(good, holder, held) : sortProdQueue(good, live);
  const next = staying.find(({ promotionId }) => !held.has(promotionId));
  return {
    ...freed(lock),
    ...(holder !== undefined
      ? { holder, waiting: staying }
      : next !== undefined
        ? {
            holder: { ...next, since: now.toISOString() },
            waiting: staying.filter((one) => one !== next),
          }
        : { waiting: staying }),
    dequeued: [...lock.dequeued, ...recalled, ...dequeued],
  };
};

const isChanged = (before: EnvironmentLock, after: EnvironmentLock): boolean =>
  before.holder?.promotionId !== after.holder?.promotionId ||
  before.waiting.length !== after.waiting.length ||
  before.dequeued.length !== after.dequeued.length;

/** The next action on a lock. Repeat it until there is nothing to do. */
export function nextLockAction(lock: EnvironmentLock, facts: LockFacts): LockAction {
  const { holder, waiting, dequeued } = lock;
  if (dequeued.length > 0 || holder?.taskToken !== undefined) {
    if (holder === undefined) return { do: 'complete', after: { ...lock, dequeued: [] } };
    const { taskToken: _, ...completion } = holder;
    return { do: 'complete', after: { ...lock, holder: completion, dequeued: [] } };
  }
  const after = passedOn(lock, facts);
  if (isChanged(lock, after)) return { do: 'write', after };
  if (holder === undefined) return { do: 'nothing' };
  // What has begun ends: a promotion that the calendar holds takes nobody's place.
  const newer = waiting.find(({ promotionId }) => !facts.held.has(promotionId));
  return lock.environment === 'qat' &&
    facts.holder === 'awaiting-decision' &&
    facts.whenNewer === 'supersede' &&
    newer !== undefined
    ? { do: 'withdraw', holder, by: newer }
    : { do: 'nothing' };
}

const isSameAttempt = (one: LockingPromotion, other: LockingPromotion): boolean =>
  one.promotionId === other.promotionId && one.redrives === other.redrives;

/** Whether a later attempt has asked, or a redriven later state holds the lock: nothing waits for this attempt's token. */
const isOvertaken = (
  { holder, waiting, dequeued }: EnvironmentLock,
  { promotionId, redrives, stateAttempt = 0 }: LockWaiter,
): boolean =>
  [...(holder ? [holder] : []), ...waiting, ...dequeued].some(
    (one) =>
      one.promotionId === promotionId &&
      (one.redrives > redrives || (one.redrives === redrives && (one.stateAttempt ?? 0) > stateAttempt)),
  );

/**
 * The lock after a promotion has asked for it. A promotion that holds it or waits already gets its new token; what was
 * decided against a promotion stays so until it is redriven. An attempt that a later one has overtaken changes nothing.
 */
export function enqueue(lock: EnvironmentLock, waiter: LockWaiter): EnvironmentLock {
  if (isOvertaken(lock, waiter)) return lock;
  const { holder, waiting, dequeued } = lock;
  const { taskToken, redrives, promotionId, stateAttempt = 0 } = waiter;
  if (holder?.promotionId === promotionId)
    return { ...lock, holder: { ...holder, redrives, taskToken, stateAttempt } };
  if (dequeued.some((one) => isSameAttempt(one, waiter)))
    return {
      ...lock,
      dequeued: dequeued.map((one) =>
        isSameAttempt(one, waiter) ? { ...one, taskToken, stateAttempt } : one,
      ),
    };
  if (waiting.some((one) => one.promotionId === promotionId))
    return {
      ...lock,
      waiting: waiting.map((one) =>
        one.promotionId === promotionId ? { ...one, redrives, taskToken, stateAttempt } : one,
      ),
    };
  return { ...lock, waiting: [...waiting, waiter] };
}

/** What a state that works on an environment may do. */
type LockConfirmation =
  | { readonly do: 'go on' }
  /** Acquire the lock, or record that the holder was redriven or is about to point QAT at its image; then go on. */
  | { readonly do: 'write'; readonly after: EnvironmentLock }
  | { readonly do: 'fail'; readonly error: LockError; readonly by: PromotionReference }
  /** The calendar keeps it from acquiring the lock. */
  | { readonly do: 'hold' }
  /** The lock is free as soon as Prod is restored. */
  | { readonly do: 'retry'; readonly by: PromotionReference };

/**
 * Whether a promotion may change an environment: if it holds the lock, or the lock is free, as after a redrive. Recording a
 * redrive keeps a concurrent advance from passing the lock on. After pointing QAT at its image, it may only
 * while no other promotion has pointed QAT: else QC would decide about another promotion's image.
 */
export function confirmLock(
  lock: EnvironmentLock,
  locking: LockingPromotion,
  workStage: WorkStage,
  facts: Pick<LockFacts, 'holder' | 'held' | 'live' | 'now'>,
): LockConfirmation {
  const { holder, waiting, environment, pointedBy } = lock;
  const isPointedByOther = pointedBy?.promotionId !== locking.promotionId;
  if (environment === 'qat' && workStage === 'follows' && pointedBy !== undefined && isPointedByOther)
    return { do: 'fail', error: 'QatChanged', by: pointedBy };
  const points = environment === 'qat' && workStage === 'points' && isPointedByOther;
  const noted: EnvironmentLock = points ? { ...lock, pointedBy: referenceTo(locking) } : lock;
  if (holder?.promotionId === locking.promotionId)
    return points || locking.redrives > holder.redrives
      ? {
          do: 'write',
          after: { ...noted, holder: { ...holder, redrives: Math.max(holder.redrives, locking.redrives) } },
        }
      : { do: 'go on' };
  if (holder !== undefined && needsIt(facts.holder))
    return { do: 'fail', error: 'EnvironmentLocked', by: referenceTo(holder) };
  if (holder !== undefined && environment === 'prod' && facts.holder === 'ended')
    return { do: 'retry', by: referenceTo(holder) };
  const free = waiting.filter(({ promotionId }) => !facts.held.has(promotionId));
  const next = environment === 'qat' ? newestOf(free) : free[0];
  if (next !== undefined) return { do: 'fail', error: 'EnvironmentLocked', by: referenceTo(next) };
  if (environment === 'prod' && isStale(locking, facts.live))
    return { do: 'fail', error: 'Stale', by: referenceTo(facts.live) };
  if (facts.held.has(locking.promotionId)) return { do: 'hold' };
  return {
    do: 'write',
    after: { ...noted, holder: { ...locking, since: facts.now.toISOString() } },
  };
}
