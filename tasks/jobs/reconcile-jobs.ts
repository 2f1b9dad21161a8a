import { type FollowUpDependencies, followUpRequest } from '../approvals/follow-up-requests.ts';
import { throwFailures } from '../error-text.ts';
import { approverRoles } from '../words.ts';
import { type JobDependencies, lookAt } from './advance-job.ts';

/** What reconciling needs. */
interface ReconcileDependencies extends JobDependencies, FollowUpDependencies {
  readonly application: string;
  /** Compares subscriptions with the configuration. */
  readonly watchSubscriptions: () => Promise<void>;
}

/**
 * Completes tasks that an event or a decision should have completed: jobs whose event was lost (T38), and decisions that were
 * cut short after their record. Follows up open requests, and watches subscriptions. A failure with one does not stop the others.
 * @throws AggregateError with everything that failed
 */
export function reconcileJobs(dependencies: ReconcileDependencies) {
  return async function reconcileJobs(): Promise<void> {
    const { ledger, application } = dependencies;
    const failures: unknown[] = [];
    const each = async <Item>(
      items: readonly Item[],
      work: (item: Item) => Promise<unknown>,
    ): Promise<void> => {
      for (const item of items) {
        try {
          await work(item);
        } catch (error) {
          failures.push(error);
        }
      }
    };

    await each(await ledger.openJobs(application), (job) => lookAt(dependencies, job));
    for (const role of approverRoles) {
      const open = (await ledger.openApprovals(role)).filter(
        (approval) => approval.application === application,
      );
      await each(open, followUpRequest(dependencies));
    }

    await each([dependencies.watchSubscriptions], (watch) => watch());

    throwFailures(
      failures,
      `${failures.length} of the open jobs, approvals and subscriptions of ${application} failed`,
    );
  };
}
