import { throwFailures } from '../error-text.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { ProdInUseError } from './prod-errors.ts';
import { mayNeedRestoring } from './restore-prod.ts';

/** What waking up needs. */
interface RestoreAfterEndDependencies {
  readonly ledger: Pick<Ledger, 'promotion' | 'promotions' | 'lock'>;
  readonly restore: (promotionId: string) => Promise<void>;
  readonly application: string;
  /** Passes environment locks on: Prod's waits until Prod is restored. */
  readonly wakeLocks: () => Promise<void>;
  /** Logs that a promotion is left to the next run, and why. */
  readonly postponed: (promotionId: string, reason: string) => void;
}

/** How many promotions, of all applications, are searched for one that has released its lock. */
const REMEMBERED = 100;

function executionIn(event: unknown): string | undefined {
  const { detail } = (event ?? {}) as { readonly detail?: { readonly executionArn?: unknown } | null };
  return typeof detail?.executionArn === 'string' ? detail.executionArn : undefined;
}

/**
 * The promotions that may have left Prod to be restored: the lock's holder, however long ago it started, as the lock passes on
 * only afterwards; and recent ones, in case one pointed Prod at its image while its lock was passed on.
 */
async function unrestored(
  ledger: RestoreAfterEndDependencies['ledger'],
  application: string,
): Promise<readonly string[]> {
  const { holder } = await ledger.lock(application, 'prod');
  const held = holder && (await ledger.promotion(holder.promotionId));
  const { items } = await ledger.promotions({ limit: REMEMBERED });
  const ids = [...(held ? [held] : []), ...items]
    .filter((promotion) => promotion.application === application && mayNeedRestoring(promotion))
    .map(({ promotionId }) => promotionId);
  return [...new Set(ids)];
}

/**
 * Restores Prod after the promotion whose end the event reports. Any other event checks every promotion whose end may have
 * been missed, or that was left to the next run. While Prod is still worked on, the next run is soon enough: this is no
 * failure. A failure with one does not stop the others.
 * @throws AggregateError with everything that failed
 */
export function restoreAfterEnd({
  ledger,
  restore,
  application,
  wakeLocks,
  postponed,
}: RestoreAfterEndDependencies) {
  return async function restoreAfterEnd(event: unknown): Promise<void> {
    const executionArn = executionIn(event);
    const ids =
      executionArn === undefined
        ? await unrestored(ledger, application)
        : [executionArn.split(':').at(-1) ?? ''];
    const failures: unknown[] = [];
    for (const id of ids) {
      try {
        await restore(id);
        await wakeLocks();
      } catch (error) {
        if (error instanceof ProdInUseError) postponed(id, error.message);
        else failures.push(error);
      }
    }
    throwFailures(failures, `Prod of ${application} could not be restored`);
  };
}
