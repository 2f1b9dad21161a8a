import type {
  GetPipelineExecutionInput,
  GetPipelineExecutionOutput,
  GetPipelineInput,
  GetPipelineOutput,
  GetPipelineStateInput,
  GetPipelineStateOutput,
  ListActionExecutionsInput,
  ListActionExecutionsOutput,
  ListPipelineExecutionsInput,
  ListPipelineExecutionsOutput,
} from '@aws-sdk/client-codepipeline';
import type { Host, Operation, Service } from '../../host.ts';
import type { ConnectedProvider } from '../shared/connected-provider.ts';
import { page } from '../shared/paging.ts';
import type { ConnectedPush } from './connection-source.ts';
import {
  describeAction,
  describeDeclaration,
  describeExecution,
  describeState,
  summarizeExecution,
} from './descriptions.ts';
import { createControl } from './execution-operations.ts';
import { createQueue } from './execution-queue.ts';
import { findExecution, findPipeline, pipelineArn, tablesOf } from './records.ts';
import { createCodePipelineResources } from './resources.ts';
import { createPushTrigger, createStart } from './start-execution.ts';

/** CodePipeline, which hears of pushes at the provider that connections lead to. */
export interface CodePipelineService extends Service {
  /** Starts the pipelines that a push starts; again, it does nothing more. */
  readonly pushed: (push: ConnectedPush) => void;
}

/** Where connections lead, if there is no provider. */
const nowhere: ConnectedProvider = {
  head: async () => undefined,
  commit: async () => undefined,
  archive: async () => new Uint8Array(),
};

/**
 * Creates CodePipeline: V2 pipelines in QUEUED mode with sources, Lambda and CodeDeploy actions.
 * @param connected what connections lead to
 */
export const createCodePipelineService = (
  host: Host,
  connected: ConnectedProvider = nowhere,
): CodePipelineService => {
  const { executions, actions } = tablesOf(host);
  const queue = createQueue(host, connected);
  const access = (action: string, name = '') => ({
    action: `codepipeline:${action}`,
    resource: pipelineArn(host, name),
  });

  const getExecution: Operation<GetPipelineExecutionInput, GetPipelineExecutionOutput> = {
    requires: ({ pipelineName }) => access('GetPipelineExecution', pipelineName),
    run: ({ pipelineName, pipelineExecutionId }) => ({
      pipelineExecution: describeExecution(host, findExecution(host, pipelineName, pipelineExecutionId)),
    }),
  };

  const getPipeline: Operation<GetPipelineInput, GetPipelineOutput> = {
    requires: ({ name }) => access('GetPipeline', name),
    run: ({ name }) => {
      const { arn, declaration, createdAt, updatedAt } = findPipeline(host, name);
      return {
        pipeline: describeDeclaration(declaration),
        metadata: { pipelineArn: arn, created: new Date(createdAt), updated: new Date(updatedAt) },
      };
    },
  };

  const getState: Operation<GetPipelineStateInput, GetPipelineStateOutput> = {
    requires: ({ name }) => access('GetPipelineState', name),
    run: ({ name }) => describeState(host, findPipeline(host, name)),
  };

  const listExecutions: Operation<ListPipelineExecutionsInput, ListPipelineExecutionsOutput> = {
    requires: ({ pipelineName }) => access('ListPipelineExecutions', pipelineName),
    run: ({ pipelineName, nextToken: token, maxResults }) => {
      const { declaration } = findPipeline(host, pipelineName);
      const own = executions.values().filter((one) => one.pipelineName === declaration.name);
      const { items, nextToken } = page(own.reverse(), token, maxResults);
      return {
        pipelineExecutionSummaries: items.map((one) => summarizeExecution(host, one)),
        ...(nextToken && { nextToken }),
      };
    },
  };

  const listActions: Operation<ListActionExecutionsInput, ListActionExecutionsOutput> = {
    requires: ({ pipelineName }) => access('ListActionExecutions', pipelineName),
    run: ({ pipelineName, filter, nextToken: token, maxResults }) => {
      const { declaration } = findPipeline(host, pipelineName);
      const wanted =
        filter?.pipelineExecutionId ?? filter?.latestInPipelineExecution?.pipelineExecutionId ?? undefined;
      if (wanted !== undefined) findExecution(host, pipelineName, wanted);
      const own = actions
        .values()
        .filter(
          (one) =>
            one.pipelineName === declaration.name && (wanted === undefined || one.executionId === wanted),
        );
      const { items, nextToken } = page(own.reverse(), token, maxResults);
      return {
        actionExecutionDetails: items.flatMap((action) => {
          const execution = executions.get(action.executionId);
          return execution ? [describeAction(host, execution, action)] : [];
        }),
        ...(nextToken && { nextToken }),
      };
    },
  };

  return {
    name: 'codepipeline',
    operations: {
      StartPipelineExecution: createStart(host, queue),
      GetPipelineExecution: getExecution,
      GetPipeline: getPipeline,
      GetPipelineState: getState,
      ListPipelineExecutions: listExecutions,
      ListActionExecutions: listActions,
      ...createControl(host, queue),
    },
    resources: createCodePipelineResources(host, queue),
    pushed: createPushTrigger(host, queue),
    start: queue.start,
    stop: queue.stop,
  };
};
