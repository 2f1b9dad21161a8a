import type { Stage } from './stage.ts';
import {
  type AdmissionError,
  type Contender,
  type Dismissed,
  isNewer,
  type Order,
  type Rival,
  type Turn,
  type TurnHolder,
  type TurnWaiter,
  type WhenNewer,
} from './turn.ts';

/**
 * How the holder of a turn stands. `works`: it builds, deploys or verifies. `asks`: QC has been asked and has not decided.
 * `done`: it needs the turn no more. `ended`: its execution is over without success, and Prod is not in order after it.
 */
export type Standing = 'works' | 'asks' | 'done' | 'ended';

/** A promotion that others are compared with. */
export type Compared = Rival & Order;

/** What is true when a turn is settled. */
export interface TurnFacts {
  /** Of the holder, if there is one. */
  readonly holder: Standing | undefined;
  /** Ids of those waiting whose execution is over. */
  readonly gone: ReadonlySet<string>;
  readonly whenNewer: WhenNewer;
  /** The newest promotion that was deployed to Prod. */
  readonly live: Compared | undefined;
  readonly now: Date;
}

/** What brings a turn forward. One step at a time: each is decided from what is recorded, so that it can be cut short anywhere. */
export type TurnStep =
  /** Tell the holder that it has the turn, and those dismissed why they have not; then write that it was told. */
  | { readonly do: 'tell'; readonly after: Turn }
  /** Withdraw the request that QC has been sent, for a newer promotion; then look again. */
  | { readonly do: 'withdraw'; readonly holder: TurnHolder; readonly by: TurnWaiter }
  | { readonly do: 'write'; readonly after: Turn }
  | { readonly do: 'nothing' };

const needsIt = (standing: Standing | undefined): boolean => standing === 'works' || standing === 'asks';

const newestOf = <One extends Order>(all: readonly One[]): One | undefined =>
  all.reduce<One | undefined>(
    (best, one) => (best === undefined || isNewer(one, best) ? one : best),
    undefined,
  );

const rivalOf = ({ promotionId, commitId }: Rival): Rival => ({ promotionId, commitId });

/** The turn without its holder. */
const freed = ({ holder: _, ...turn }: Turn): Turn => turn;

/** Those of a turn who may stay and those who may not. */
interface SortedOut {
  readonly staying: readonly TurnWaiter[];
  readonly dismissed: readonly Dismissed[];
}

/** QAT: nobody needs to try what a newer commit contains, so of all only the newest goes on. */
const sortOutQat = (waiting: readonly TurnWaiter[], holder: TurnHolder | undefined): SortedOut => {
  const newest = newestOf<TurnWaiter | TurnHolder>([...waiting, ...(holder ? [holder] : [])]);
  const staying = waiting.filter((one) => one === newest);
  const dismissed = waiting
    .filter((one) => one !== newest)
    .map(
      (one): Dismissed => ({
        ...one,
        // An operator wanted it to go on: it may, once the newer one has had its turn.
        error: one.redrives > 0 ? 'TurnTaken' : 'Superseded',
        by: rivalOf(newest ?? one),
      }),
    );
  return { staying, dismissed };
};

/** Whether Prod runs a newer commit. */
export const isStale = (one: Order, live: Compared | undefined): live is Compared =>
  live !== undefined && live.promotionId !== one.promotionId && isNewer(live, one);

/** Prod: people have agreed to each, so that all go on in the order in which they came; but Prod never goes back. */
const sortOutProd = (waiting: readonly TurnWaiter[], live: Compared | undefined): SortedOut => ({
  staying: waiting.filter((one) => !isStale(one, live)),
  dismissed: waiting.flatMap((one): Dismissed[] =>
    isStale(one, live) ? [{ ...one, error: 'Stale', by: rivalOf(live) }] : [],
  ),
});

/** Who is next, who goes on waiting, and who is dismissed, all in one write. */
const passedOn = (turn: Turn, { holder: standing, gone, live, now }: TurnFacts): Turn => {
  const holder =
    needsIt(standing) || (standing === 'ended' && turn.environment === 'prod') ? turn.holder : undefined;
  const present = turn.waiting.filter(({ promotionId }) => !gone.has(promotionId));
  const { staying, dismissed } =
    turn.environment === 'qat' ? sortOutQat(present, holder) : sortOutProd(present, live);
  const [next, ...others] = staying;
  return {
    ...freed(turn),
    ...(holder !== undefined
      ? { holder, waiting: staying }
      : next !== undefined
        ? { holder: { ...next, since: now.toISOString() }, waiting: others }
        : { waiting: [] }),
    dismissed: [...turn.dismissed, ...dismissed],
  };
};

const isChanged = (before: Turn, after: Turn): boolean =>
  before.holder?.promotionId !== after.holder?.promotionId ||
  before.waiting.length !== after.waiting.length ||
  before.dismissed.length !== after.dismissed.length;

