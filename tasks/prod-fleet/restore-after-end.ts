import { throwFailures } from '../error-text.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { ProdInUseError } from './prod-errors.ts';
import { mayNeedRestoring } from './restore-prod.ts';

/** What waking up needs. */
interface RestoreAfterEndDependencies {
  readonly ledger: Pick<Ledger, 'promotion' | 'promotions' | 'lock'>;
  readonly restore: (promotionId: string) => Promise<void>;
  readonly application: string;
  /** Has turns passed on: Prod's waits until Prod is in order. */
  readonly wakeLocks: () => Promise<void>;
  /** Notes that a promotion is left to the next time, and why. */
  readonly postponed: (promotionId: string, reason: string) => void;
}

/** How many promotions, of all applications, are looked through for one that has let go of its turn. */
const REMEMBERED = 100;

function executionIn(event: unknown): string | undefined {
  const { detail } = (event ?? {}) as { readonly detail?: { readonly executionArn?: unknown } | null };
  return typeof detail?.executionArn === 'string' ? detail.executionArn : undefined;
}

/**
 * The promotions that may have left Prod to be put in order: whoever has the turn, which passes on only afterwards, however
 * long ago it started; and newer ones, should one have pointed Prod while its turn was passed on.
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
 * Puts Prod in order after the promotion whose end the event tells; any other event has all looked at whose end may have
 * been missed, or that were left to the next time. While Prod is still worked on, the next time is soon enough: this is no
 * failure. One that fails does not keep back the others.
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
    throwFailures(failures, `Prod of ${application} could not be put in order`);
  };
}
