import type {
  PutJobFailureResultInput,
  PutJobSuccessResultInput,
  RetryStageExecutionInput,
  RetryStageExecutionOutput,
  StopPipelineExecutionInput,
  StopPipelineExecutionOutput,
} from '@aws-sdk/client-codepipeline';
import { AwsError, type Host, type Operation } from '../../host.ts';
import type { Queue } from './execution-queue.ts';
import {
  type ActionExecution,
  actionExecutionId,
  findExecution,
  type JobResult,
  pipelineArn,
  tablesOf,
} from './records.ts';

/** The operations that change executions under way. */
export const createControl = (host: Host, queue: Queue): Record<string, Operation> => {
  const { executions, actions } = tablesOf(host);

  const stop: Operation<StopPipelineExecutionInput, StopPipelineExecutionOutput> = {
    requires: ({ pipelineName = '' }) => ({
      action: 'codepipeline:StopPipelineExecution',
      resource: pipelineArn(host, pipelineName),
    }),
    run: ({ pipelineName, pipelineExecutionId, abandon = false, reason }) => {
      const execution = findExecution(host, pipelineName, pipelineExecutionId);
      if (execution.status === 'Stopping' && (!abandon || execution.abandons))
        throw new AwsError('DuplicatedStopRequestException', 'The pipeline execution is already stopping.');
      if (execution.status !== 'InProgress' && execution.status !== 'Stopping')
        throw new AwsError(
          'PipelineExecutionNotStoppableException',
          `The pipeline execution ${execution.id} is ${execution.status} and cannot be stopped.`,
        );
      if (!execution.hasBegun) {
        // It waits in the queue: nothing of it has to end first.
        queue.announce.pipeline(execution, 'STOPPED');
        executions.put(execution.id, { ...execution, status: 'Stopped', updatedAt: host.clock.now() });
        return { pipelineExecutionId: execution.id };
      }
      queue.announce.pipeline(execution, 'STOPPING');
      executions.put(execution.id, {
        ...execution,
        status: 'Stopping',
        abandons: abandon,
        ...(reason !== undefined && { statusSummary: reason }),
        updatedAt: host.clock.now(),
      });
      host.clock.at(host.clock.now(), () => queue.pump(execution.pipelineName));
      return { pipelineExecutionId: execution.id };
    },
  };

  const retryStage: Operation<RetryStageExecutionInput, RetryStageExecutionOutput> = {
    requires: ({ pipelineName = '', stageName }) => ({
      action: 'codepipeline:RetryStageExecution',
      resource: `${pipelineArn(host, pipelineName)}/${stageName}`,
    }),
    run: ({ pipelineName, pipelineExecutionId, stageName, retryMode }) => {
      const execution = findExecution(host, pipelineName, pipelineExecutionId);
      const index = execution.declaration.stages.findIndex(({ name }) => name === stageName);
      const stage = execution.declaration.stages[index];
      if (!stage)
        throw new AwsError(
          'StageNotFoundException',
          `The pipeline ${pipelineName} has no stage ${stageName}.`,
        );
      if (index !== execution.stageIndex || !['Failed', 'Stopped'].includes(execution.status))
        throw new AwsError(
          'StageNotRetryableException',
          `The stage ${stageName} of ${execution.id} has not failed; the execution is ${execution.status}.`,
        );
      const isRetried = (action: { readonly name: string }) =>
        retryMode === 'ALL_ACTIONS' ||
        actions.get(actionExecutionId(execution, stage.name, action.name))?.status !== 'Succeeded';
      const keys = stage.actions.filter(isRetried).map((action) => `${stage.name}/${action.name}`);
      const retries = {
        ...execution.retries,
        ...Object.fromEntries(keys.map((key) => [key, (execution.retries[key] ?? 0) + 1])),
      };
      const { abandons: _abandons, ...kept } = execution;
      const next = {
        ...kept,
        retries,
        status: 'InProgress' as const,
        stages: execution.stages.map((status, at) => (at === index ? ('NotStarted' as const) : status)),
        updatedAt: host.clock.now(),
      };
      queue.announce.pipeline(next, 'RESUMED');
      executions.put(execution.id, next);
      host.clock.at(host.clock.now(), () => queue.pump(execution.pipelineName));
      return { pipelineExecutionId: execution.id };
    },
  };

  /** Jobs bear the id of their action's run. */
  const jobOf = (id = ''): ActionExecution => {
    const action = actions.get(id);
    const provider =
      action &&
      executions
        .get(action.executionId)
        ?.declaration.stages.find(({ name }) => name === action.stageName)
        ?.actions.find(({ name }) => name === action.actionName)?.type.provider;
    if (!action || provider !== 'Lambda')
      throw new AwsError('JobNotFoundException', `The job ${id} was not found.`);
    if (action.status !== 'InProgress' || action.progress.job)
      throw new AwsError('InvalidJobStateException', `The job ${id} is not in progress; its result stands.`);
    return action;
  };
  const completeJob = (action: ActionExecution, job: JobResult) =>
    queue.updateAction(action.id, { progress: { ...action.progress, job } });

  const success: Operation<PutJobSuccessResultInput, Record<string, never>> = {
    requires: () => ({ action: 'codepipeline:PutJobSuccessResult', resource: '*' }),
    run: ({ jobId, continuationToken, executionDetails, outputVariables = {} }) => {
      const action = jobOf(jobId);
      if (continuationToken !== undefined) queue.updateAction(action.id, { progress: { continuationToken } });
      else
        completeJob(action, {
          isSuccess: true,
          outputVariables,
          ...(executionDetails?.summary !== undefined && { summary: executionDetails.summary }),
          ...(executionDetails?.externalExecutionId !== undefined && {
            externalExecutionId: executionDetails.externalExecutionId,
          }),
        });
      return {};
    },
  };

  const failure: Operation<PutJobFailureResultInput, Record<string, never>> = {
    requires: () => ({ action: 'codepipeline:PutJobFailureResult', resource: '*' }),
    run: ({ jobId, failureDetails }) => {
      completeJob(jobOf(jobId), {
        isSuccess: false,
        error: { code: failureDetails?.type ?? 'JobFailed', message: failureDetails?.message ?? '' },
        ...(failureDetails?.externalExecutionId !== undefined && {
          externalExecutionId: failureDetails.externalExecutionId,
        }),
      });
      return {};
    },
  };

  return {
    StopPipelineExecution: stop,
    RetryStageExecution: retryStage,
    PutJobSuccessResult: success,
    PutJobFailureResult: failure,
  };
};
