import type { Execution } from '../../../tasks/executions/execution.ts';
import { type AdvicePoint, redriveAdvice } from '../../../tasks/redrive/advice.ts';
import type { RedriveCircumstances, TurnSeen } from '../../../tasks/redrive/circumstances.ts';
import type { Standing } from '../../../tasks/turns/rules.ts';
import { freeTurn, type TurnHolder } from '../../../tasks/turns/turn.ts';
import { createHistory, type History } from '../../approvals-ui/support/history.ts';
import { promotionDefinition } from '../../approvals-ui/support/promotion-definition.ts';
import { aPromotion, aWaiter } from '../doubles/samples.ts';

export const STARTED = Date.parse('2026-11-22T10:00:00.000Z');
export const ENDED = Date.parse('2026-11-22T12:00:00.000Z');
export const DAY = 86_400_000;

/** An execution that failed two hours after its start, and may be redriven. */
export const anExecution = (
  write: (history: History) => History,
  change: Partial<Execution> = {},
): Execution => ({
  status: 'FAILED',
  redrivable: true,
  redrives: 0,
  startedAt: STARTED,
  endedAt: ENDED,
  definition: promotionDefinition,
  currentDefinition: promotionDefinition,
  events: write(createHistory(STARTED)).events,
  ...change,
});

/** An hour after the end, with nothing recorded. */
export const circumstances = (
  execution: Execution | undefined,
  change: Partial<RedriveCircumstances> = {},
): RedriveCircumstances => ({
  execution,
  promotion: aPromotion({ status: 'FAILED' }),
  jobs: [],
  approvals: [],
  turns: [],
  now: new Date(ENDED + 3_600_000),
  ...change,
});

/** A turn that somebody holds, or nobody. */
export const aTurn = (
  environment: 'qat' | 'prod',
  holder?: {
    readonly promotionId: string;
    readonly standing: Standing;
    readonly change?: Partial<TurnHolder>;
  },
  waiting: readonly string[] = [],
): TurnSeen => {
  const turn = { ...freeTurn('shop', environment), waiting: waiting.map((id) => aWaiter(id)) };
  if (holder === undefined) return { turn };
  const { taskToken: _, ...contender } = aWaiter(holder.promotionId);
  return { turn: { ...turn, holder: { ...contender, ...holder.change } }, holder: holder.standing };
};

/** The same turn, of an environment that a promotion has pointed at its image. */
export const pointed = (seen: TurnSeen, by: string | undefined): TurnSeen =>
  by === undefined ? seen : { ...seen, turn: { ...seen.turn, pointedBy: { promotionId: by, commitId: by } } };

/** What the advice says about one matter. */
export const about = (of: RedriveCircumstances, what: AdvicePoint['about']): readonly string[] =>
  redriveAdvice(of)
    .points.filter((point) => point.about === what)
    .map(({ text }) => text);
