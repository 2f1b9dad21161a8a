import {
  CodePipelineClient,
  GetPipelineExecutionCommand,
  PipelineExecutionNotFoundException,
  paginateListActionExecutions,
  StartPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { allItems } from '../all-items.ts';
import { ignoring } from '../ignoring.ts';
import { PROMOTION_ID_VARIABLE, QAT_URL_VARIABLE } from '../payloads.ts';
import type { PipelineRuns } from './pipeline-run.ts';

/** Runs in CodePipeline. */
export const createPipelineRuns = (client = new CodePipelineClient({})): PipelineRuns => ({
  start: async ({ pipelineName, sourceAction, revisions, promotionId, clientToken, loadTestUrl }) => {
    const { pipelineExecutionId } = await client.send(
      new StartPipelineExecutionCommand({
        name: pipelineName,
        clientRequestToken: clientToken,
        variables: [
          { name: PROMOTION_ID_VARIABLE, value: promotionId },
          ...(loadTestUrl === undefined ? [] : [{ name: QAT_URL_VARIABLE, value: loadTestUrl }]),
        ],
        sourceRevisions: revisions.map(({ type, value }) => ({
          actionName: sourceAction,
          revisionType: type,
          revisionValue: value,
        })),
      }),
    );
    if (pipelineExecutionId === undefined)
      throw new Error(`CodePipeline started ${pipelineName} without naming the execution; try again`);
    return pipelineExecutionId;
  },
  run: async (pipelineName, pipelineExecutionId) => {
    const found = await client
      .send(new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId }))
      .catch(ignoring(PipelineExecutionNotFoundException));
    return found?.pipelineExecution;
  },
  actions: (pipelineName, pipelineExecutionId) =>
    allItems(
      paginateListActionExecutions({ client }, { pipelineName, filter: { pipelineExecutionId } }),
      (page) => page.actionExecutionDetails,
    ),
});
