import { jobErrors } from '../jobs/job-errors.ts';
import type { Job } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Asker } from '../payloads.ts';
import { prodDeployments } from '../promotions/metrics.ts';

/** Whether the promotion's latest deployment to Prod did not begin, or was stopped, because of alarms. */
export function isHeldByAlarms(jobs: readonly Job[]): boolean {
  const job = prodDeployments(jobs).at(-1);
  return job?.status === 'FAILED' && (job.error === jobErrors.alarmOn || job.code === 'AlarmActive');
}

/**
 * Records that an operator wants the promotion's next attempt at Prod to be made although alarms are on. It holds for that attempt
 * alone.
 */
export const noteDespiteAlarms =
  (ledger: Pick<Ledger, 'jobs' | 'updatePromotion'>, now: () => Date) =>
  async (promotionId: string, reason: string, askedBy: Asker): Promise<void> => {
    const attempt = (prodDeployments(await ledger.jobs(promotionId)).at(-1)?.attempt ?? 0) + 1;
    await ledger.updatePromotion(promotionId, {
      despiteAlarms: { attempt, askedBy, reason, at: now().toISOString() },
    });
  };
