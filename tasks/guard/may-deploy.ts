import type { PipelineExecution } from '@aws-sdk/client-codepipeline';
import { approvalsIn, deciderText, missingApprovals } from '../approvals/decisions.ts';
import { whyImageNotApproved } from '../approvals/image-approval.ts';
import { rolesAsked } from '../approvals/roles-asked.ts';
import { dotsIgnoredBy, sharedPerson } from '../approvals/same-person.ts';
import type { EnvironmentLock } from '../environment-locks/environment-lock.ts';
import { hasRecordedEnd } from '../environment-locks/holder-status.ts';
import { pipelineRunId } from '../jobs/external-ids.ts';
import type { Approval, Job, Promotion, RecordedDecision } from '../ledger/items.ts';
import { type ApproverRole, type GuardParameters, NO_PROMOTION } from '../payloads.ts';
import { environmentTitles, roleTitles } from '../words.ts';

/** What the guard knows. */
interface GuardEvidence {
  readonly parameters: GuardParameters;
  readonly run: PipelineExecution | undefined;
  readonly promotion: Promotion | undefined;
  /** Of a go-back: the promotion that made the release. */
  readonly release: Promotion | undefined;
  /** All jobs and approvals of that promotion. */
  readonly jobs: readonly Job[];
  readonly approvals: readonly Approval[];
  /** Why the promotion is recalled, if its commit is marked bad. */
  readonly recalled: string | undefined;
  /** The environment's lock; undefined without a promotion. */
  readonly lock: EnvironmentLock | undefined;
  /** The one role that may start pipelines. */
  readonly starterRoleArn: string;
}

/** What the guard decides. `job` waits for the run, even if the promotion has lost the lock since. */
type GuardRuling =
  | { readonly kind: 'ok'; readonly job: Job }
  | { readonly kind: 'no'; readonly reason: string; readonly job?: Job };

/**
 * Whether a caller is a session of a role: `arn:aws:iam::<account>:role/<path><name>` appears as
 * `arn:aws:sts::<account>:assumed-role/<name>/<session>`.
 */
export function isSessionOf(callerArn: string, roleArn: string): boolean {
  const role = /^arn:([^:]+):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(roleArn);
  const session = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\/[^/]+$/.exec(callerArn);
  return (
    callerArn === roleArn ||
    (role !== null && session !== null && [1, 2, 3].every((part) => role[part] === session[part]))
  );
}

const approvedAs = (approvals: readonly Approval[], role: ApproverRole): Approval | undefined =>
  approvals.findLast((approval) => approval.role === role && approval.status === 'APPROVED');

/** Why the approvals do not allow Prod; undefined if they do. */
const missingApproval = (promotion: Promotion, approvals: readonly Approval[]): string | undefined => {
  const asked = rolesAsked(promotion).map((role) => ({ role, approval: approvedAs(approvals, role) }));
  const dotsIgnoredIn = dotsIgnoredBy(...asked.flatMap(({ approval }) => approval ?? []));
  const counted: { readonly one: RecordedDecision; readonly title: string }[] = [];
  for (const { role, approval } of asked) {
    const title = roleTitles[role];
    if (approval === undefined || missingApprovals(approval) > 0)
      return `${title} has not approved the promotion.`;
    for (const one of approvalsIn(approval)) {
      const same = counted.find((before) => sharedPerson(before.one, one, dotsIgnoredIn) !== undefined);
      if (same !== undefined) return `${deciderText(one)} approved as ${same.title} and as ${title}.`;
      counted.push({ one, title });
    }
  }
  return undefined;
};

/**
 * The job that waits for a run. The run may reach the guard before its id is recorded; then it belongs to the job that is being
 * started, unless another attempt has it.
 */
const waitingJob = (jobs: readonly Job[], pipelineName: string, externalId: string): Job | undefined => {
  const runs = jobs.filter(
    ({ kind, parameters }) => kind === 'pipeline-run' && parameters.pipelineName === pipelineName,
  );
  const noted = runs.find((job) => job.externalId === externalId);
  if (noted === undefined) return runs.find(({ status }) => status === 'STARTING');
  return noted.status === 'RUNNING' ? noted : undefined;
};

/**
 * Why a promotion that started a run may no longer deploy, if so: its commit was marked bad meanwhile; or a start that was interrupted may reach
 * the guard after the state has failed, and the environment was restored or locked by another promotion.
 */
