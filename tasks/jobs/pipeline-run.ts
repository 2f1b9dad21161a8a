import type { Activity } from '@aws-sdk/client-auto-scaling';
import type { DeploymentInfo } from '@aws-sdk/client-codedeploy';
import type { ActionExecutionDetail, PipelineExecution } from '@aws-sdk/client-codepipeline';
import { firedAlarmLines } from '../alarms/alarm-text.ts';
import type { Alarms, FiredAlarm } from '../alarms/alarms.ts';
import { consoleLine, pipelineRunLink } from '../console-links.ts';
import { isFailedCall } from '../failed-calls.ts';
import type { FailureCode } from '../failure-cause.ts';
import { launchFailure } from '../launch-failures.ts';
import type { Job } from '../ledger/items.ts';
import { type JobParameters, LOAD_TEST_STAGE } from '../payloads.ts';
import { cutOverOf, type WaitingDeployments } from './cut-over.ts';
import { activatedAlarms, deploymentFailure, liveHookFailures } from './deployment-failure.ts';
import { partsOf, pipelineRunId } from './external-ids.ts';
import type { Inspection, JobActions, ReadLive } from './job-actions.ts';
import { type JobError, jobErrors } from './job-errors.ts';

/** What a pipeline is started with (T21). */
interface PipelineStart
  extends Pick<JobParameters['pipeline-run'], 'pipelineName' | 'sourceAction'>,
    Pick<Job, 'promotionId' | 'clientToken'> {
  /** What pins its source: one, or an object's key and version together. */
  readonly revisions: readonly {
    readonly type: 'COMMIT_ID' | 'S3_OBJECT_KEY' | 'S3_OBJECT_VERSION_ID';
    readonly value: string;
  }[];
  /** What the load test is given as QAT's address. Absent if there is none. */
  readonly loadTestUrl?: string;
}

/** What pins the source of a run: the commit, or what it was built into. */
const revisionsOf = ({
  commitId,
  revisionType,
  builtKey,
  builtVersion,
}: JobParameters['pipeline-run']): PipelineStart['revisions'] =>
  builtKey === undefined || builtVersion === undefined
    ? [{ type: revisionType ?? 'COMMIT_ID', value: commitId }]
    : [
        { type: 'S3_OBJECT_KEY', value: builtKey },
        { type: 'S3_OBJECT_VERSION_ID', value: builtVersion },
      ];

/** CodePipeline, as far as runs need it. */
export interface PipelineRuns {
  /** Starts a run with that commit, the same one for the same client token. @returns the pipeline execution's id */
  readonly start: (start: PipelineStart) => Promise<string>;
  readonly run: (pipelineName: string, pipelineExecutionId: string) => Promise<PipelineExecution | undefined>;
  /** Its actions, newest first. */
  readonly actions: (
    pipelineName: string,
    pipelineExecutionId: string,
  ) => Promise<readonly ActionExecutionDetail[]>;
}

/** CodeDeploy, as far as a run's outcome needs it. */
export interface Deployments extends WaitingDeployments {
  readonly deployment: (deploymentId: string) => Promise<DeploymentInfo | undefined>;
  /** What an Auto Scaling group did lately. */
  readonly activities: (autoScalingGroupName: string) => Promise<readonly Activity[]>;
  /** The alarms of these names with what they measured while a deployment ran. */
  readonly firedAlarms: Alarms['fired'];
  /** Ends a blue/green deployment's wait before the old instances are terminated. */
  readonly endSoak: (deploymentId: string) => Promise<void>;
  /** Stops a deployment, unless it has ended, and lets CodeDeploy roll back. */
  readonly stop: (deploymentId: string) => Promise<void>;
}

/** Why the new instances of a blue/green deployment cannot be started, by Auto Scaling's word; nothing while they may (T57). */
async function noNewInstances(
  { activities }: Deployments,
  deployment: DeploymentInfo | undefined,
): Promise<string | undefined> {
  const [group] = deployment?.targetInstances?.autoScalingGroups ?? [];
  return group === undefined ? undefined : launchFailure(await activities(group), deployment?.createTime);
}

/** The most alarms that a cause shows; CodeDeploy watches ten. */
const MOST_ALARMS = 5;

