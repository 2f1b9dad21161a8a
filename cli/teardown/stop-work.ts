import { archivePrefix } from '../../tasks/evidence/seal-evidence.ts';
import { stopPromotion } from '../../tasks/promotions/stop-promotion.ts';
import type { System } from '../system.ts';
import type { Account, RunningWork } from './account.ts';
import { applicationOf, type StandingStack } from './stacks.ts';
import { type Waiting, waitFor } from './waits.ts';

/** How long work may take to end, in minutes: a stopped deployment ends its script first. */
const WORK_MINUTES = 15;
/** How long the record of a stopped promotion may take to be sealed, in minutes. */
const SEAL_MINUTES = 3;
const AGAIN = 'Run the same command again: it continues.';

/** What stopping needs of a deployed Lockstep. */
export type StoppingSystem = Pick<System, 'executions' | 'noteStop' | 'evidence' | 'archive'> & {
  readonly ledger: Pick<System['ledger'], 'promotion'>;
};

/** The id of an execution's promotion. */
const promotionOf = (executionArn: string): string => executionArn.split(':').at(-1) ?? '';

/** What runs in stacks of an application. */
export const runningIn = async (
  account: Account,
  stacks: readonly StandingStack[],
): Promise<readonly RunningWork[]> => {
  const found: RunningWork[] = [];
  for (const { name, id } of stacks)
    found.push(...(await account.running(applicationOf(name) ?? '', await account.resources(id))));
  return found;
};

/** Work by its kind, as people read it: `2 promotions, 1 image build`. */
export const workText = (work: readonly RunningWork[]): string => {
  const counts = new Map<string, number>();
  for (const { kind } of work) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}${count === 1 ? '' : 's'}`).join(', ');
};

/** Stops what runs: each piece once. */
export const createStopper = (
  system: () => Promise<StoppingSystem>,
  reason: string,
  tell: Waiting['tell'],
) => {
  const stopped = new Set<string>();
  return {
    /** Ids of the promotions that were stopped. */
    promotions: (): readonly string[] =>
      [...stopped].filter((id) => id.includes(':execution:')).map(promotionOf),
    stop: async (work: readonly RunningWork[]): Promise<void> => {
      for (const { kind, id, isEnding, stop } of work) {
        if (isEnding || stopped.has(id)) continue;
        if (kind === 'promotion') {
          const by = await stopPromotion(
            await system(),
            { promotionId: promotionOf(id), executionArn: id },
            reason,
          );
          tell(`Stopped ${promotionOf(id)}, by ${by}.`);
        } else {
          await stop();
          tell(`Stopped the ${kind} ${id}.`);
        }
        stopped.add(id);
      }
    },
  };
};

export type Stopper = ReturnType<typeof createStopper>;

/**
 * Stops everything that runs, and waits until it has ended: a state machine is DELETING until its executions have ended, and a
 * build keeps its security group in use (T58). Then waits until the stopped promotions' records are sealed, as the functions that
 * seal them are deleted next.
 * @throws CommandError naming what did not end
 */
export async function stopWork(
  account: Account,
  stacks: readonly StandingStack[],
  stopper: Stopper,
  system: () => Promise<StoppingSystem>,
  waiting: Waiting,
): Promise<void> {
  await waitFor(
    waiting,
    async () => {
      const work = await runningIn(account, stacks);
      await stopper.stop(work);
      return work.length === 0 ? undefined : `Waiting for the end of ${workText(work)}.`;
    },
    WORK_MINUTES,
    AGAIN,
  );
  const promotions = stopper.promotions();
  if (promotions.length === 0) return;
  const { archive, evidence, ledger } = await system();
  const isSealed = async (promotionId: string): Promise<boolean> => {
    const [promotion, entries, seals] = await Promise.all([
      ledger.promotion(promotionId),
      evidence.entries(promotionId),
      evidence.seals(promotionId),
    ]);
    // An execution whose promotion was not recorded has nothing to seal.
    if (promotion === undefined) return true;
    if (promotion.status === 'RUNNING' || seals.at(-1)?.entries !== entries.length) return false;
    // The ledger has a seal before the locked bucket has what it covers: one object for each seal.
    const kept = await archive(archivePrefix(promotion.application, promotionId));
    return kept.length >= seals.length;
  };
  await waitFor(
    waiting,
    async () => {
      const open: string[] = [];
      for (const promotion of promotions) if (!(await isSealed(promotion))) open.push(promotion);
      return open.length === 0 ? undefined : `Waiting until the record of ${open.join(', ')} is sealed.`;
    },
    SEAL_MINUTES,
    'See RUNBOOK.md, "A promotion has ended and is not sealed". To go on without the seal, run the same command again.',
  );
}
