import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import type { OnItsTurn } from '../payloads.ts';
import { QatChangedError, StaleError, TurnEndingError, TurnTakenError } from './errors.ts';
import { contenderOf, newerInProd } from './live.ts';
import { admission } from './rules.ts';
import { type Stage, stageOf } from './stage.ts';
import { type ExecutionStanding, standingOf } from './standing.ts';
import { environmentTitles, whyDismissed } from './texts.ts';
import type { AdmissionError, Turn, TurnHolder } from './turn.ts';

/** A state's work, done only when its promotion has the turn. @param ensure throws if it has not */
export const onItsTurn =
  <Request, Result>(
    ensure: (turn: OnItsTurn, stage: Stage) => Promise<void>,
    work: (request: Request) => Promise<Result>,
  ) =>
  async (request: Request & OnItsTurn): Promise<Result> => {
    await ensure(request, stageOf(request));
    return work(request);
  };

const errors: Readonly<Record<AdmissionError, new (message: string) => Error>> = {
  TurnTaken: TurnTakenError,
  Stale: StaleError,
  QatChanged: QatChangedError,
};

/** What making sure of a turn needs: the ledger, which knows how executions stand as far as it is told. */
export interface EnsureTurnDependencies {
  readonly ledger: Pick<Ledger, 'turn' | 'replaceTurn' | 'promotion' | 'promotions' | 'latestApproval'>;
  readonly now: () => Date;
}

/**
 * Makes sure, before a state works on an environment, that its promotion has the turn. A redriven one takes it again if
 * nobody has it.
 * @throws TurnTakenError if another promotion has it; redriven later, the state goes on
 * @throws TurnEndingError while Prod is put in order; to be tried again
 * @throws StaleError if Prod runs a newer commit by now
 * @throws QatChangedError if it follows what QAT was pointed at, and another promotion has pointed it since
 */
export const ensureTurn =
  ({ ledger, now }: EnsureTurnDependencies) =>
  async ({ promotionId, application, environment, redrives }: OnItsTurn, stage: Stage): Promise<void> => {
    const execution = async (holder: TurnHolder): Promise<ExecutionStanding> =>
      (await ledger.promotion(holder.promotionId)) ?? { status: 'RUNNING', redrives: holder.redrives };

    for (;;) {
      const turn: Turn = await ledger.turn(application, environment);
      const { holder } = turn;
      // Of one that has the turn, only pointing is noted.
      if (stage !== 'points' && holder?.promotionId === promotionId && holder.redrives >= redrives) return;
      const promotion = await ledger.promotion(promotionId);
      if (promotion === undefined)
        throw new Error(`The ledger has no promotion ${promotionId} yet: redrive it when it is listed`);
      const contender = contenderOf(promotion, redrives);
      const told = admission(turn, contender, stage, {
        holder: holder && (await standingOf({ ledger, now }, environment, holder, execution)),
        live: environment === 'prod' ? await newerInProd(ledger, application, contender) : undefined,
        now: now(),
      });
      switch (told.do) {
        case 'go on':
          return;
        case 'fail':
          throw new errors[told.error](whyDismissed(told.error, environment, told.by));
        case 'try again':
          throw new TurnEndingError(
            `${environmentTitles[environment]} is put in order after promotion ${told.by.promotionId}, which ended ` +
              'without success. This is tried again for 20 minutes; then redrive the promotion.',
          );
        case 'write':
          try {
            await ledger.replaceTurn(turn, told.after);
            return;
          } catch (error) {
            if (!(error instanceof LedgerConflictError)) throw error;
          }
      }
    }
  };