/** The alarms that stopped a deployment, by CodeDeploy's word. What cannot be read of them does not hold up the failure. */
async function firedIn(
  { firedAlarms }: Deployments,
  deployment: DeploymentInfo | undefined,
): Promise<{ readonly alarms: readonly FiredAlarm[]; readonly lines: readonly string[] }> {
  const names = activatedAlarms(deployment).slice(0, MOST_ALARMS);
  const to = deployment?.completeTime;
  if (names.length === 0 || to === undefined) return { alarms: [], lines: [] };
  try {
    const alarms = await firedAlarms(names, deployment?.startTime ?? to, to);
    return { alarms, lines: alarms.flatMap(firedAlarmLines) };
  } catch (error) {
    if (!isFailedCall(error)) throw error;
    return { alarms: [], lines: [`What the alarms measured could not be read: ${error.message}`] };
  }
}

/** The CodeDeploy deployment that a run's actions made; the newest, if a stage was retried by hand. */
export const deploymentOf = (actions: readonly ActionExecutionDetail[]): string | undefined =>
  actions.find((action) => action.input?.actionTypeId?.provider === 'CodeDeploy')?.output?.executionResult
    ?.externalExecutionId;

function actionFailure({ stageName, actionName, output }: ActionExecutionDetail): string {
  const { errorDetails, externalExecutionSummary, externalExecutionUrl = '' } = output?.executionResult ?? {};
  const reasons = [errorDetails?.code, errorDetails?.message, externalExecutionSummary].filter(
    (reason) => reason !== undefined && reason !== '',
  );
  return `Action ${actionName} of stage ${stageName} failed: ${reasons.length > 0 ? reasons.join(': ') : 'no reason was given'}${externalExecutionUrl === '' ? '' : `\n  See: ${externalExecutionUrl}`}`;
}

/** CodeBuild's phases before any command of the commit runs, in the words of CodePipeline's summary: it has no code for them. */
const beforeCommands = /Phase: (DOWNLOAD_SOURCE|PROVISIONING|SUBMITTED|QUEUED), Code:/;

/** The load test runs in a stage of its own, after the deployment. */
const isLoadTest = ({ stageName }: ActionExecutionDetail): boolean => stageName === LOAD_TEST_STAGE;

/** What failed, by the service that the failed action calls: the guard is the only function. */
const codeOf = (failedActions: readonly ActionExecutionDetail[]): FailureCode | undefined => {
  const providers = failedActions.map(({ input }) => input?.actionTypeId?.provider);
  if (providers.includes('Lambda')) return 'GuardBlocked';
  if (!providers.includes('CodeBuild')) return undefined;
  const isBefore = failedActions.some(({ output }) =>
    beforeCommands.test(
      `${output?.executionResult?.errorDetails?.message} ${output?.executionResult?.externalExecutionSummary}`,
    ),
  );
  if (isBefore) return 'TestsNotStarted';
  return failedActions.some(isLoadTest) ? 'LoadTestFailed' : 'TestsFailed';
};

/** Statuses of a run that a newer run or a person ended (T23). */
const displaced = new Set<string | undefined>(['Superseded', 'Cancelled', 'Stopped']);

/**
 * Runs of pipelines.
 * @param region the pipelines'
 * @param beforeStart prepares for the run
 * @param deploymentRegion where they deploy to @default the pipelines' region
 * @param addressOf what the load test is given as QAT's address @default no run has one
 */
