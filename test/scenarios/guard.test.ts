import type {
  GetPipelineExecutionOutput,
  ListActionExecutionsOutput,
  ListPipelineExecutionsOutput,
  PipelineExecution,
  StartPipelineExecutionInput,
  StartPipelineExecutionOutput,
} from '@aws-sdk/client-codepipeline';
import type { Principal } from '../../infra/local/host.ts';
import { PROMOTION_ID_VARIABLE } from '../../tasks/payloads.ts';
import { approveBoth, eventually, type Scenario, type ScenarioPromotion, startScenario } from './support/scenario.ts';

jest.setTimeout(180_000);

const administrator = { kind: 'administrator' } as const;
const REMEDY = 'Only a promotion deploys: push to the repository, or redrive the promotion.';

describe('the pipeline guard', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario();
  });
  afterAll(() => scenario?.stop());

  const call = <Output>(operation: string, input: object, principal: Principal = administrator) =>
    scenario.run.host.call<Output>(principal, 'codepipeline', operation, input);

  const ended = async (pipelineName: string, pipelineExecutionId: string): Promise<PipelineExecution> =>
    eventually(`the end of ${pipelineName}/${pipelineExecutionId}`, async () => {
      const { pipelineExecution } = await call<GetPipelineExecutionOutput>('GetPipelineExecution', {
        pipelineName,
        pipelineExecutionId,
      });
      return pipelineExecution?.status === 'InProgress' ? undefined : pipelineExecution;
    });

  /** What each action of a run came to: its name, status and error. */
  const actionsOf = async (pipelineName: string, pipelineExecutionId: string) => {
    const { actionExecutionDetails = [] } = await call<ListActionExecutionsOutput>('ListActionExecutions', {
      pipelineName,
      filter: { pipelineExecutionId },
    });
    return actionExecutionDetails
      .map(({ actionName, status, output }) => ({
        actionName,
        status,
        message: output?.executionResult?.errorDetails?.message,
      }))
      .reverse();
  };

  /** Expects that the guard failed the run with this reason, and that the deployment was never begun. */
  const expectRefusal = async (pipelineName: string, id: string, reason: string | RegExp) => {
    expect(await ended(pipelineName, id)).toMatchObject({ status: 'Failed' });
    const actions = await actionsOf(pipelineName, id);
    expect(actions).toMatchObject([
      { actionName: 'Source', status: 'Succeeded' },
      { actionName: 'Guard', status: 'Failed', message: expect.stringMatching(reason) },
    ]);
    expect(actions[1]?.message).toContain(REMEDY);
  };

  const start = async (
    pipeline: string,
    how: { commitId?: string; promotionId?: string; as?: Principal } = {},
  ): Promise<string> => {
    const { commitId, promotionId, as } = how;
    const input: StartPipelineExecutionInput = {
      name: pipeline,
      ...(promotionId && { variables: [{ name: PROMOTION_ID_VARIABLE, value: promotionId }] }),
      ...(commitId && {
        sourceRevisions: [{ actionName: 'Source', revisionType: 'COMMIT_ID', revisionValue: commitId }],
      }),
    };
    const { pipelineExecutionId = '' } = await call<StartPipelineExecutionOutput>(
      'StartPipelineExecution',
      input,
      as,
    );
    return pipelineExecutionId;
  };

  /** A session of a deployed role, whatever that role may do. */
  const sessionOf = (logicalId: RegExp): Principal => {
    const role = scenario.run.stacks
      .resourcesOfType('AWS::IAM::Role')
      .find((resource) => logicalId.test(resource.logicalId));
    return { kind: 'role', roleArn: String(role?.state.attributes.Arn), sessionName: 'by-hand' };
  };

  const runsOf = async (pipelineName: string) =>
    (await call<ListPipelineExecutionsOutput>('ListPipelineExecutions', { pipelineName }))
      .pipelineExecutionSummaries ?? [];

  const prodServes = async () => {
    const text = await (await fetch(`${scenario.application.prodUrl}/version`)).text();
    return text.startsWith('{') ? (JSON.parse(text) as { commit: string }).commit : 'none';
  };

  it('T20: the first run of a new pipeline, which starts itself, deploys nothing', async () => {
    const { qat, prod } = scenario.application.pipelines;
    for (const pipeline of [qat, prod]) {
      const [first, ...others] = await runsOf(pipeline);
      expect(others).toEqual([]);
      const id = first?.pipelineExecutionId ?? '';
      expect(await ended(pipeline, id)).toMatchObject({
        status: 'Failed',
        trigger: { triggerType: 'CreatePipeline' },
      });
      // The repository is still empty, so that not even the guard is asked.
      expect(await actionsOf(pipeline, id)).toMatchObject([{ actionName: 'Source', status: 'Failed' }]);
    }
  });

  it('T20: the first run of a pipeline that is made again, over a filled repository, deploys nothing', async () => {
    await scenario.commit();
    await scenario.push('kept');
    const { prod } = scenario.application.pipelines;
    const resource = scenario.run.stacks
      .resourcesOfType('AWS::CodePipeline::Pipeline')
      .find(({ state }) => state.physicalId === prod);
    expect(resource).toBeDefined();
  });
});
