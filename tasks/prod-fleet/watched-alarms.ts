import { sinceText } from '../alarms/alarm-text.ts';
import { type AlarmStanding, type Alarms, alarmsOn } from '../alarms/alarms.ts';
import type { JobFailure } from '../jobs/job-actions.ts';
import { jobErrors } from '../jobs/job-errors.ts';
import type { Job, Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { DeploymentGroups } from './deployment-groups.ts';
import type { FleetNames } from './fleet-properties.ts';

/** Prod's deployment group and pipeline, and the alarms that watch its deployments. */
export interface WatchedProd extends FleetNames {
  readonly pipelineName: string;
  readonly alarmNames: readonly string[];
}

/**
 * Whether a deployment to Prod may begin while alarms are on, which then do not watch it: a go-back cures what set them off, and an
 * operator may say so of this attempt.
 */
export const mayDeployDespiteAlarms = (
  promotion: Pick<Promotion, 'goBack' | 'despiteAlarms'> | undefined,
  { attempt }: Pick<Job, 'attempt'>,
): boolean => promotion?.goBack !== undefined || promotion?.despiteAlarms?.attempt === attempt;

const alarmLine = (alarm: AlarmStanding): string =>
  `- ${alarm.name} is on${sinceText(alarm)}${alarm.meaning === '' ? '' : `: ${alarm.meaning}`}`;

/** The failure of a deployment that did not begin because of these alarms. */
const alarmOnFailure = (on: readonly AlarmStanding[]): JobFailure => ({
  error: jobErrors.alarmOn,
  cause: [
    `Nothing was deployed to Prod: CodeDeploy stops every deployment at once while an alarm that it watches is on, because it could not tell which version is at fault.`,
    ...on.map(alarmLine),
    'If what Prod runs is at fault, go back to an earlier release: a go-back is deployed although these alarms are on.',
    'Otherwise wait until they are off and redrive. If this commit is the cure, an operator can redrive it despite the alarms, with a reason.',
  ].join('\n'),
});

/** Why a deployment to Prod must not begin now, if alarms are on. */
export function prodAlarmObstacle(
  alarms: Pick<Alarms, 'standings'>,
  ledger: Pick<Ledger, 'promotion'>,
  prod: WatchedProd,
) {
  return async function prodAlarmObstacle(job: Job): Promise<JobFailure | undefined> {
    if (job.parameters.pipelineName !== prod.pipelineName) return undefined;
    const on = alarmsOn(await alarms.standings(prod.alarmNames));
    if (on.length === 0) return undefined;
    const promotion = await ledger.promotion(job.promotionId);
    return mayDeployDespiteAlarms(promotion, job) ? undefined : alarmOnFailure(on);
  };
}

/**
 * Sets which alarms stop Prod's deployments, unless they do already. The deployment group's other alarms and settings stay. Safe to
 * repeat; not while a deployment moves Prod to another Auto Scaling group.
 */
export async function watchAlarms(
  deploymentGroups: Pick<DeploymentGroups, 'find' | 'watch'>,
  { applicationName, deploymentGroupName }: FleetNames,
  alarmNames: readonly string[],
): Promise<void> {
  const group = await deploymentGroups.find(applicationName, deploymentGroupName);
  const autoScalingGroup = group?.autoScalingGroups?.[0]?.name;
  if (autoScalingGroup === undefined) return;
  const { enabled = false, alarms = [] } = group?.alarmConfiguration ?? {};
  const watched = new Set(enabled ? alarms.map(({ name }) => name) : []);
  if (watched.size === alarmNames.length && alarmNames.every((name) => watched.has(name))) return;
  await deploymentGroups.watch(applicationName, deploymentGroupName, autoScalingGroup, alarmNames);
}

/**
 * Before a deployment to Prod: every alarm watches it, but for those that are on if it may begin despite them. Which are left out is
 * recorded with the job first; Verify Prod and restore-prod, and the next deployment, watch all again.
 */
export async function watchDeployment(
  {
    alarms,
    ledger,
    deploymentGroups,
  }: {
    readonly alarms: Pick<Alarms, 'standings'>;
    readonly ledger: Pick<Ledger, 'replaceJob'>;
    readonly deploymentGroups: Pick<DeploymentGroups, 'find' | 'watch'>;
  },
  prod: WatchedProd,
  promotion: Promotion | undefined,
  job: Job,
): Promise<void> {
  const on = mayDeployDespiteAlarms(promotion, job)
    ? alarmsOn(await alarms.standings(prod.alarmNames)).map(({ name }) => name)
    : [];
  if (on.join() !== (job.alarmsLeftOut ?? []).join())
    await ledger.replaceJob(job, { ...job, alarmsLeftOut: on });
  await watchAlarms(
    deploymentGroups,
    prod,
    prod.alarmNames.filter((name) => !on.includes(name)),
  );
}
