import { asksAboutImage } from '../approvals/image-approval.ts';
import { readHeld } from '../calendar/read-held.ts';
import { throwFailures } from '../error-text.ts';
import { ignoring } from '../ignoring.ts';
import type { Approval } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LedgerConflictError } from '../ledger/ledger.ts';
import { type RecallSources, recallCause, unlessKnown } from '../marks/recall.ts';
import type { Environment } from '../payloads.ts';
import type { TaskFailure } from '../task-completions.ts';
import { approverRoles } from '../words.ts';
import {
  type DequeuedPromotion,
  type EnvironmentLock,
  isNewer,
  type LockingPromotion,
  type PromotionOrder,
  type WhenNewer,
} from './environment-lock.ts';
import { type ExecutionState, holderStatusOf, isUnderWay } from './holder-status.ts';
import { isStale, type LockAction, type LockFacts, nextLockAction } from './lock-rules.ts';
import { lockMessage } from './messages.ts';
import { lockingPromotionOf, newerInProd } from './newer-in-prod.ts';
import { recall, type SupersedeDependencies, supersede } from './supersede.ts';

/** What advancing locks needs. */
export interface AdvanceLockDependencies extends SupersedeDependencies, RecallSources {
  readonly ledger: Ledger;
  readonly application: string;
  /** The status of an execution in Step Functions; undefined if there is none of that name. */
  readonly execution: (executionArn: string) => Promise<ExecutionState | undefined>;
  readonly whenNewer: WhenNewer;
}

const oldestOf = <One extends PromotionOrder>(all: readonly One[]): One | undefined =>
  [...all].sort((a, b) => (isNewer(a, b) ? 1 : -1))[0];

/** Why those are recalled of which something is marked bad, by id. */
const badAmong = async (
  sources: RecallSources,
  application: string,
  waiting: readonly LockingPromotion[],
): Promise<ReadonlyMap<string, string>> => {
  const bad = new Map<string, string>();
  for (const one of waiting) {
    // Where contents cannot be read, the state after the lock fails; the others need not wait for that.
    const cause = await recallCause(sources, { ...one, application }).catch(unlessKnown);
    if (cause !== undefined) bad.set(one.promotionId, cause);
  }
  return bad;
};

/** Reads the facts about a lock from Step Functions and the ledger. */
const factsOf = async (dependencies: AdvanceLockDependencies, lock: EnvironmentLock): Promise<LockFacts> => {
  const { ledger, execution, whenNewer, now } = dependencies;
  const { application, environment, holder, waiting } = lock;
  const ask = ({ executionArn }: LockingPromotion) => execution(executionArn);
  const underWay = await Promise.all(waiting.map(async (one) => isUnderWay(one, await ask(one), now())));
  const oldest = oldestOf(waiting);
  return {
    holder: holder && (await holderStatusOf(dependencies, environment, holder, ask)),
    gone: new Set(waiting.filter((_, index) => !underWay[index]).map(({ promotionId }) => promotionId)),
    held: new Set(
      (
        await readHeld(
          ledger,
          application,
          environment,
          waiting.map(({ promotionId }) => promotionId),
          now(),
        )
      ).keys(),
    ),
    bad: await badAmong(dependencies, application, waiting),
    whenNewer,
    live:
      environment === 'prod' && oldest !== undefined
        ? await newerInProd(ledger, application, oldest)
        : undefined,
    now: now(),
  };
};

/** What the state of a promotion fails with that left the queue. */
const failureOf = (one: DequeuedPromotion, environment: Environment): TaskFailure =>
  one.error === 'Recalled'
    ? { error: one.error, cause: one.cause }
    : {
        error: one.error,
        cause: lockMessage(one.error, environment, one.by),
        ...(one.error !== 'EnvironmentLocked' && { supersededBy: one.by }),
      };

const perform = async (
  dependencies: AdvanceLockDependencies,
  lock: EnvironmentLock,
  step: Exclude<LockAction, { do: 'nothing' }>,
): Promise<void> => {
  const { ledger, tasks } = dependencies;
  switch (step.do) {
    case 'complete':
      if (lock.holder?.taskToken !== undefined) await tasks.succeed(lock.holder.taskToken, {});
      for (const one of lock.dequeued) await tasks.fail(one.taskToken, failureOf(one, lock.environment));
      await ledger.replaceLock(lock, step.after);
      return;
    case 'write':
      await ledger.replaceLock(lock, step.after);
      return;
    case 'withdraw': {
      const request = await ledger.latestApproval(step.holder.promotionId, 'qc');
      if (request?.status === 'PENDING' && !asksAboutImage(request))
        await supersede(dependencies, request, step.by);
    }
  }
};

/**
 * Advances the lock of an environment as far as the facts allow: passes it on, supersedes a holder that waits for QC, and completes
 * the tokens of the new holder and of removed waiters. Each step is written before it has an effect; interrupted or repeated anywhere, even by several at
 * once, it ends the same. Any event may wake it.
 */
export function advanceLock(dependencies: AdvanceLockDependencies) {
  return async function advanceLock(environment: Environment): Promise<void> {
    const { ledger, application } = dependencies;
    for (;;) {
      const lock = await ledger.lock(application, environment);
      const step = nextLockAction(lock, await factsOf(dependencies, lock));
      if (step.do === 'nothing') return;
      // If another write came first, the lock is read again.
      await perform(dependencies, lock, step).catch(ignoring(LedgerConflictError));
    }
  };
}

/**
 * Withdraws the requests of promotions that could not be promoted: something of them is marked bad, or they are older than the one that Prod runs.
 */
const withdrawPointless = async (dependencies: AdvanceLockDependencies): Promise<void> => {
  const { ledger, application } = dependencies;
  const open: { readonly request: Approval; readonly asking: LockingPromotion }[] = [];
  for (const role of approverRoles)
    for (const request of await ledger.openApprovals(role)) {
      if (request.application !== application || request.status !== 'PENDING') continue;
      const promotion = await ledger.promotion(request.promotionId);
      if (promotion !== undefined) open.push({ request, asking: lockingPromotionOf(promotion) });
    }
  const oldest = oldestOf(open.map(({ asking }) => asking));
  const live = oldest && (await newerInProd(ledger, application, oldest));
  const failures: unknown[] = [];
  for (const { request, asking } of open) {
    const cause = await recallCause(dependencies, { ...asking, application }).catch((error: unknown) => {
      failures.push(error);
      return undefined;
    });
    if (cause !== undefined) {
      // One that is decided at the same moment ends as recalled before it changes the next environment.
      await recall(dependencies, request, cause).catch(ignoring(LedgerConflictError));
      continue;
    }
    if (!isStale(asking, live)) continue;
    // One that is decided at the same moment ends as stale when it asks for the Prod lock.
    await supersede(dependencies, request, live).catch(ignoring(LedgerConflictError));
  }
  throwFailures(failures, `It is not known whether open requests of ${application} are about something bad`);
};

/**
 * Advances both locks of an application, and withdraws requests that a mark or a newer promotion in Prod has made
 * pointless. One that fails does
 * not keep back the others.
 * @throws AggregateError with everything that failed
 */
export function advanceLocks(dependencies: AdvanceLockDependencies) {
  return async function advanceLocks(): Promise<void> {
    const failures: unknown[] = [];
    for (const part of [
      () => withdrawPointless(dependencies),
      () => advanceLock(dependencies)('qat'),
      () => advanceLock(dependencies)('prod'),
    ])
      await part().catch((error: unknown) => failures.push(error));
    throwFailures(failures, `The environment locks of ${dependencies.application} could not be advanced`);
  };
}
