import { throwFailures } from '../error-text.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { prodDeployments } from '../promotions/metrics.ts';
import { ProdInUseError } from './prod-errors.ts';
import { mayNeedRestoring } from './restore-prod.ts';

/** What waking up needs. */
interface RestoreAfterEndDependencies {
  readonly ledger: Pick<Ledger, 'promotion' | 'promotions' | 'lock' | 'jobs'>;
  readonly restore: (promotionId: string) => Promise<void>;
  readonly application: string;
  /** Has every alarm watch Prod's deployments again, if some were left out of one. */
  readonly watchAlarms: () => Promise<void>;
  /** Passes environment locks on: Prod's waits until Prod is restored. */
  readonly wakeLocks: () => Promise<void>;
  /** Logs that a promotion is left to the next run, and why. */
  readonly postponed: (promotionId: string, reason: string) => void;
}

/** How many promotions, of all applications, are searched for one that has released its lock. */
const REMEMBERED = 100;

function executionIn(event: unknown): string | undefined {
  const { detail } = (event ?? {}) as { readonly detail?: { readonly executionArn?: unknown } | null };
  return typeof detail?.executionArn === 'string' ? detail.executionArn : undefined;
}

/**
 * The promotions that may have left Prod to be restored: the lock's holder, however long ago it started, as the lock passes on
 * only afterwards; and recent ones, in case one pointed Prod at its image while its lock was passed on.
 */
async function unrestored(
  ledger: RestoreAfterEndDependencies['ledger'],
  application: string,
): Promise<readonly string[]> {
  const { holder } = await ledger.lock(application, 'prod');
  const held = holder && (await ledger.promotion(holder.promotionId));
  const { items } = await ledger.promotions({ limit: REMEMBERED });
  const ids = [...(held ? [held] : []), ...items]
    .filter((promotion) => promotion.application === application && mayNeedRestoring(promotion))
    .map(({ promotionId }) => promotionId);
  return [...new Set(ids)];
}

/** Whether a deployment to Prod begins or goes on: it is watched by the alarms that it began with. */
async function isDeploying(
  ledger: RestoreAfterEndDependencies['ledger'],
  application: string,
): Promise<boolean> {
  const { holder } = await ledger.lock(application, 'prod');
  const job = holder && prodDeployments(await ledger.jobs(holder.promotionId)).at(-1);
  return job?.status === 'STARTING' || job?.status === 'RUNNING';
}

/**
 * Restores Prod after the promotion whose end the event reports. Any other event checks every promotion whose end may have
 * been missed, or that was left to the next run. While Prod is still worked on, the next run is soon enough: this is no
 * failure. A failure with one does not stop the others.
 * @throws AggregateError with everything that failed
 */
export function restoreAfterEnd({
  ledger,
  restore,
  application,
  watchAlarms,
  wakeLocks,
  postponed,
}: RestoreAfterEndDependencies) {
  return async function restoreAfterEnd(event: unknown): Promise<void> {
    const executionArn = executionIn(event);
    const ids =
      executionArn === undefined
        ? await unrestored(ledger, application)
        : [executionArn.split(':').at(-1) ?? ''];
    const failures: unknown[] = [];
    for (const id of ids) {
      try {
        await restore(id);
        await wakeLocks();
      } catch (error) {
        if (error instanceof ProdInUseError) postponed(id, error.message);
        else failures.push(error);
      }
    }
    try {
      if (!(await isDeploying(ledger, application))) await watchAlarms();
    } catch (error) {
      failures.push(error);
    }
    throwFailures(failures, `Prod of ${application} could not be restored`);
  };
}
