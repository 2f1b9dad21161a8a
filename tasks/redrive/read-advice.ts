import { type CalendarLedger, readHeld } from '../calendar/read-held.ts';
import type { LockHolder } from '../environment-locks/environment-lock.ts';
import { holderStatusOf } from '../environment-locks/holder-status.ts';
import { newerInProd as findNewerInProd, lockingPromotionOf } from '../environment-locks/newer-in-prod.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type RecallSources, recallCause, unlessKnown } from '../marks/recall.ts';
import { type PromotionRecord, type PromotionSources, readPromotion } from '../promotions/read-promotion.ts';
import { type RedriveAdvice, redriveAdvice } from './redrive-advice.ts';
import type { LockSeen, RedriveContext } from './redrive-context.ts';

/** Where a promotion and the advice on its redrive are read from. */
interface AdvisedPromotionSources extends PromotionSources, Pick<RecallSources, 'readEvidence'> {
  readonly ledger: PromotionSources['ledger'] &
    Pick<Ledger, 'promotion' | 'promotions' | 'latestApproval' | 'lock' | 'marks'> &
    CalendarLedger;
  /** Version of an application's configuration as it is deployed. */
  readonly configurationVersion: (application: string) => string;
  readonly now: () => Date;
}

/** Where both locks of an application are read from. */
interface LockSources {
  readonly ledger: Pick<Ledger, 'promotion' | 'promotions' | 'latestApproval' | 'lock'> & CalendarLedger;
  readonly now: () => Date;
}

/** Both locks of the promotion's application, the status of their holders, and what Prod runs that is newer. The ledger need not have it. */
export async function readLocks(
  { ledger, now }: LockSources,
  promotion: Promotion,
): Promise<Pick<RedriveContext, 'locks' | 'newerInProd'>> {
  const { application } = promotion;
  const [newerInProd, ...locks] = await Promise.all([
    findNewerInProd(ledger, application, lockingPromotionOf(promotion)),
    ...(['qat', 'prod'] as const).map(async (environment): Promise<LockSeen> => {
      const lock = await ledger.lock(application, environment);
      const { holder } = lock;
      const asking = [promotion, ...lock.waiting].map(({ promotionId }) => promotionId);
      const held = await readHeld(ledger, application, environment, asking, now());
      if (holder === undefined) return { lock, held };
      // The ledger learns of an end within seconds; a redriven state reads the lock again.
      const execution = async ({ promotionId, redrives }: LockHolder) =>
        (await ledger.promotion(promotionId)) ?? { status: 'RUNNING', redrives };
      return { lock, held, holder: await holderStatusOf({ ledger, now }, environment, holder, execution) };
    }),
  ]);
  return { locks, ...(newerInProd && { newerInProd }) };
}

/** A promotion with all that is known of it, and the advice on its redrive. */
export interface AdvisedPromotion extends PromotionRecord {
  readonly advice: RedriveAdvice;
}

/** Reads a promotion with the advice on its redrive: the one reader of site, command line and terminal. */
export async function readAdvisedPromotion(
  sources: AdvisedPromotionSources,
  recorded: Promotion,
): Promise<AdvisedPromotion> {
  const { now, configurationVersion } = sources;
  const record = await readPromotion(sources, recorded);
  const { promotion } = record;
  // Of one that runs or has succeeded, the verdict needs nothing else.
  const isOver = promotion.status !== 'RUNNING' && promotion.status !== 'SUCCEEDED';
  const { application } = promotion;
  const locks = isOver ? await readLocks(sources, promotion) : { locks: [] };
  // Where contents cannot be read, the redriven state says so and fails.
  const bad = isOver ? await recallCause(sources, promotion).catch(unlessKnown) : undefined;
  const version = configurationVersion(application);
  return {
    ...record,
    advice: redriveAdvice({
      ...record,
      ...locks,
      ...(bad !== undefined && { bad }),
      configurationVersion: version,
      now: now(),
    }),
  };
}
