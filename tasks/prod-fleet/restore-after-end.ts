import type { Ledger } from '../ledger/ledger.ts';
import { ProdInUseError } from './errors.ts';
import { mayNeedRestoring } from './restore-prod.ts';

/** What waking up needs. */
export interface RestoreAfterEndDependencies {
  readonly ledger: Pick<Ledger, 'promotions'>;
  readonly restore: (promotionId: string) => Promise<void>;
  readonly application: string;
  /** Has turns passed on: Prod's waits until Prod is in order. */
  readonly wakeTurns: () => Promise<void>;
  /** Notes that a promotion is left to the next time, and why. */
  readonly postponed: (promotionId: string, reason: string) => void;
}

/** How many promotions, of all applications, are looked through for one whose end no event told. */
const REMEMBERED = 100;

const executionIn = (event: unknown): string | undefined => {
  const { detail } = (event ?? {}) as { readonly detail?: { readonly executionArn?: unknown } | null };
  return typeof detail?.executionArn === 'string' ? detail.executionArn : undefined;
};

/**
 * Puts Prod in order after the promotion whose end the event tells; any other event has all looked at whose end may have
 * been missed. While Prod is still worked on, the next time is soon enough: this is no failure. One that fails does not
 * keep back the others.
 * @throws AggregateError with everything that failed
 */
export const restoreAfterEnd =
  ({ ledger, restore, application, wakeTurns, postponed }: RestoreAfterEndDependencies) =>
  async (event: unknown): Promise<void> => {
    const executionArn = executionIn(event);
    const ids =
      executionArn === undefined
        ? (await ledger.promotions({ limit: REMEMBERED })).items
            .filter((promotion) => promotion.application === application && mayNeedRestoring(promotion))
            .map(({ promotionId }) => promotionId)
        : [executionArn.split(':').at(-1) ?? ''];
    const failures: unknown[] = [];
    for (const id of ids) {
      try {
        await restore(id);
        await wakeTurns();
      } catch (error) {
        if (error instanceof ProdInUseError) postponed(id, error.message);
        else failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `Prod of ${application} could not be put in order: ${failures
          .map((failure) =>
            failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure),
          )
          .join('; ')}`,
      );
  };
