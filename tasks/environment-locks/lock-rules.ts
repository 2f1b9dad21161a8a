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
 * How the holder of a turn stands. `working`: it builds, deploys or verifies. `awaiting-decision`: QC has been asked and has not decided.
 * `done`: it needs the turn no more. `ended`: its execution is over without success, and Prod is not in order after it.
 */
export type HolderStatus = 'working' | 'awaiting-decision' | 'done' | 'ended';

/** A promotion that others are compared with. */
export type OrderedPromotion = PromotionReference & PromotionOrder;

/** What is true when a turn is settled. */
export interface LockFacts {
  /** Of the holder, if there is one. */
  readonly holder: HolderStatus | undefined;
  /** Ids of those waiting whose execution is over. */
  readonly gone: ReadonlySet<string>;
  readonly whenNewer: WhenNewer;
  /** The newest promotion that was deployed to Prod. */
  readonly live: OrderedPromotion | undefined;
  readonly now: Date;
}

/** What brings a turn forward. One step at a time: each is decided from what is recorded, so that it can be cut short anywhere. */
export type LockAction =
  /** Tell the holder that it has the turn, and those dismissed why they have not; then write that it was told. */
  | { readonly do: 'complete'; readonly after: EnvironmentLock }
  /** Withdraw the request that QC has been sent, for a newer promotion; then look again. */
  | { readonly do: 'withdraw'; readonly holder: LockHolder; readonly by: LockWaiter }
  | { readonly do: 'write'; readonly after: EnvironmentLock }
  | { readonly do: 'nothing' };

const needsIt = (standing: HolderStatus | undefined): boolean =>
  standing === 'working' || standing === 'awaiting-decision';

const newestOf = <One extends PromotionOrder>(all: readonly One[]): One | undefined =>
  all.reduce<One | undefined>(
    (best, one) => (best === undefined || isNewer(one, best) ? one : best),
    undefined,
  );

const referenceTo = ({ promotionId, commitId }: PromotionReference): PromotionReference => ({
  promotionId,
  commitId,
});

/** The turn without its holder. */
const freed = ({ holder: _, ...lock }: EnvironmentLock): EnvironmentLock => lock;

/** Those of a turn who may stay and those who may not. */
interface SortedOut {
  readonly staying: readonly LockWaiter[];
  readonly dequeued: readonly DequeuedPromotion[];
}

/** QAT: nobody needs to try what a newer commit contains, so of all only the newest goes on. */
const sortOutQat = (waiting: readonly LockWaiter[], holder: LockHolder | undefined): SortedOut => {
  const newest = newestOf<LockWaiter | LockHolder>([...waiting, ...(holder ? [holder] : [])]);
  const staying = waiting.filter((one) => one === newest);
  const dequeued = waiting
    .filter((one) => one !== newest)
    .map(
      (one): DequeuedPromotion => ({
        ...one,
        // An operator wanted it to go on: it may, once the newer one has had its turn.
        error: one.redrives > 0 ? 'EnvironmentLocked' : 'Superseded',
        by: referenceTo(newest ?? one),
      }),
    );
  return { staying, dequeued };
};

/** Whether Prod runs a newer commit. */
export const isStale = (one: PromotionOrder, live: OrderedPromotion | undefined): live is OrderedPromotion =>
  live !== undefined && live.promotionId !== one.promotionId && isNewer(live, one);

/** Prod: people have agreed to each, so that all go on in the order in which they came; but Prod never goes back. */
const sortOutProd = (waiting: readonly LockWaiter[], live: OrderedPromotion | undefined): SortedOut => ({
  staying: waiting.filter((one) => !isStale(one, live)),
  dequeued: waiting.flatMap((one): DequeuedPromotion[] =>
    isStale(one, live) ? [{ ...one, error: 'Stale', by: referenceTo(live) }] : [],
  ),
});

