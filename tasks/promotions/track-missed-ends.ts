import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { throwFailures } from '../error-text.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Executions, isNoted, type trackPromotion } from './track-promotion.ts';

/** What finding untold changes needs. */
interface TrackMissedEndsDependencies {
  readonly ledger: Pick<Ledger, 'openPromotions' | 'promotion' | 'lock'>;
  readonly application: string;
  readonly find: Executions['find'];
  /** Does what the execution's event would have done. */
  readonly track: ReturnType<typeof trackPromotion>;
  readonly now: () => Date;
}

/** How long an event of Step Functions has to come, in ms: when both track a failure, operators have two mails of it. */
const ON_ITS_WAY = 60_000;

/**
 * Executions of promotions that the ledger has as running, and of those that hold a lock or wait for one: of a redriven one, or
 * one started by hand, only the lock may show that it runs.
 * @returns by ARN what the ledger has of each; nothing of one that it does not know yet
 */
const toFollow = async (
  ledger: TrackMissedEndsDependencies['ledger'],
  application: string,
): Promise<ReadonlyMap<string, Promotion | undefined>> => {
  const followed = new Map<string, Promotion | undefined>();
  for (const promotion of await ledger.openPromotions(application))
    followed.set(promotion.executionArn, promotion);
  const locks = await Promise.all([ledger.lock(application, 'qat'), ledger.lock(application, 'prod')]);
  for (const { promotionId, executionArn } of locks.flatMap(({ holder, waiting }) => [
    ...(holder ? [holder] : []),
    ...waiting,
  ]))
    if (!followed.has(executionArn)) followed.set(executionArn, await ledger.promotion(promotionId));
  return followed;
};

const lastChange = ({ startDate, redriveDate, stopDate }: DescribeExecutionOutput): number =>
  Math.max(...[startDate, redriveDate, stopDate].map((date) => date?.getTime() ?? 0));

/**
 * Tracks the executions of an application whose end or redrive no event has reported: events are best effort. One that fails
 * does not keep back the others.
 * @throws AggregateError with everything that failed
 */
export function trackMissedEnds({ ledger, application, find, track, now }: TrackMissedEndsDependencies) {
  return async function trackMissedEnds(): Promise<void> {
    const failures: unknown[] = [];
    for (const [executionArn, promotion] of await toFollow(ledger, application)) {
      try {
        // None of that name: recorded a moment ago, or forgotten by Step Functions.
        const execution = await find(executionArn);
        if (execution === undefined || (promotion && isNoted(promotion, execution))) continue;
        if (now().getTime() - lastChange(execution) >= ON_ITS_WAY) await track({ detail: { executionArn } });
      } catch (error) {
        failures.push(error);
      }
    }
    throwFailures(failures, `Promotions of ${application} could not be followed`);
  };
}