/** The next step for a turn. Whoever repeats it until there is nothing to do has settled the turn. */
export const nextTurnStep = (turn: Turn, facts: TurnFacts): TurnStep => {
  const { holder, waiting, dismissed } = turn;
  if (dismissed.length > 0 || holder?.taskToken !== undefined) {
    if (holder === undefined) return { do: 'tell', after: { ...turn, dismissed: [] } };
    const { taskToken: _, ...told } = holder;
    return { do: 'tell', after: { ...turn, holder: told, dismissed: [] } };
  }
  const after = passedOn(turn, facts);
  if (isChanged(turn, after)) return { do: 'write', after };
  if (holder === undefined) return { do: 'nothing' };
  const [newer] = waiting;
  return turn.environment === 'qat' &&
    facts.holder === 'asks' &&
    facts.whenNewer === 'supersede' &&
    newer !== undefined
    ? { do: 'withdraw', holder, by: newer }
    : { do: 'nothing' };
};

const isSameTry = (one: Contender, other: Contender): boolean =>
  one.promotionId === other.promotionId && one.redrives === other.redrives;

/** Whether a later try of the state has asked, or a redriven one of a later state has the turn: nobody waits for this one's token. */
const isOvertaken = (
  { holder, waiting, dismissed }: Turn,
  { promotionId, redrives, tryNumber = 0 }: TurnWaiter,
): boolean =>
  [...(holder ? [holder] : []), ...waiting, ...dismissed].some(
    (one) =>
      one.promotionId === promotionId &&
      (one.redrives > redrives || (one.redrives === redrives && (one.tryNumber ?? 0) > tryNumber)),
  );

/**
 * The turn after a promotion has asked for it. Whoever has it, or waits already, gets the answer by the new token; what was
 * decided against a promotion stays decided until it is redriven. A try that a later one has overtaken changes nothing.
 */
export const askedFor = (turn: Turn, waiter: TurnWaiter): Turn => {
  if (isOvertaken(turn, waiter)) return turn;
  const { holder, waiting, dismissed } = turn;
  const { taskToken, redrives, promotionId, tryNumber = 0 } = waiter;
  if (holder?.promotionId === promotionId)
    return { ...turn, holder: { ...holder, redrives, taskToken, tryNumber } };
  if (dismissed.some((one) => isSameTry(one, waiter)))
    return {
      ...turn,
      dismissed: dismissed.map((one) => (isSameTry(one, waiter) ? { ...one, taskToken, tryNumber } : one)),
    };
  if (waiting.some((one) => one.promotionId === promotionId))
    return {
      ...turn,
      waiting: waiting.map((one) =>
        one.promotionId === promotionId ? { ...one, redrives, taskToken, tryNumber } : one,
      ),
    };
  return { ...turn, waiting: [...waiting, waiter] };
};

/** What a state that works on an environment may do. */
export type Admission =
  | { readonly do: 'go on' }
  /** Take the turn, or note that the holder was redriven or is about to point QAT at its image; then go on. */
  | { readonly do: 'write'; readonly after: Turn }
  | { readonly do: 'fail'; readonly error: AdmissionError; readonly by: Rival }
  /** The turn is free as soon as Prod is in order. */
  | { readonly do: 'try again'; readonly by: Rival };

/**
 * Whether a promotion may work on an environment: if it has the turn, or nobody has, as after a redrive. What is noted of a
 * redrive keeps those who settle at the same time from passing the turn on. Past pointing QAT at its image, it may only
 * while nobody else has done so: it would work on, and have QC decide about, what is not its own.
 */
export const admission = (
  turn: Turn,
  contender: Contender,
  stage: Stage,
  facts: Pick<TurnFacts, 'holder' | 'live' | 'now'>,
): Admission => {
  const { holder, waiting, environment, pointedBy } = turn;
  const isPointedByOther = pointedBy?.promotionId !== contender.promotionId;
  if (environment === 'qat' && stage === 'follows' && pointedBy !== undefined && isPointedByOther)
    return { do: 'fail', error: 'QatChanged', by: pointedBy };
  const points = environment === 'qat' && stage === 'points' && isPointedByOther;
  const noted: Turn = points ? { ...turn, pointedBy: rivalOf(contender) } : turn;
  if (holder?.promotionId === contender.promotionId)
    return points || contender.redrives > holder.redrives
      ? {
          do: 'write',
          after: { ...noted, holder: { ...holder, redrives: Math.max(holder.redrives, contender.redrives) } },
        }
      : { do: 'go on' };
  if (holder !== undefined && needsIt(facts.holder))
    return { do: 'fail', error: 'TurnTaken', by: rivalOf(holder) };
  if (holder !== undefined && environment === 'prod' && facts.holder === 'ended')
    return { do: 'try again', by: rivalOf(holder) };
  const next = environment === 'qat' ? newestOf(waiting) : waiting[0];
  if (next !== undefined) return { do: 'fail', error: 'TurnTaken', by: rivalOf(next) };
  if (environment === 'prod' && isStale(contender, facts.live))
    return { do: 'fail', error: 'Stale', by: rivalOf(facts.live) };
  return {
    do: 'write',
    after: { ...noted, holder: { ...contender, since: facts.now.toISOString() } },
  };
};
