import { isUnderWay } from '../../tasks/environment-locks/holder-status.ts';
import { readLockViews } from '../../tasks/environment-locks/lock-view.ts';
import type { Promotion } from '../../tasks/ledger/items.ts';
import { type RecallSources, recallCause } from '../../tasks/marks/recall.ts';
import { readLocks } from '../../tasks/redrive/read-advice.ts';
import type { PlanFacts, PlannedLock } from './facts.ts';

interface LockSources extends RecallSources {
  readonly ledger: Parameters<typeof readLocks>[0]['ledger'] &
    Parameters<typeof readLockViews>[0] &
    RecallSources['ledger'];
  readonly now: () => Date;
}

/**
 * Reads both locks as a promotion would find them.
 * @param own the promotion; the ledger need not have it
 */
export const readPlannedLocks = async (
  sources: LockSources,
  own: Promotion,
): Promise<Pick<PlanFacts, 'locks' | 'newerInProd'>> => {
  const { ledger, now } = sources;
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
            bad: await recallCause(sources, { ...one, application }),
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
