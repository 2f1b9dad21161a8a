import { throwFailures } from '../failures.ts';
import type { Approval } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LedgerConflictError } from '../ledger/ledger.ts';
import type { ApproverRole, Environment } from '../payloads.ts';
import { contenderOf, newerInProd } from './live.ts';
import { isStale, nextTurnStep, type TurnFacts, type TurnStep } from './rules.ts';
import { type ExecutionStanding, isUnderWay, standingOf } from './standing.ts';
import { type SupersedeDependencies, supersede } from './supersede.ts';
import { whyDismissed } from './texts.ts';
import { type Contender, isNewer, type Order, type Turn, type WhenNewer } from './turn.ts';

/** What settling turns needs. */
export interface SettleTurnDependencies extends SupersedeDependencies {
  readonly ledger: Ledger;
  readonly application: string;
  /** How an execution stands, by Step Functions; undefined if there is none of that name. */
  readonly execution: (executionArn: string) => Promise<ExecutionStanding | undefined>;
  readonly whenNewer: WhenNewer;
}

const roles: readonly ApproverRole[] = ['qc', 'pmo'];

const oldestOf = <One extends Order>(all: readonly One[]): One | undefined =>
  [...all].sort((a, b) => (isNewer(a, b) ? 1 : -1))[0];

/** What is true about a turn, asked of Step Functions and the ledger. */
const factsOf = async (dependencies: SettleTurnDependencies, turn: Turn): Promise<TurnFacts> => {
  const { ledger, execution, whenNewer, now } = dependencies;
  const { application, environment, holder, waiting } = turn;
  const ask = ({ executionArn }: Contender) => execution(executionArn);
  const underWay = await Promise.all(waiting.map(async (one) => isUnderWay(one, await ask(one), now())));
  const oldest = oldestOf(waiting);
  return {
    holder: holder && (await standingOf(dependencies, environment, holder, ask)),
    gone: new Set(waiting.filter((_, index) => !underWay[index]).map(({ promotionId }) => promotionId)),
    whenNewer,
    live:
      environment === 'prod' && oldest !== undefined
        ? await newerInProd(ledger, application, oldest)
        : undefined,
    now: now(),
  };
};

const perform = async (
  dependencies: SettleTurnDependencies,
  turn: Turn,
  step: Exclude<TurnStep, { do: 'nothing' }>,
): Promise<void> => {
  const { ledger, tasks } = dependencies;
  switch (step.do) {
    case 'tell':
      if (turn.holder?.taskToken !== undefined) await tasks.succeed(turn.holder.taskToken, {});
      for (const { taskToken, error, by } of turn.dismissed)
        await tasks.fail(taskToken, { error, cause: whyDismissed(error, turn.environment, by) });
      await ledger.replaceTurn(turn, step.after);
      return;
    case 'write':
      await ledger.replaceTurn(turn, step.after);
      return;
    case 'withdraw': {
      const request = await ledger.latestApproval(step.holder.promotionId, 'qc');
      if (request?.status === 'PENDING') await supersede(dependencies, request, step.by);
    }
  }
};

/**
 * Brings the turn of an environment as far as the truth allows: passes it on, takes over from who waits for QC, tells who has it
 * and who was dismissed. Each step is written before it has an effect; cut short or repeated anywhere, even by several at
 * once, it ends the same. Any event may wake it.
 */
export const settleTurn =
  (dependencies: SettleTurnDependencies) =>
  async (environment: Environment): Promise<void> => {
    const { ledger, application } = dependencies;
    for (;;) {
      const turn = await ledger.turn(application, environment);
      const step = nextTurnStep(turn, await factsOf(dependencies, turn));
      if (step.do === 'nothing') return;
      try {
        await perform(dependencies, turn, step);
      } catch (error) {
        // Somebody else was quicker: what is recorded now decides.
        if (!(error instanceof LedgerConflictError)) throw error;
      }
    }
  };

/** Withdraws the requests of promotions that are older than what Prod runs: what they would bring could not be promoted. */
const withdrawOutrun = async (dependencies: SettleTurnDependencies): Promise<void> => {
  const { ledger, application } = dependencies;
  const open: { readonly request: Approval; readonly asking: Contender }[] = [];
  for (const role of roles)
    for (const request of await ledger.openApprovals(role)) {
      if (request.application !== application || request.status !== 'PENDING') continue;
      const promotion = await ledger.promotion(request.promotionId);
      if (promotion !== undefined) open.push({ request, asking: contenderOf(promotion) });
    }
  const oldest = oldestOf(open.map(({ asking }) => asking));
  const live = oldest && (await newerInProd(ledger, application, oldest));
  for (const { request, asking } of open) {
    if (!isStale(asking, live)) continue;
    try {
      await supersede(dependencies, request, live);
    } catch (error) {
      // Decided just now: it ends as stale when its turn comes.
      if (!(error instanceof LedgerConflictError)) throw error;
    }
  }
};

/**
 * Settles both turns of an application, and withdraws what a promotion that went by has made pointless. One that fails does
 * not keep back the others.
 * @throws AggregateError with everything that failed
 */
export const settleTurns = (dependencies: SettleTurnDependencies) => async (): Promise<void> => {
  const failures: unknown[] = [];
  for (const part of [
    () => withdrawOutrun(dependencies),
    () => settleTurn(dependencies)('qat'),
    () => settleTurn(dependencies)('prod'),
  ])
    await part().catch((error: unknown) => failures.push(error));
  throwFailures(failures, `The turns of ${dependencies.application} could not be settled`);
};
