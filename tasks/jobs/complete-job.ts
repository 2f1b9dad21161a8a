import { type JobDependencies, lookAt } from './advance-job.ts';
import { externalIdsIn } from './external-ids.ts';

/**
 * Asks the services about the jobs that an event names, and completes the tasks of those that have ended. Ignores jobs that
 * the ledger does not know: started by hand, or not recorded yet (start-job checks those itself).
 */
export function completeJob(dependencies: JobDependencies) {
  return async function completeJob(event: unknown): Promise<void> {
    for (const externalId of externalIdsIn(event)) {
      const job = await dependencies.ledger.jobByExternalId(externalId);
      if (job !== undefined) await lookAt(dependencies, job);
    }
  };
}
