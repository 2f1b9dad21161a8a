import { ignoring } from '../ignoring.ts';
import type { Job } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import { livePromotion } from '../ledger/live-promotion.ts';
import { type RecallSources, recallCause, unlessKnown } from '../marks/recall.ts';
import { type Environment, RECALLED } from '../payloads.ts';
import type { TaskCompletions } from '../task-completions.ts';
import { decideCutOver } from './cut-over.ts';
import type { Inspection, JobKinds } from './job-actions.ts';
import { nextStep } from './job-attempts.ts';

/** What every handler of jobs needs. */
export interface JobDependencies extends RecallSources {
  readonly ledger: Ledger;
  readonly tasks: TaskCompletions;
  readonly kinds: JobKinds;
  readonly now: () => Date;
}

/** Keeps the deployment with the promotion, where pages show it, and what Prod runs with the application. */
async function noteDeployment(ledger: Ledger, job: Job): Promise<void> {
  const { application, promotionId, endedAt } = job;
  const environment = job.parameters.environment as Environment | undefined;
  const deploymentId = job.output?.deploymentId;
  if (environment === undefined || deploymentId === undefined) return;
  if (environment === 'prod' && endedAt !== undefined)
    await ledger.noteLive({ application, promotionId, since: endedAt });
  await ledger
    .updatePromotion(promotionId, { deployments: { [environment]: deploymentId } })
    // An execution started by hand has no promotion yet; its job counts all the same.
    .catch(ignoring(LedgerConflictError));
}

/** Keeps what was built with the promotion: the guard lets that through and nothing else, and a go-back deploys it again. */
async function noteBuilt(ledger: Ledger, { kind, promotionId, output }: Job): Promise<void> {
  if (kind !== 'code-build' || output === undefined) return;
  const { bucket = '', key = '', version = '', sha256 = '', statement } = output;
  await ledger
    .updatePromotion(promotionId, {
      built: { bucket, key, version, sha256, ...(statement !== undefined && { statement }) },
    })
    .catch(ignoring(LedgerConflictError));
}

async function completeTask({ ledger, tasks }: JobDependencies, job: Job): Promise<void> {
  if (job.status === 'SUCCEEDED') {
    await noteBuilt(ledger, job);
    await noteDeployment(ledger, job);
    await tasks.succeed(job.taskToken, job.output ?? {});
  } else {
    const { error = '', code, cause = '' } = job;
    await tasks.fail(job.taskToken, { error, ...(code && { code }), cause });
  }
}

/** Advances a job as far as its service's report allows. Safe to repeat, and to run several at once. */
async function advance(dependencies: JobDependencies, job: Job, inspection: Inspection): Promise<Job> {
  const { ledger, now } = dependencies;
  let current = job;
  for (;;) {
    const step = nextStep(current, inspection, now());
    if (step.do === 'nothing') return current;
    if (step.do === 'complete') await completeTask(dependencies, current);
    try {
      await ledger.replaceJob(current, step.after);
      current = step.after;
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
      // Another token waits by now, or another function advanced the job: go on from what is recorded.
      const latest = await ledger.latestJob(current.promotionId, current.state);
      if (latest?.attempt !== current.attempt) return current;
      current = latest;
    }
  }
}

/** A run that the guard blocked because something of it is bad ends its promotion as recalled. */
const withRecall = async (
  dependencies: JobDependencies,
  { application, promotionId, parameters }: Job,
  inspection: Inspection,
): Promise<Inspection> => {
  if (inspection.state !== 'failed' || inspection.code !== 'GuardBlocked') return inspection;
  const cause = await recallCause(dependencies, {
    application,
    promotionId,
    commitId: parameters.commitId ?? '',
    // It stays blocked, and a redrive asks again.
  }).catch(unlessKnown);
  return cause === undefined ? inspection : { ...inspection, error: RECALLED, cause };
};

/** Asks a job's service for its state, and advances the job. Leaves a job alone whose start is not recorded. */
export async function lookAt(dependencies: JobDependencies, job: Job): Promise<Job> {
  const isUnderWay = job.status === 'RUNNING' && job.externalId !== undefined;
  const inspection: Inspection = isUnderWay
    ? await dependencies.kinds[job.kind].inspect(
        job.externalId,
        () => livePromotion(dependencies.ledger, job.application),
        job,
      )
    : { state: 'running' };
  if (inspection.state === 'running' && inspection.cutOver !== undefined)
    return decideCutOver(dependencies, job, inspection.cutOver);
  return advance(dependencies, job, await withRecall(dependencies, job, inspection));
}
