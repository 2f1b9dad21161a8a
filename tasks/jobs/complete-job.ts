import { type JobDependencies, lookAt } from './advance-job.ts';
import { externalIdsIn } from './external-ids.ts';

/**
 * An event woke us: asks the services about the jobs that it names, and completes the tasks of those that are done.
 * Jobs of nobody (started by hand, or not recorded yet) are none of ours; a start that was overtaken looks by itself.
 */
export function completeJob(dependencies: JobDependencies) {
  return async function completeJob(event: unknown): Promise<void> {
    for (const externalId of externalIdsIn(event)) {
      const job = await dependencies.ledger.jobByExternalId(externalId);
      if (job !== undefined) await lookAt(dependencies, job);
    }
  };
}
