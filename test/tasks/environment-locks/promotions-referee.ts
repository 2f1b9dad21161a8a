import type { Calendar } from '../../../tasks/calendar/calendar.ts';
import { isNewer } from '../../../tasks/environment-locks/environment-lock.ts';
import { lockingPromotionOf } from '../../../tasks/environment-locks/newer-in-prod.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import type { TaskFailure } from '../../../tasks/task-completions.ts';
import type { Runner } from './promotions-runner.ts';

const environments = ['qat', 'prod'] as const;

/**
 * Watches a world of promotions and throws when something must not be. It works out by itself who is bad or held. What
 * changed while an action was under way may count or not: only what was so before the action, and still is, is held against it.
 */
export const createReferee = (
  ledger: Ledger,
  runners: readonly Runner[],
  calendar: Calendar,
  now: () => Date,
) => {
  const application = 'shop';
  const runnerOf = (id: string): Runner => {
    const found = runners.find((one) => one.id === id);
    if (found === undefined) throw new Error(`there is no ${id}`);
    return found;
  };
  const isBad = async (id: string): Promise<boolean> => {
    const last = (await ledger.mark(application, runnerOf(id).commitId))?.markings.at(-1);
    return last !== undefined && last.unmarked === undefined;
  };
  const isHeld = async (environment: Environment, id: string): Promise<boolean> => {
    const at = now().toISOString();
    const overridden = (await ledger.overrides(id))
      .filter((one) => one.environment === environment && one.decision?.decision === 'confirm')
      .filter(({ decision, askedBy }) => decision?.person.name !== askedBy.name)
      .flatMap(({ holds }) => holds.flatMap(({ id: hold, name, until }) => [hold, `${name} ${until}`]));
    const freezes = (await ledger.declaredFreezes(application))
      .filter((one) => one.environments.includes(environment) && one.from <= at)
      .filter(({ until, ended }) => at < until && (ended === undefined || at < ended.at))
      .map(({ freezeId }) => `declared:${freezeId}`);
    const dated = calendar.freezes
      .map(({ name, from, until }) => ({ name, from: isoOf(from), until: isoOf(until) }))
      .filter(({ from, until }) => from <= at && at < until)
      .map(({ name, until }) => `${name} ${until}`);
    const said = (environment === 'prod' ? await ledger.approvals(id) : [])
      .flatMap(({ decisions }) => decisions)
      .sort((a, b) => ((a.notBefore ?? '') < (b.notBefore ?? '') ? -1 : 1))
      .slice(-1)
      .flatMap(({ notBefore = '', person }) =>
        at < notBefore ? [`${person.name} said not before ${notBefore}`] : [],
      );
    return [...freezes, ...dated, ...said].some((hold) => !overridden.includes(hold));
  };
  const isoOf = (local: string): string => `${local.replace(' ', 'T')}:00.000Z`;

  const violations: unknown[] = [];
  let badBefore = new Set<string>();
  let heldBefore = new Set<string>();
  const wasAndIsBad = async (id: string) => badBefore.has(id) && (await isBad(id));
  const wasAndIsHeld = async (environment: Environment, id: string) =>
    heldBefore.has(`${environment} ${id}`) && (await isHeld(environment, id));

  /** Whether an execution works on an environment, or QC decides about what runs there. */
  const isInside = async (environment: Environment, runner: Runner): Promise<boolean> => {
    if (!runner.runs || runner.inside !== environment) return false;
    const asked = environment === 'qat' ? await ledger.latestApproval(runner.id, 'qc') : undefined;
    return asked === undefined || asked.status === 'PENDING' || asked.status === 'EXPIRED';
  };
  const hasDeployed = async (id: string): Promise<boolean> => {
    const job = await ledger.latestJob(id, 'Deploy to Prod');
    return job !== undefined && job.status !== 'FAILED';
  };
  /** Prod has the image of a promotion that failed. */
  const leftProd = async ({ id, runs }: Runner): Promise<boolean> => {
    const { images, deployments, prodRestored } = (await ledger.promotion(id)) ?? {};
    if (runs || images?.prod === undefined || deployments?.prod !== undefined) return false;
    // Pointing Prod removes this; a redrive that never came so far left Prod as it was.
    return prodRestored === undefined;
  };
  const onNewHolder = async (environment: Environment, id: string, before?: string): Promise<void> => {
    if (before !== undefined && (await isInside(environment, runnerOf(before))))
      throw new Error(`${id} takes the ${environment} lock from ${before}, which works there`);
    if (!(await hasDeployed(id)) && (await wasAndIsBad(id))) throw new Error(`the bad ${id} gets a lock`);
    if (await wasAndIsHeld(environment, id)) throw new Error(`${id} gets the frozen ${environment}`);
    if (environment === 'prod')
      for (const other of runners)
        if (other.id !== id && (await leftProd(other))) throw new Error(`Prod is not restored: ${other.id}`);
  };

  return {
    /** What happens from here on is one action. */
    before: async (): Promise<void> => {
      badBefore = new Set();
      heldBefore = new Set();
      for (const { id } of runners) {
        if (await isBad(id)) badBefore.add(id);
        for (const environment of environments)
          if (await isHeld(environment, id)) heldBefore.add(`${environment} ${id}`);
      }
    },
    after: async (): Promise<void> => {
      if (violations.length > 0) throw violations[0];
      for (const environment of environments) {
        const inside: string[] = [];
        for (const runner of runners) if (await isInside(environment, runner)) inside.push(runner.id);
        if (inside.length > 1) throw new Error(`two in ${environment}: ${inside.join(', ')}`);
      }
    },
    watched: (target: Ledger): Ledger => ({
      ...target,
      replaceLock: async (before, after) => {
        const written = await target.replaceLock(before, after);
        const [left, holder] = [before.holder?.promotionId, after.holder?.promotionId];
        // What advances a lock outlives a failure, so it is kept for the end of the action.
        if (holder !== undefined && holder !== left)
          await onNewHolder(after.environment, holder, left).catch((error: unknown) =>
            violations.push(error),
          );
        return written;
      },
    }),
    /** A state changes its environment. */
    onWork: async ({ id }: Runner, state: string): Promise<void> => {
      const environment = state.includes('QAT') ? 'qat' : 'prod';
      const { holder } = await ledger.lock(application, environment);
      if (holder?.promotionId !== id) throw new Error(`${id} is at ${state} without the lock`);
    },
    onDeployment: async ({ id }: Runner): Promise<void> => {
      if (await wasAndIsBad(id)) throw new Error(`the bad ${id} is deployed`);
      const own = await ledger.promotion(id);
      for (const other of runners) {
        const promotion = await ledger.promotion(other.id);
        if (own === undefined || promotion?.deployments.prod === undefined || other.id === id) continue;
        if (isNewer(lockingPromotionOf(promotion), lockingPromotionOf(own)))
          throw new Error(`${id} replaces the newer ${other.id}`);
      }
    },
    /** A state ends its promotion: there must be a reason. */
    onFailure: async (runner: Runner | undefined, { error, supersededBy }: TaskFailure): Promise<void> => {
      if (runner === undefined) return;
      const own = await ledger.promotion(runner.id);
      const by = supersededBy && (await ledger.promotion(supersededBy.promotionId));
      if (error === 'Recalled' && !badBefore.has(runner.id) && !(await isBad(runner.id)))
        throw new Error(`${runner.id} is recalled, and is not bad`);
      if (error !== 'Superseded' && error !== 'Stale') return;
      if (!own || !by || !isNewer(lockingPromotionOf(by), lockingPromotionOf(own)))
        throw new Error(`${runner.id} ends as ${error} for ${by?.promotionId}, which is not newer`);
      if (by.deployments.prod !== undefined) return;
      if (error === 'Stale') throw new Error(`${runner.id} is stale, and ${by.promotionId} is not in Prod`);
      if (runner.inside === 'qat' && (await wasAndIsHeld('qat', by.promotionId)))
        throw new Error(`${runner.id} has begun, and ends for ${by.promotionId}, which is held`);
    },
  };
};
