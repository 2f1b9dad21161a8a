import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import { cutText } from '../truncate-text.ts';
import type { CommitRecord } from './commit-record.ts';
import type { Maker, Reason } from './review.ts';

/** A request cannot list everybody who made the change: nobody is asked with a part of them. */
export class TooManyMakersError extends Error {
  override readonly name = 'TooManyMakers';
}

/** A push to the promoted branch, as it was recorded. */
type Push = Pick<Promotion, 'commitId' | 'pushedBy'>;

/** Longest name that is kept; nothing depends on it. */
const LONGEST_NAME = 200;

const pushedAt = ({ pushedAt, startedAt }: Promotion): string =>
  pushedAt === undefined || Date.parse(pushedAt) > Date.parse(startedAt) ? startedAt : pushedAt;

/**
 * The pushes that brought a change, besides the promotion's own: every one since the live commit was pushed, up to this one, however its promotion
 * ended; and each earlier or later one of a commit of the change.
 */
export async function pushesOf(
  ledger: Pick<Ledger, 'promotion' | 'promotions'>,
  { promotionId, application }: Pick<Promotion, 'promotionId' | 'application'>,
  live: Promotion | undefined,
  records: readonly CommitRecord[],
): Promise<readonly Push[]> {
  const ids = new Set(records.map(({ commitId }) => commitId));
  const own = await ledger.promotion(promotionId);
  // In ms: the service gives times in whole seconds, we in thousandths.
  const since = live === undefined ? 0 : Math.floor(Date.parse(pushedAt(live)) / 1000) * 1000;
  const until = own === undefined ? Number.POSITIVE_INFINITY : Date.parse(own.startedAt);
  const notThese = [promotionId, live?.promotionId];
  const found: Push[] = [];
  for await (const page of promotionPages(ledger))
    for (const one of page) {
      if (one.application !== application || notThese.includes(one.promotionId)) continue;
      const isBetween = Date.parse(one.startedAt) >= since && Date.parse(pushedAt(one)) <= until;
      if (isBetween || ids.has(one.commitId)) found.push({ commitId: one.commitId, pushedBy: one.pushedBy });
    }
  return found;
}

/** The pusher that IAM names: a user, or a session of a role. */
export const pusherOf = (arn: string): Omit<Maker, 'because'> => ({
  name: arn.split('/').at(-1) ?? '',
  address: '',
  arn,
});

/** Everybody who made a part of a change, each with why: as the commits claim, and as IAM names the pushers. */
export function makersOf(records: readonly CommitRecord[], pushes: readonly Push[]): readonly Maker[] {
  const makers = new Map<string, { maker: Omit<Maker, 'because'>; because: Map<string, Reason> }>();
  const add = (maker: Omit<Maker, 'because'>, role: Reason['role'], commitId: string): void => {
    const key = JSON.stringify([maker.name, maker.address, maker.arn]);
    const known = makers.get(key) ?? { maker, because: new Map<string, Reason>() };
    makers.set(key, known);
    const reason = known.because.get(role);
    known.because.set(role, {
      role,
      commitId: reason?.commitId ?? commitId,
      count: (reason?.count ?? 0) + 1,
    });
  };
  for (const { commitId, claims } of records)
    for (const { role, name, address } of claims)
      add({ name: cutText(name, LONGEST_NAME), address }, role, commitId);
  for (const { commitId, pushedBy } of pushes) add(pusherOf(pushedBy), 'pusher', commitId);
  return [...makers.values()].map(({ maker, because }) => ({ ...maker, because: [...because.values()] }));
}
