import { isUnderWay } from '../../tasks/environment-locks/holder-status.ts';
import { readLockViews } from '../../tasks/environment-locks/lock-view.ts';
import type { Promotion } from '../../tasks/ledger/items.ts';
import type { Ledger } from '../../tasks/ledger/ledger.ts';
import { recallCause } from '../../tasks/marks/recall.ts';
import { readLocks } from '../../tasks/redrive/read-advice.ts';
import type { PlanFacts, PlannedLock } from './facts.ts';

interface LockSources {
  readonly ledger: Parameters<typeof readLocks>[0]['ledger'] &
    Parameters<typeof readLockViews>[0] &
    Pick<Ledger, 'mark'>;
  readonly now: () => Date;
}

/**
 * Reads both locks as a promotion would find them.
 * @param own the promotion; the ledger need not have it
 */
export const readPlannedLocks = async (
  { ledger, now }: LockSources,
  own: Promotion,
): Promise<Pick<PlanFacts, 'locks' | 'newerInProd'>> => {
  const { application } = own;
  const [{ locks, newerInProd }, views] = await Promise.all([
    readLocks({ ledger, now }, own),
    readLockViews(ledger, application, now()),
  ]);
  const planned = await Promise.all(
    locks
      .flatMap((seen) => {
        const view = views.find(({ environment }) => environment === seen.lock.environment);
        return view === undefined ? [] : [{ seen, view }];
      })
      .map(async ({ seen, view }): Promise<PlannedLock> => {
        const waiting = await Promise.all(
          seen.lock.waiting.map(async (one) => ({
            one,
            isGone: !isUnderWay(one, await ledger.promotion(one.promotionId), now()),
            bad: await recallCause(ledger, application, one.commitId),
          })),
        );
        return {
          ...seen,
          view,
          gone: new Set(waiting.flatMap(({ one, isGone }) => (isGone ? [one.promotionId] : []))),
          bad: new Map(
            waiting.flatMap(({ one, bad }) => (bad === undefined ? [] : [[one.promotionId, bad] as const])),
          ),
        };
      }),
  );
  return { locks: planned, ...(newerInProd && { newerInProd }) };
};