/** Who is next, who goes on waiting, and who is dismissed, all in one write. */
const passedOn = (
  lock: EnvironmentLock,
  { holder: standing, gone, live, now }: LockFacts,
): EnvironmentLock => {
  const holder =
    needsIt(standing) || (standing === 'ended' && lock.environment === 'prod') ? lock.holder : undefined;
  const present = lock.waiting.filter(({ promotionId }) => !gone.has(promotionId));
  const { staying, dequeued } =
    lock.environment === 'qat' ? sortOutQat(present, holder) : sortOutProd(present, live);
  const [next, ...others] = staying;
  return {
    ...freed(lock),
    ...(holder !== undefined
      ? { holder, waiting: staying }
      : next !== undefined
        ? { holder: { ...next, since: now.toISOString() }, waiting: others }
        : { waiting: [] }),
    dequeued: [...lock.dequeued, ...dequeued],
  };
};

const isChanged = (before: EnvironmentLock, after: EnvironmentLock): boolean =>
  before.holder?.promotionId !== after.holder?.promotionId ||
  before.waiting.length !== after.waiting.length ||
  before.dequeued.length !== after.dequeued.length;

/** The next step for a turn. Whoever repeats it until there is nothing to do has settled the turn. */
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
  const [newer] = waiting;
  return lock.environment === 'qat' &&
    facts.holder === 'awaiting-decision' &&
    facts.whenNewer === 'supersede' &&
    newer !== undefined
    ? { do: 'withdraw', holder, by: newer }
    : { do: 'nothing' };
}

const isSameTry = (one: LockingPromotion, other: LockingPromotion): boolean =>
  one.promotionId === other.promotionId && one.redrives === other.redrives;

/** Whether a later try of the state has asked, or a redriven one of a later state has the turn: nobody waits for this one's token. */
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
 * The turn after a promotion has asked for it. Whoever has it, or waits already, gets the answer by the new token; what was
 * decided against a promotion stays decided until it is redriven. A try that a later one has overtaken changes nothing.
 */
export function enqueue(lock: EnvironmentLock, waiter: LockWaiter): EnvironmentLock {
  if (isOvertaken(lock, waiter)) return lock;
  const { holder, waiting, dequeued } = lock;
  const { taskToken, redrives, promotionId, stateAttempt = 0 } = waiter;
  if (holder?.promotionId === promotionId)
    return { ...lock, holder: { ...holder, redrives, taskToken, stateAttempt } };
  if (dequeued.some((one) => isSameTry(one, waiter)))
    return {
      ...lock,
      dequeued: dequeued.map((one) => (isSameTry(one, waiter) ? { ...one, taskToken, stateAttempt } : one)),
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
export type LockConfirmation =
  | { readonly do: 'go on' }
  /** Take the turn, or note that the holder was redriven or is about to point QAT at its image; then go on. */
  | { readonly do: 'write'; readonly after: EnvironmentLock }
  | { readonly do: 'fail'; readonly error: LockError; readonly by: PromotionReference }
  /** The turn is free as soon as Prod is in order. */
  | { readonly do: 'try again'; readonly by: PromotionReference };

/**
 * Whether a promotion may work on an environment: if it has the turn, or nobody has, as after a redrive. What is noted of a
 * redrive keeps those who settle at the same time from passing the turn on. Past pointing QAT at its image, it may only
 * while nobody else has done so: it would work on, and have QC decide about, what is not its own.
 */
export function confirmLock(
  lock: EnvironmentLock,
  locking: LockingPromotion,
  workStage: WorkStage,
  facts: Pick<LockFacts, 'holder' | 'live' | 'now'>,
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
    return { do: 'try again', by: referenceTo(holder) };
  const next = environment === 'qat' ? newestOf(waiting) : waiting[0];
  if (next !== undefined) return { do: 'fail', error: 'EnvironmentLocked', by: referenceTo(next) };
  if (environment === 'prod' && isStale(locking, facts.live))
    return { do: 'fail', error: 'Stale', by: referenceTo(facts.live) };
  return {
    do: 'write',
    after: { ...noted, holder: { ...locking, since: facts.now.toISOString() } },
  };
}
