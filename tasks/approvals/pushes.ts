import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import { UNKNOWN_PUSHER } from '../payloads.ts';
import type { SourcePush } from '../source/source.ts';
import type { CommitRecord } from './commit-record.ts';

/** It is not known who pushed: they might decide about their own change. */
export class PusherUnknownError extends Error {
  override readonly name = 'PusherUnknown';
}

/** A push to the promoted branch. */
export type Push = Pick<Promotion, 'commitId' | 'pushedBy'>;

/** What the provider of the repository recorded. */
export interface RecordedPushes {
  /** The push of the promotion; absent where nobody records pushes. */
  readonly own?: SourcePush;
  /** All since the live commit was pushed, and some before. */
  readonly all: readonly SourcePush[];
}

/** How far the event's time and the record's may be apart, in ms: both name the moment of one push, in whole seconds. */
const TOLERANCE_MS = 15 * 60 * 1000;

/** When a promotion was pushed, at the latest when it started. ISO 8601. */
export const pushedAt = ({ pushedAt, startedAt }: Promotion): string =>
  pushedAt === undefined || Date.parse(pushedAt) > Date.parse(startedAt) ? startedAt : pushedAt;

/** From when on the records of pushes are read: since the live commit's, or all. */
export const recordsSince = (promotion: Promotion, live: Promotion | undefined): Date =>
  new Date(
    live === undefined
      ? 0
      : Math.min(Date.parse(pushedAt(live)), Date.parse(pushedAt(promotion))) - TOLERANCE_MS,
  );

/** Whether a record is about the push of a promotion. */
export const isPushOf = (one: SourcePush, promotion: Promotion): boolean =>
  one.commitId === promotion.commitId &&
  one.pushedBy === promotion.pushedBy &&
  Math.abs(Date.parse(one.pushedAt) - Date.parse(pushedAt(promotion))) <= TOLERANCE_MS;

/** The moment since which pushes are a part of the change, in ms: when the live commit was pushed. */
const sinceLive = (live: Promotion | undefined, { all }: RecordedPushes): number => {
  if (live === undefined) return 0;
  const times = all.filter((one) => isPushOf(one, live)).map((one) => Date.parse(one.pushedAt));
  // In ms: the service gives times in whole seconds, we in thousandths.
  return Math.min(...times, Math.floor(Date.parse(pushedAt(live)) / 1000) * 1000);
};

/**
 * The pushes that brought a change, besides the promotion's own: every one since the live commit was pushed, up to this one, however its
 * promotion ended, by the provider's record and by the ledger's; and each earlier or later one of a commit of the change.
 * @throws PusherUnknownError if one of them has no pusher
 */
export async function pushesOf(
  ledger: Pick<Ledger, 'promotion' | 'promotions'>,
  { promotionId, application }: Pick<Promotion, 'promotionId' | 'application'>,
  live: Promotion | undefined,
  records: readonly CommitRecord[],
  recorded: RecordedPushes,
): Promise<readonly Push[]> {
  const ids = new Set(records.map(({ commitId }) => commitId));
  const own = await ledger.promotion(promotionId);
  const since = sinceLive(live, recorded);
  const until = own === undefined ? Number.POSITIVE_INFINITY : Date.parse(own.startedAt);
  const notThese = [promotionId, live?.promotionId];
  const found: Push[] = [];
  for await (const page of promotionPages(ledger))
    for (const one of page) {
      if (one.application !== application || notThese.includes(one.promotionId)) continue;
      // Nobody pushed it: its input is what somebody wrote, or it brings nothing new.
      if (one.startedByHand === true || one.goBack !== undefined) continue;
      const isBetween = Date.parse(one.startedAt) >= since && Date.parse(pushedAt(one)) <= until;
      if (isBetween || ids.has(one.commitId)) found.push(...withPusher(one, recorded));
    }
  const known = new Set([own ?? [], found].flat().map(({ commitId, pushedBy }) => `${commitId} ${pushedBy}`));
  for (const { commitId, pushedBy, pushedAt } of recorded.all) {
    // To push what is live brings nothing.
    if (commitId === live?.commitId) continue;
    const isBetween = Date.parse(pushedAt) >= since && Date.parse(pushedAt) <= until;
    const key = `${commitId} ${pushedBy}`;
    if (known.has(key) || !(isBetween || ids.has(commitId))) continue;
    known.add(key);
    found.push({ commitId, pushedBy });
  }
  return found;
}

/** A recorded promotion's push. If its event did not say who pushed, the provider's record does. */
const withPusher = (
  { commitId, pushedBy, promotionId }: Promotion,
  { all }: RecordedPushes,
): readonly Push[] => {
  if (pushedBy !== UNKNOWN_PUSHER) return [{ commitId, pushedBy }];
  const known = all.filter((one) => one.commitId === commitId);
  if (known.length > 0) return known.map(({ pushedBy }) => ({ commitId, pushedBy }));
  throw new PusherUnknownError(
    `It is not known who pushed ${commitId} (${promotionId}), which is a part of the change, so nobody can tell whether an approver did. ` +
      'Promote an earlier commit first, so that this one is no part of the next change.',
  );
};