const letGo = ({ parameters, lock, recalled }: GuardEvidence, promotion: Promotion): string | undefined => {
  const { promotionId, status, prodRestored } = promotion;
  const holder = lock?.holder;
  if (recalled !== undefined) return `${recalled}.`;
  if (holder?.promotionId !== promotionId)
    return `The promotion ${promotionId} does not hold the ${environmentTitles[parameters.environment]} lock.`;
  if (hasRecordedEnd(promotion, holder)) return `The promotion ${promotionId} has ended (${status}).`;
  // A state that starts a run first points Prod at the promotion's image, which removes this field.
  if (parameters.environment === 'prod' && prodRestored !== undefined)
    return `Prod was restored after the promotion ${promotionId}, and starts from ${prodRestored.imageId}.`;
  return undefined;
};

/** Why a run does not deploy the promotion's revision: its commit, or what the commit was built into, and no other build. */
function otherRevision(
  { commitId, builtKey, builtVersion }: GuardParameters,
  { promotionId, commitId: promoted, built }: Promotion,
): string | undefined {
  if (builtKey === undefined) {
    if (built !== undefined)
      return `This run has commit ${commitId}, and the promotion ${promotionId} deploys what it was built into.`;
    return promoted === commitId
      ? undefined
      : `This run has commit ${commitId}, the promotion ${promotionId} has ${promoted}.`;
  }
  if (built === undefined) return `The promotion ${promotionId} has no build.`;
  return built.key === builtKey && built.version === builtVersion
    ? undefined
    : `This run has ${builtKey} in version ${builtVersion}, the promotion ${promotionId} has ${built.key} in version ${built.version}.`;
}

/** Whether a go-back deploys exactly what was promoted before. */
const isRelease = (
  release: Promotion | undefined,
  { commitId, goBack, application, built }: Promotion,
): boolean =>
  release?.promotionId === goBack?.to &&
  release?.application === application &&
  release.status === 'SUCCEEDED' &&
  release.commitId === commitId &&
  release.images.prod === goBack?.prodImageId &&
  release.built?.key === built?.key &&
  release.built?.version === built?.version;

/**
 * Whether a pipeline's run may deploy: started by start-job, for a promotion that holds the lock and whose job waits for just
 * this run, with just that promotion's commit, or what it was built into, and for Prod with both approvals (T20). A new pipeline's first run, and
 * "Release change" by hand, fail here.
 */
export function mayDeploy(evidence: GuardEvidence): GuardRuling {
  const { parameters, run, promotion, jobs, approvals, starterRoleArn } = evidence;
  const { pipelineName, promotionId, pipelineExecutionId, environment } = parameters;
  const no = (reason: string, job?: Job): GuardRuling => ({
    kind: 'no',
    reason: `${reason} Only a promotion deploys: push to the repository, or redrive the promotion.`,
    ...(job && { job }),
  });

  const { triggerType, triggerDetail = '' } = run?.trigger ?? {};
  if (triggerType !== 'StartPipelineExecution' || !isSessionOf(triggerDetail, starterRoleArn))
    return no(
      `This run was started by ${triggerType ?? 'nobody known'} (${triggerDetail || 'no detail'}), not by Lockstep.`,
    );
  if (promotionId === NO_PROMOTION || promotion === undefined)
    return no(`This run names the promotion "${promotionId}", which does not exist.`);
  const other = otherRevision(parameters, promotion);
  if (other !== undefined) return no(other);
  const { goBack } = promotion;
  if (goBack !== undefined && (environment !== 'prod' || !isRelease(evidence.release, promotion)))
    return no(
      `The promotion ${promotionId} goes back to ${goBack.to}, which is no release of commit ${promotion.commitId} to Prod.`,
    );
  // Before the job: without approvals there is none either, and this is the reason that helps.
  const missing =
    environment === 'prod'
      ? (missingApproval(promotion, approvals) ?? whyImageNotApproved(jobs, approvals))
      : undefined;
  if (missing !== undefined) return no(missing);
  const job = waitingJob(jobs, pipelineName, pipelineRunId(pipelineName, pipelineExecutionId));
  if (job === undefined) return no(`The promotion ${promotionId} does not wait for this run.`);
  const against = letGo(evidence, promotion);
  return against === undefined ? { kind: 'ok', job } : no(against, job);
}
