import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Executions, isNoted, type trackPromotion } from './track-promotion.ts';

/** What finding untold changes needs. */
export interface TrackUntoldDependencies {
  readonly ledger: Pick<Ledger, 'openPromotions' | 'promotion' | 'turn'>;
  readonly application: string;
  readonly find: Executions['find'];
  /** Does what the execution's event would have done. */
  readonly track: ReturnType<typeof trackPromotion>;
  readonly now: () => Date;
}

/** How long an event of Step Functions has to come, in ms: when both track a failure, operators have two mails of it. */
const ON_ITS_WAY = 60_000;

/** Promotions that the ledger has as running, and those that have a turn: of a redriven one that alone may tell that it runs. */
const toFollow = async (
  ledger: TrackUntoldDependencies['ledger'],
  application: string,
): Promise<readonly Promotion[]> => {
  const open = await ledger.openPromotions(application);
  const turns = await Promise.all([ledger.turn(application, 'qat'), ledger.turn(application, 'prod')]);
  const held = await Promise.all(
    turns.map(({ holder }) => (holder ? ledger.promotion(holder.promotionId) : undefined)),
  );
  const all = [...open, ...held.filter((promotion) => promotion !== undefined)];
  return [...new Map(all.map((promotion) => [promotion.promotionId, promotion])).values()];
};

const lastChange = ({ startDate, redriveDate, stopDate }: DescribeExecutionOutput): number =>
  Math.max(...[startDate, redriveDate, stopDate].map((date) => date?.getTime() ?? 0));

/**
 * Follows the executions of an application whose end or redrive no event has told: events are best effort. One that fails
 * does not keep back the others.
 * @throws AggregateError with everything that failed
 */
export const trackUntold =
  ({ ledger, application, find, track, now }: TrackUntoldDependencies) =>
  async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const promotion of await toFollow(ledger, application)) {
      const { executionArn } = promotion;
      try {
        // None of that name: recorded a moment ago, or forgotten by Step Functions.
        const execution = await find(executionArn);
        if (execution === undefined || isNoted(promotion, execution)) continue;
        if (now().getTime() - lastChange(execution) >= ON_ITS_WAY) await track({ detail: { executionArn } });
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `Promotions of ${application} could not be followed: ${failures
          .map((failure) =>
            failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure),
          )
          .join('; ')}`,
      );
  };
