import { approvalsIn, deciderText } from '../approvals/decisions.ts';
import type { Approval, Job, Promotion } from '../ledger/items.ts';
import type { Marking } from '../marks/bad-mark.ts';
import type { ApproverRole, Environment } from '../payloads.ts';
import { approverRoles } from '../words.ts';
import type { PromotionRecord } from './read-promotion.ts';

/** A promotion with what the ledger has of its jobs and requests. */
export interface RecordedPromotion extends Pick<PromotionRecord, 'promotion' | 'jobs' | 'approvals'> {
  /** How its commit is marked, if it is bad. */
  readonly bad?: Marking;
}

/** What was deployed to an environment at some time, and by which promotion. */
export interface Release
  extends Pick<
    Promotion,
    | 'promotionId'
    | 'application'
    | 'commitId'
    | 'commitMessage'
    | 'commitAuthor'
    | 'branch'
    | 'pushedBy'
    | 'status'
    | 'images'
  > {
  readonly environment: Environment;
  /** CodeDeploy's deployment: `GetDeployment` answers the revision in the artifact bucket. */
  readonly deploymentId: string;
  /** The pipeline's name and the execution that made the revision. Absent if the ledger has no job for it. */
  readonly revision?: { readonly pipelineName: string; readonly pipelineExecutionId: string };
  /** When Image Builder had made the environment's image, ISO 8601. Absent if the ledger has no job for it. */
  readonly imageBuiltAt?: string;
  /** When the deployment had succeeded, ISO 8601. If the ledger has no job for it: the promotion's end, or else its start. */
  readonly deployedAt: string;
  /** When the next release was deployed there, ISO 8601. Absent of the latest. */
  readonly replacedAt?: string;
  /** Who approved, as pages name them, by role. Of a release to QAT nobody may have yet. */
  readonly approvedBy: Readonly<Record<ApproverRole, readonly string[]>>;
  /** How its commit is marked, if it is bad. */
  readonly bad?: Marking;
}

const succeeded = (
  jobs: readonly Job[],
  kind: Job['kind'],
  belongs: (job: Job) => boolean,
): Job | undefined => jobs.findLast((job) => job.kind === kind && job.status === 'SUCCEEDED' && belongs(job));

const approversOf = (approvals: readonly Approval[], asked: ApproverRole): readonly string[] => {
  const approved = approvals.findLast(({ role, status }) => role === asked && status === 'APPROVED');
  return approved === undefined ? [] : approvalsIn(approved).map(deciderText);
};

const releaseOf = (
  { promotion, jobs, approvals, bad }: RecordedPromotion,
  environment: Environment,
): Release | undefined => {
  const { deployments, images, endedAt, startedAt } = promotion;
  const deploymentId = deployments[environment];
  if (deploymentId === undefined) return undefined;
  const run = succeeded(
    jobs,
    'pipeline-run',
    ({ parameters, output }) =>
      parameters.environment === environment && output?.deploymentId === deploymentId,
  );
  const imageId = images[environment];
  const build = succeeded(jobs, 'image-build', ({ output }) => output?.imageId === imageId);
  const { promotionId, application, commitId, commitMessage, commitAuthor, branch, pushedBy, status } =
    promotion;
  const { pipelineName } = run?.parameters ?? {};
  const { pipelineExecutionId } = run?.output ?? {};
  return {
    promotionId,
    application,
    commitId,
    commitMessage,
    commitAuthor,
    branch,
    pushedBy,
    status,
    images,
    environment,
    deploymentId,
    ...(pipelineName !== undefined &&
      pipelineExecutionId !== undefined && { revision: { pipelineName, pipelineExecutionId } }),
    ...(imageId !== undefined && build?.endedAt !== undefined && { imageBuiltAt: build.endedAt }),
    deployedAt: run?.endedAt ?? endedAt ?? startedAt,
    approvedBy: Object.fromEntries(
      approverRoles.map((role) => [role, approversOf(approvals, role)]),
    ) as Release['approvedBy'],
    ...(bad && { bad }),
  };
};

/**
 * What was deployed to an environment of one application, latest first: also by promotions that ended otherwise later.
 * @param records promotions of that application, in any order; of a gap among them `replacedAt` knows nothing
 */
export const deployedTo = (
  environment: Environment,
  records: readonly RecordedPromotion[],
): readonly Release[] =>
  records
    .flatMap((record) => releaseOf(record, environment) ?? [])
    .sort((a, b) => Date.parse(b.deployedAt) - Date.parse(a.deployedAt))
    .map((release, index, all): Release => {
      const next = all[index - 1];
      return next === undefined ? release : { ...release, replacedAt: next.deployedAt };
    });
