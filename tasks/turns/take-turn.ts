import { LedgerConflictError } from '../ledger/ledger.ts';
import type { TakeTurnRequest } from '../payloads.ts';
import { contenderOf } from './live.ts';
import { askedFor } from './rules.ts';
import { type SettleTurnDependencies, settleTurn } from './settle-turn.ts';
import type { TurnWaiter } from './turn.ts';

/** What taking a turn needs. */
export interface TakeTurnDependencies extends SettleTurnDependencies {
  /** Notes that a turn could not be settled; the next event or reconciling does it. */
  readonly noteFailure: (error: unknown) => void;
}

/**
 * A promotion asks for its turn: it waits, recorded with its token, until it is told. Once recorded it is never lost, so
 * nothing that goes wrong later fails the state.
 */
export const takeTurn =
  (dependencies: TakeTurnDependencies) =>
  async (request: TakeTurnRequest): Promise<void> => {
    const { ledger, now, noteFailure } = dependencies;
    const { application, environment, promotionId, redrives, taskToken } = request;
    const promotion = await ledger.promotion(promotionId);
    const { executionArn, commitId, pushedAt, startedAt, tryNumber } = request;
    const waiter: TurnWaiter = {
      // What the ledger says is what others are compared by.
      ...(promotion === undefined
        ? { promotionId, executionArn, commitId, pushedAt, startedAt, redrives }
        : contenderOf(promotion, redrives)),
      since: now().toISOString(),
      taskToken,
      tryNumber,
    };
    for (;;) {
      const turn = await ledger.turn(application, environment);
      try {
        await ledger.replaceTurn(turn, askedFor(turn, waiter));
        break;
      } catch (error) {
        if (!(error instanceof LedgerConflictError)) throw error;
      }
    }
    try {
      await settleTurn(dependencies)(environment);
    } catch (error) {
      noteFailure(error);
    }
  };
