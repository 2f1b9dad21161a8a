import type { Job } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import type { Environment } from '../payloads.ts';
import type { TaskCompletions } from '../task-completions.ts';
import { nextStep } from './job-attempts.ts';
import type { Inspection, JobKinds } from './job-kind.ts';

/** What every handler of jobs needs. */
export interface JobDependencies {
  readonly ledger: Ledger;
  readonly tasks: TaskCompletions;
  readonly kinds: JobKinds;
  readonly now: () => Date;
}

/** Keeps the deployment with the promotion, where pages show it, and what Prod runs with the application. */
const noteDeployment = async (ledger: Ledger, job: Job): Promise<void> => {
  const { application, promotionId, endedAt } = job;
  const environment = job.parameters.environment as Environment | undefined;
  const deploymentId = job.output?.deploymentId;
  if (environment === undefined || deploymentId === undefined) return;
  if (environment === 'prod' && endedAt !== undefined)
    await ledger.noteLive({ application, promotionId, since: endedAt });
  try {
    await ledger.updatePromotion(promotionId, { deployments: { [environment]: deploymentId } });
  } catch (error) {
    // An execution started by hand has no promotion yet; its job counts all the same.
    if (!(error instanceof LedgerConflictError)) throw error;
  }
};

const tellOutcome = async ({ ledger, tasks }: JobDependencies, job: Job): Promise<void> => {
  if (job.status === 'SUCCEEDED') {
    await noteDeployment(ledger, job);
    await tasks.succeed(job.taskToken, job.output ?? {});
  } else {
    const { error = '', code, cause = '' } = job;
    await tasks.fail(job.taskToken, { error, ...(code && { code }), cause });
  }
};

/** Brings a job as far as what its service says allows. Safe to repeat, and to do by several at once. */
export const advance = async (
  dependencies: JobDependencies,
  job: Job,
  inspection: Inspection,
): Promise<Job> => {
  const { ledger, now } = dependencies;
  let current = job;
  for (;;) {
    const step = nextStep(current, inspection, now());
    if (step.do === 'nothing') return current;
    if (step.do === 'complete') await tellOutcome(dependencies, current);
    try {
      await ledger.replaceJob(current, step.after);
      current = step.after;
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
      // Another token waits by now, or somebody else brought it forward: go on from what is recorded.
      const latest = await ledger.latestJob(current.promotionId, current.state);
      if (latest?.attempt !== current.attempt) return current;
      current = latest;
    }
  }
};

/** Asks a job's service how it stands, and brings the job forward. One whose start is not recorded is left alone. */
export const lookAt = async (dependencies: JobDependencies, job: Job): Promise<Job> => {
  const isUnderWay = job.status === 'RUNNING' && job.externalId !== undefined;
  const inspection: Inspection = isUnderWay
    ? await dependencies.kinds[job.kind].inspect(job.externalId)
    : { state: 'running' };
  return advance(dependencies, job, inspection);
};
