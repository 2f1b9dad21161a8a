import { randomUUID } from 'node:crypto';
import type {
  ListWorkflowExecutionsRequest,
  ListWorkflowExecutionsResponse,
  ListWorkflowStepExecutionsRequest,
  ListWorkflowStepExecutionsResponse,
  WorkflowStepMetadata,
} from '@aws-sdk/client-imagebuilder';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { contentHash, stableUuid } from '../shared/ids.ts';
import { page } from '../shared/paging.ts';
import { found, type Image, imageBuilderArn, type tablesOf } from './records.ts';

/** Both operations give so many at most, and as many if nothing is said (their API references). */
const LARGEST_PAGE = 25;

/** The stages of a build that have an instance. */
export type Stage = 'BUILD' | 'TEST';

/** Id of the instance that a stage of a build runs on. */
export const stageInstance = (imageArn: string, stage: Stage): string =>
  `i-${contentHash(['imagebuilder', imageArn, stage]).slice(0, 17)}`;

const workflowId = (imageArn: string, stage: Stage): string =>
  `wf-${stableUuid('imagebuilder', imageArn, stage)}`;

/** Stages that a build has begun. */
const stagesOf = ({ status, isToFail }: Image): readonly Stage[] => {
  if (status === 'PENDING') return [];
  return status === 'BUILDING' || isToFail ? ['BUILD'] : ['BUILD', 'TEST'];
};

const isDone = ({ status }: Image, stage: Stage): boolean =>
  status !== 'BUILDING' && (stage === 'BUILD' || status !== 'TESTING');

/** ListWorkflowExecutions, ListWorkflowStepExecutions: of Image Builder's own workflows, the steps that others need to know. */
export const workflowRuns = (
  host: Host,
  { images }: ReturnType<typeof tablesOf>,
): Readonly<Record<string, Operation>> => {
  const paged = <Item>(items: readonly Item[], token: string | undefined, maxResults = LARGEST_PAGE) => {
    if (maxResults < 1 || maxResults > LARGEST_PAGE)
      throw new AwsError(
        'InvalidParameterValueException',
        `maxResults must be from 1 to ${LARGEST_PAGE}; received ${maxResults}.`,
      );
    return page(items, token, maxResults, { errorName: 'InvalidPaginationTokenException' });
  };

  const listRuns: Operation<ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse> = {
    requires: ({ imageBuildVersionArn }) => ({
      action: 'imagebuilder:ListWorkflowExecutions',
      resource: imageBuildVersionArn ?? '*',
    }),
    run: ({ imageBuildVersionArn: arn = '', maxResults, nextToken: token }) => {
      const image = found(images.get(arn), 'image', arn);
      const { items, nextToken } = paged(stagesOf(image), token, maxResults);
      return {
        requestId: randomUUID(),
        imageBuildVersionArn: arn,
        workflowExecutions: items.map((stage) => ({
          workflowExecutionId: workflowId(arn, stage),
          type: stage,
          status: isDone(image, stage) ? 'COMPLETED' : 'RUNNING',
        })),
        ...(nextToken !== undefined && { nextToken }),
      };
    },
  };

  const stepsOf = (image: Image, stage: Stage): readonly WorkflowStepMetadata[] => {
    const name = stage === 'BUILD' ? 'Build' : 'Test';
    const outputs = { instanceId: stageInstance(image.arn, stage) };
    const step = (step: string, action: string, more: WorkflowStepMetadata): WorkflowStepMetadata => ({
      stepExecutionId: `step-${stableUuid('imagebuilder', image.arn, stage, step)}`,
      name: step,
      action,
      ...more,
    });
    return [
      step(`Launch${name}Instance`, 'LaunchInstance', {
        status: 'COMPLETED',
        inputs: JSON.stringify({ waitFor: 'ssmAgent' }),
        outputs: JSON.stringify(outputs),
      }),
      step(`Apply${name}Components`, 'ExecuteComponents', {
        status: isDone(image, stage) ? 'COMPLETED' : 'RUNNING',
        inputs: JSON.stringify({ 'instanceId.$': `$.stepOutputs.Launch${name}Instance.instanceId` }),
      }),
    ];
  };

  const listSteps: Operation<ListWorkflowStepExecutionsRequest, ListWorkflowStepExecutionsResponse> = {
    requires: ({ workflowExecutionId }) => ({
      action: 'imagebuilder:ListWorkflowStepExecutions',
      resource: imageBuilderArn(host, `workflow-execution/${workflowExecutionId}`),
    }),
    run: ({ workflowExecutionId: id = '', maxResults, nextToken: token }) => {
      const runs = images.values().flatMap((image) => stagesOf(image).map((stage) => ({ image, stage })));
      const { image, stage } = found(
        runs.find((run) => workflowId(run.image.arn, run.stage) === id),
        'workflow execution',
        id,
      );
      const { items, nextToken } = paged(stepsOf(image, stage), token, maxResults);
      return {
        requestId: randomUUID(),
        workflowExecutionId: id,
        imageBuildVersionArn: image.arn,
        steps: [...items],
        ...(nextToken !== undefined && { nextToken }),
      };
    },
  };

  return { ListWorkflowExecutions: listRuns, ListWorkflowStepExecutions: listSteps };
};
