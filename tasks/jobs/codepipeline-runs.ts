import {
  type ActionExecutionDetail,
  CodePipelineClient,
  GetPipelineExecutionCommand,
  PipelineExecutionNotFoundException,
  paginateListActionExecutions,
  StartPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { PROMOTION_ID_VARIABLE } from '../payloads.ts';
import type { PipelineRuns } from './pipeline-run.ts';

/** Runs in CodePipeline. */
export const createPipelineRuns = (client = new CodePipelineClient({})): PipelineRuns => ({
  start: async ({ pipelineName, sourceAction, commitId, revisionType, promotionId, clientToken }) => {
    const { pipelineExecutionId } = await client.send(
      new StartPipelineExecutionCommand({
        name: pipelineName,
        clientRequestToken: clientToken,
        variables: [{ name: PROMOTION_ID_VARIABLE, value: promotionId }],
        sourceRevisions: [{ actionName: sourceAction, revisionType, revisionValue: commitId }],
      }),
    );
    if (pipelineExecutionId === undefined)
      throw new Error(`CodePipeline started ${pipelineName} without naming the execution; try again`);
    return pipelineExecutionId;
  },
  run: async (pipelineName, pipelineExecutionId) => {
    try {
      return (await client.send(new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId })))
        .pipelineExecution;
    } catch (error) {
      if (error instanceof PipelineExecutionNotFoundException) return undefined;
      throw error;
    }
  },
  actions: async (pipelineName, pipelineExecutionId) => {
    const actions: ActionExecutionDetail[] = [];
    for await (const page of paginateListActionExecutions(
      { client },
      { pipelineName, filter: { pipelineExecutionId } },
    ))
      actions.push(...(page.actionExecutionDetails ?? []));
    return actions;
  },
});
