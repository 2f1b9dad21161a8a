import type { AlarmStanding, Alarms } from '../alarms/alarms.ts';
import { partsOf } from '../jobs/external-ids.ts';
import { type Deployments, deploymentOf, type PipelineRuns } from '../jobs/pipeline-run.ts';
import type { Job } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError, nextWriteAttempt } from '../ledger/ledger.ts';
import type { DeploymentGroups } from '../prod-fleet/deployment-groups.ts';
import { prodDeployments } from '../promotions/metrics.ts';
import type { Soak, SoakAnswer, SoakRequest } from './soak-request.ts';
import { soakOf, whyNotEnd } from './soak-rules.ts';

/** What it needs. */
interface SoakDependencies {
  readonly ledger: Pick<Ledger, 'promotion' | 'jobs' | 'latestJob' | 'replaceJob'>;
  readonly runs: Pick<PipelineRuns, 'actions'>;
  readonly deployments: Pick<Deployments, 'deployment' | 'targets' | 'stop' | 'endSoak'>;
  readonly deploymentGroups: Pick<DeploymentGroups, 'find'>;
  readonly alarms: Pick<Alarms, 'standings'>;
  readonly application: string;
  readonly now: () => Date;
}

const notPossible = (message: string): SoakAnswer => ({ kind: 'not-possible', message });

/** Somebody else than the site and the command line invoked it: what they ask for is not in the type. */
const unknownAction = (request: never): string =>
  `${JSON.stringify((request as SoakRequest).action)} is no action of a soak. Give look, send-back or end.`;

/** How the alarms stand that watch a deployment, by its group. */
async function watching(
  { deploymentGroups, alarms }: SoakDependencies,
  application: string | undefined,
  group: string | undefined,
): Promise<readonly AlarmStanding[]> {
  const { alarmConfiguration } = (await deploymentGroups.find(application ?? '', group ?? '')) ?? {};
  const names = alarmConfiguration?.enabled ? (alarmConfiguration.alarms ?? []) : [];
  return alarms.standings(names.flatMap(({ name }) => name ?? []));
}

/** The promotion's deployment to Prod while it soaks, and its job. */
async function readSoak(
  dependencies: SoakDependencies,
  promotionId: string,
): Promise<{ readonly job: Job; readonly soak: Soak } | undefined> {
  const { ledger, runs, deployments } = dependencies;
  const job = prodDeployments(await ledger.jobs(promotionId)).at(-1);
  if (job?.status !== 'RUNNING' || job.externalId === undefined) return undefined;
  const deploymentId = deploymentOf(await runs.actions(...partsOf(job.externalId)));
  if (deploymentId === undefined) return undefined;
  const [deployment, targets] = await Promise.all([
    deployments.deployment(deploymentId),
    deployments.targets(deploymentId),
  ]);
  const times = soakOf(deployment, targets);
  if (times === undefined) return undefined;
  const alarms = await watching(dependencies, deployment?.applicationName, deployment?.deploymentGroupName);
  const { sentBack, soakEnded, alarmsLeftOut } = job;
  return {
    job,
    soak: {
      deploymentId,
      ...times,
      alarms,
      ...(sentBack && { sentBack }),
      ...(soakEnded && { soakEnded }),
      ...(alarmsLeftOut && { alarmsLeftOut }),
    },
  };
}

/** Records who asked, with the job, unless somebody was first. @returns false if the job has ended meanwhile, or its soak is not to be ended any more */
async function note(
  { ledger }: SoakDependencies,
  job: Job,
  change: Pick<Job, 'sentBack'> | Pick<Job, 'soakEnded'>,
): Promise<boolean> {
  let current = job;
  for (let writeAttempt = 1; ; ) {
    if (current.status !== 'RUNNING' || current.attempt !== job.attempt) return false;
    if ('sentBack' in change ? current.sentBack : current.soakEnded) return true;
    // Somebody sends the traffic back since the soak was read.
    if ('soakEnded' in change && current.sentBack) return false;
    try {
      await ledger.replaceJob(current, { ...current, ...change });
      return true;
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
      writeAttempt = nextWriteAttempt(writeAttempt, `The job of ${job.state}`);
      current = (await ledger.latestJob(job.promotionId, job.state)) ?? current;
    }
  }
}

/**
 * Says how the soak of a promotion stands; or, for an operator, sends the traffic back to the old instances, or ends the soak. Who asked
 * is recorded first, so that CodeDeploy does neither without a name; asking again repeats the call. Who may ask is decided by the site.
 */
export function soakProd(dependencies: SoakDependencies) {
  const { ledger, deployments, application, now } = dependencies;
  return async function soakProd(request: SoakRequest): Promise<SoakAnswer> {
    const promotion = await ledger.promotion(request.promotionId);
    if (promotion?.application !== application)
      return notPossible(`There is no promotion ${request.promotionId} of ${application}.`);
    const found = await readSoak(dependencies, request.promotionId);
    if (found === undefined)
      return notPossible(
        `${request.promotionId} does not soak: it does so from the cut-over of "Deploy to Prod" until the old instances are terminated.`,
      );
    const { job, soak } = found;
    if (request.action === 'look') return { kind: 'soaking', soak };
    const at = now().toISOString();
    if (request.action !== 'send-back' && request.action !== 'end')
      return notPossible(unknownAction(request));
    if (request.action === 'send-back') {
      const { askedBy, reason } = request;
      if (!(await note(dependencies, job, { sentBack: { askedBy, reason, at } })))
        return notPossible('The deployment has ended meanwhile.');
      await deployments.stop(soak.deploymentId);
      return { kind: 'done' };
    }
    const obstacle = whyNotEnd(soak);
    if (obstacle !== undefined) return notPossible(obstacle);
    if (!(await note(dependencies, job, { soakEnded: { askedBy: request.askedBy, at } })))
      return notPossible('The deployment has ended meanwhile, or its traffic is being sent back.');
    await deployments.endSoak(soak.deploymentId);
    return { kind: 'done' };
  };
}
