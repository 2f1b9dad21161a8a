import {
  AutoScalingClient,
  CancelInstanceRefreshCommand,
  DescribeInstanceRefreshesCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  ListBuildsForProjectCommand,
  StopBuildCommand,
} from '@aws-sdk/client-codebuild';
import {
  CodeDeployClient,
  paginateListDeploymentGroups,
  paginateListDeployments,
  StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import {
  CodePipelineClient,
  paginateListPipelineExecutions,
  StopPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import {
  CancelImageCreationCommand,
  ImagebuilderClient,
  paginateListImagePipelineImages,
} from '@aws-sdk/client-imagebuilder';
import { paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn';
import type { Account, RunningWork } from './account.ts';

/** Errors of work that has ended, or is ending, meanwhile. */
const ENDED = new Set([
  'ActiveInstanceRefreshNotFound',
  'ActiveInstanceRefreshNotFoundFault',
  'DeploymentAlreadyCompletedException',
  'DuplicatedStopRequestException',
  'PipelineExecutionNotStoppableException',
]);
const ignoringEnded = (error: Error): void => {
  if (!ENDED.has(error.name)) throw error;
};

/** Statuses of builds that have ended; all others are under way. */
const BUILT = new Set(['AVAILABLE', 'FAILED', 'CANCELLED', 'DEPRECATED', 'DELETED', 'DISABLED']);
/** Statuses of refreshes that have not ended. */
const REFRESHING = new Set(['Pending', 'InProgress', 'Baking', 'RollbackInProgress', 'Cancelling']);

/** Finds what runs in the resources of a stack. */
export function createAwsWork(config: object): Account['running'] {
  const states = new SFNClient(config);
  const pipelines = new CodePipelineClient(config);
  const deployments = new CodeDeployClient(config);
  const groups = new AutoScalingClient(config);
  const builder = new ImagebuilderClient(config);
  const codeBuild = new CodeBuildClient(config);

  const executions = async (stateMachineArn: string): Promise<RunningWork[]> => {
    const found: RunningWork[] = [];
    const pages = paginateListExecutions({ client: states }, { stateMachineArn, statusFilter: 'RUNNING' });
    for await (const { executions: page = [] } of pages)
      for (const { executionArn = '' } of page)
        found.push({ kind: 'promotion', id: executionArn, isEnding: false, stop: async () => {} });
    return found;
  };

  const pipelineRuns = async (pipelineName: string): Promise<RunningWork[]> => {
    const found: RunningWork[] = [];
    for await (const page of paginateListPipelineExecutions({ client: pipelines }, { pipelineName }))
      for (const { pipelineExecutionId = '', status } of page.pipelineExecutionSummaries ?? [])
        if (status === 'InProgress' || status === 'Stopping')
          found.push({
            kind: 'pipeline run',
            id: `${pipelineName}/${pipelineExecutionId}`,
            isEnding: status === 'Stopping',
            // Abandoned: what its action has started is stopped by itself.
            stop: async () => {
              const reason = 'The application is torn down.';
              await pipelines
                .send(
                  new StopPipelineExecutionCommand({
                    pipelineName,
                    pipelineExecutionId,
                    abandon: true,
                    reason,
                  }),
                )
                .catch(ignoringEnded);
            },
          });
    return found;
  };

  const deploymentsOf = async (applicationName: string): Promise<RunningWork[]> => {
    const found: RunningWork[] = [];
    for await (const page of paginateListDeploymentGroups({ client: deployments }, { applicationName }))
      for (const deploymentGroupName of page.deploymentGroups ?? []) {
        const pages = paginateListDeployments(
          { client: deployments },
          {
            applicationName,
            deploymentGroupName,
            includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Baking', 'Ready'],
          },
        );
        for await (const { deployments: ids = [] } of pages)
          for (const deploymentId of ids)
            found.push({
              kind: 'deployment',
              id: deploymentId,
              isEnding: false,
              stop: async () => {
                await deployments
                  .send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: false }))
                  .catch(ignoringEnded);
              },
            });
      }
    return found;
  };

  const refreshes = async (AutoScalingGroupName: string): Promise<RunningWork[]> => {
    const { InstanceRefreshes = [] } = await groups.send(
      new DescribeInstanceRefreshesCommand({ AutoScalingGroupName }),
    );
    return InstanceRefreshes.filter(({ Status = '' }) => REFRESHING.has(Status)).map(
      ({ InstanceRefreshId = '', Status }) => ({
        kind: 'instance refresh',
        id: `${AutoScalingGroupName}/${InstanceRefreshId}`,
        isEnding: Status === 'Cancelling',
        stop: async () => {
          await groups.send(new CancelInstanceRefreshCommand({ AutoScalingGroupName })).catch(ignoringEnded);
        },
      }),
    );
  };

  const builds = async (imagePipelineArn: string): Promise<RunningWork[]> => {
    const found: RunningWork[] = [];
    for await (const page of paginateListImagePipelineImages({ client: builder }, { imagePipelineArn }))
      for (const { arn = '', state } of page.imageSummaryList ?? [])
        if (!BUILT.has(state?.status ?? ''))
          found.push({
            kind: 'image build',
            id: arn,
            isEnding: false,
            stop: async () => {
              await builder.send(
                new CancelImageCreationCommand({
                  imageBuildVersionArn: arn,
                  clientToken: crypto.randomUUID(),
                }),
              );
            },
          });
    return found;
  };

  const revisionBuilds = async (projectName: string): Promise<RunningWork[]> => {
    const { ids = [] } = await codeBuild.send(new ListBuildsForProjectCommand({ projectName }));
    if (ids.length === 0) return [];
    const { builds: found = [] } = await codeBuild.send(
      new BatchGetBuildsCommand({ ids: ids.slice(0, 100) }),
    );
    return found
      .filter(({ buildStatus }) => buildStatus === 'IN_PROGRESS')
      .map(({ id = '' }) => ({
        kind: 'build',
        id,
        isEnding: false,
        stop: async () => {
          await codeBuild.send(new StopBuildCommand({ id }));
        },
      }));
  };

  const finders: Readonly<Record<string, (physicalId: string) => Promise<RunningWork[]>>> = {
    'AWS::StepFunctions::StateMachine': executions,
    'AWS::CodePipeline::Pipeline': pipelineRuns,
    'AWS::CodeDeploy::Application': deploymentsOf,
    'AWS::AutoScaling::AutoScalingGroup': refreshes,
    'AWS::ImageBuilder::ImagePipeline': builds,
    'AWS::CodeBuild::Project': revisionBuilds,
  };

  return async (application, resources) => {
    const found: RunningWork[] = [];
    // In this order they are stopped: promotions first, so that none takes the end of its job for a failure.
    for (const [type, find] of Object.entries(finders))
      for (const resource of resources) {
        if (resource.type !== type || resource.status === 'DELETE_COMPLETE') continue;
        // Other machines of the stack belong to custom resources.
        const isOther =
          type === 'AWS::StepFunctions::StateMachine' &&
          !resource.physicalId.endsWith(`:stateMachine:lockstep-${application}`);
        if (!isOther) found.push(...(await find(resource.physicalId).catch(ifGone)));
      }
    return found;
  };
}

/** Errors of resources that a deletion before has taken away already. */
const GONE = new Set([
  'ApplicationDoesNotExistException',
  'PipelineNotFoundException',
  'ResourceNotFoundException',
  'StateMachineDoesNotExist',
  'ValidationError',
]);
const ifGone = (error: Error): [] => {
  if (GONE.has(error.name)) return [];
  throw error;
};