export function pipelineRun(
  runs: PipelineRuns,
  deployments: Deployments,
  region: string,
  beforeStart: (job: Job) => Promise<void>,
  deploymentRegion = region,
  obstacle?: JobActions['obstacle'],
  addressOf: (parameters: JobParameters['pipeline-run']) => Promise<string | undefined> = async () =>
    undefined,
): JobActions {
  const failureOf = async (deploymentId: string, live: ReadLive) => {
    const deployment = await deployments.deployment(deploymentId);
    const targets = await deployments.targets(deploymentId);
    const isOfLive = liveHookFailures(targets).size > 0;
    const { cause, ...failure } = deploymentFailure(
      deploymentRegion,
      deploymentId,
      deployment,
      targets,
      isOfLive ? await live() : undefined,
    );
    const noInstances = await noNewInstances(deployments, deployment);
    const { alarms, lines } = await firedIn(deployments, deployment);
    return {
      ...failure,
      ...(alarms.length > 0 && { alarms }),
      cause: [
        ...(noInstances === undefined ? [] : [`The new instances could not be started: ${noInstances}`]),
        ...lines,
        cause,
      ].join('\n'),
    };
  };
  const running = async (pipelineName: string, pipelineExecutionId: string): Promise<Inspection> => {
    const deploymentId = deploymentOf(await runs.actions(pipelineName, pipelineExecutionId));
    if (deploymentId === undefined) return { state: 'running' };
    const deployment = await deployments.deployment(deploymentId);
    // CodeDeploy would wait for an hour and then say nothing of it (T57).
    const isStarting = deployment?.status === 'InProgress' || deployment?.status === 'Created';
    if (isStarting && (await noNewInstances(deployments, deployment)) !== undefined)
      await deployments.stop(deploymentId);
    const cutOver = await cutOverOf(deployments, deploymentId, deployment);
    return { state: 'running', ...(cutOver && { cutOver }) };
  };
  const failed = async (
    externalId: string,
    run: PipelineExecution | undefined,
    live: ReadLive,
  ): Promise<Inspection> => {
    const [pipelineName, id] = partsOf(externalId);
    const actions = run === undefined ? [] : await runs.actions(pipelineName, id);
    const failedActions = actions.filter((action) => action.status === 'Failed');
    const deploymentId = deploymentOf(failedActions);
    const error: JobError = displaced.has(run?.status)
      ? jobErrors.pipelineRunSuperseded
      : deploymentId === undefined
        ? jobErrors.pipelineRunFailed
        : jobErrors.deploymentFailed;
    const ending =
      run === undefined
        ? 'no longer exists. A redrive starts another run.'
        : `ended ${run.status ?? 'without a status'}${run.statusSummary === undefined ? '' : `: ${run.statusSummary}`}`;
    const deployment = deploymentId === undefined ? undefined : await failureOf(deploymentId, live);
    const code = run === undefined ? 'JobMissing' : (deployment?.code ?? codeOf(failedActions));
    return {
      state: run === undefined ? 'missing' : 'failed',
      error,
      ...(code && { code }),
      ...(deployment?.alarms && { alarms: deployment.alarms }),
      cause: [
        // What operators look for first: the script that failed, and its log.
        ...(deployment === undefined ? [] : [deployment.cause]),
        `Run ${id} of the pipeline ${pipelineName} ${ending}`,
        ...failedActions.filter((action) => deploymentOf([action]) === undefined).map(actionFailure),
        ...consoleLine(pipelineRunLink(region, pipelineName, id)),
      ].join('\n'),
    };
  };

  return {
    startError: jobErrors.pipelineRunFailed,
    ...(obstacle && { obstacle }),
    start: async (job) => {
      const parameters = job.parameters as JobParameters['pipeline-run'];
      const { pipelineName, sourceAction } = parameters;
      await beforeStart(job);
      const { promotionId, clientToken } = job;
      const loadTestUrl = await addressOf(parameters);
      return pipelineRunId(
        pipelineName,
        await runs.start({
          pipelineName,
          sourceAction,
          revisions: revisionsOf(parameters),
          promotionId,
          clientToken,
          ...(loadTestUrl !== undefined && { loadTestUrl }),
        }),
      );
    },
    inspect: async (externalId, live) => {
      const [pipelineName, pipelineExecutionId] = partsOf(externalId);
      const run = await runs.run(pipelineName, pipelineExecutionId);
      if (run?.status === 'InProgress') return running(pipelineName, pipelineExecutionId);
      if (run?.status === 'Stopping') return { state: 'running' };
      if (run?.status !== 'Succeeded') return failed(externalId, run, live);
      const actions = await runs.actions(pipelineName, pipelineExecutionId);
      const deploymentId = deploymentOf(actions);
      if (deploymentId !== undefined) {
        const builds = actions.filter(({ input }) => input?.actionTypeId?.provider === 'CodeBuild');
        const urlOf = (build: ActionExecutionDetail | undefined) =>
          build &&
          (build.output?.executionResult?.externalExecutionUrl ??
            pipelineRunLink(region, pipelineName, pipelineExecutionId));
        const testsUrl = urlOf(builds.find((build) => !isLoadTest(build)));
        const loadTestUrl = urlOf(builds.find(isLoadTest));
        return {
          state: 'succeeded',
          output: {
            pipelineExecutionId,
            deploymentId,
            ...(testsUrl !== undefined && { testsUrl }),
            ...(loadTestUrl !== undefined && { loadTestUrl }),
          },
        };
      }
      return {
        state: 'failed',
        error: jobErrors.pipelineRunFailed,
        cause: [
          `Run ${pipelineExecutionId} of the pipeline ${pipelineName} succeeded without deploying: it has no CodeDeploy action.`,
          ...consoleLine(pipelineRunLink(region, pipelineName, pipelineExecutionId)),
        ].join('\n'),
      };
    },
  };
}
