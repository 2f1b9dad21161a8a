import type { Execution, Executions } from '../executions/execution.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { contenderOf, newerInProd as findNewerInProd } from '../turns/live.ts';
import { standingOf } from '../turns/standing.ts';
import type { TurnHolder } from '../turns/turn.ts';
import { type RedriveAdvice, redriveAdvice } from './advice.ts';
import type { RedriveCircumstances, TurnSeen } from './circumstances.ts';

/** Where advice on a promotion is read from. */
export interface AdviseDependencies {
  readonly ledger: Pick<
    Ledger,
    'promotion' | 'promotions' | 'jobs' | 'approvals' | 'latestApproval' | 'turn'
  >;
  readonly executions: Pick<Executions, 'read'>;
  readonly now: () => Date;
}

/** Both turns of the promotion's application, how their holders stand, and what Prod runs that is newer. */
export const readTurns = async (
  { ledger, now }: Pick<AdviseDependencies, 'ledger' | 'now'>,
  promotion: Promotion,
): Promise<Pick<RedriveCircumstances, 'turns' | 'newerInProd'>> => {
  const { application } = promotion;
  const [newerInProd, ...turns] = await Promise.all([
    findNewerInProd(ledger, application, contenderOf(promotion)),
    ...(['qat', 'prod'] as const).map(async (environment): Promise<TurnSeen> => {
      const turn = await ledger.turn(application, environment);
      const { holder } = turn;
      if (holder === undefined) return { turn };
      // The ledger tells of an end within seconds; Step Functions has the last word when the state is redriven.
      const execution = async ({ promotionId, redrives }: TurnHolder) =>
        (await ledger.promotion(promotionId)) ?? { status: 'RUNNING', redrives };
      return { turn, holder: await standingOf({ ledger, now }, environment, holder, execution) };
    }),
  ]);
  return { turns, ...(newerInProd && { newerInProd }) };
};

/** Reads what advice on a promotion's redrive is given on, and gives it. */
export const adviseOnRedrive = async (
  dependencies: AdviseDependencies,
  promotion: Promotion,
): Promise<{ readonly advice: RedriveAdvice; readonly execution: Execution | undefined }> => {
  const { ledger, executions, now } = dependencies;
  const { promotionId, executionArn } = promotion;
  const [execution, jobs, approvals, turns] = await Promise.all([
    executions.read(executionArn),
    ledger.jobs(promotionId),
    ledger.approvals(promotionId),
    readTurns(dependencies, promotion),
  ]);
  const advice = redriveAdvice({ execution, promotion, jobs, approvals, ...turns, now: now() });
  return { advice, execution };
};
