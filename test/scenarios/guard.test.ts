import fs from 'node:fs';
import path from 'node:path';
import type { ListDeploymentsOutput } from '@aws-sdk/client-codedeploy';
import type {
  GetPipelineExecutionOutput,
  ListActionExecutionsOutput,
  ListPipelineExecutionsOutput,
  PipelineExecution,
  StartPipelineExecutionInput,
  StartPipelineExecutionOutput,
} from '@aws-sdk/client-codepipeline';
import { deployAssembly, loadAssembly, type Principal } from '@lockstep/aws-emulator';
import { PROMOTION_ID_VARIABLE } from '../../tasks/payloads.ts';
import { changeResources } from '../support/templates.ts';
import { eventually, type Scenario, type ScenarioPromotion, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const administrator = { kind: 'administrator' } as const;
const REMEDY = 'Only a promotion deploys: push to the repository, or redrive the promotion.';

/** A role that the template does not let start pipelines; here it may. */
const allowed = /^FunctionsVerifyProdRole(?!DefaultPolicy)/;

/** Lets that role start pipelines. @returns how many policies were changed */
const allowToStart = (assemblyDirectory: string): number => {
  let changed = 0;
  changeResources(assemblyDirectory, ({ Type, Properties }, logicalId) => {
    if (Type === 'AWS::IAM::Policy' && /^FunctionsVerifyProdRoleDefaultPolicy/.test(logicalId)) {
      changed++;
      const { PolicyDocument } = Properties as { PolicyDocument: { Statement: unknown[] } };
      PolicyDocument.Statement.push({
        Effect: 'Allow',
        Action: 'codepipeline:StartPipelineExecution',
        Resource: '*',
      });
    }
    return true;
  });
  return changed;
};

describe('the pipeline guard', () => {
  let scenario: Scenario;
  let assembly: string;
  let withoutPipelines: string;
  /** Waits for QC through most of the tests. */
  let promotion: ScenarioPromotion;
  beforeAll(async () => {
    scenario = await startScenario({
      change: (directory) => {
        expect(allowToStart(directory)).toBe(1);
        assembly = directory;
        withoutPipelines = path.join(path.dirname(directory), 'without-pipelines');
        fs.cpSync(directory, withoutPipelines, { recursive: true });
        changeResources(withoutPipelines, ({ Type }) => Type !== 'AWS::CodePipeline::Pipeline');
      },
    });
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
  const expectDenial = async (pipelineName: string, id: string, reason: string | RegExp) => {
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

  /** A session of a deployed role with all its permissions. */
  const sessionOf = (logicalId: RegExp): Principal => {
    const role = scenario.run.stacks
      .resourcesOfType('AWS::IAM::Role')
      .find((resource) => logicalId.test(resource.logicalId));
    return { kind: 'role', roleArn: String(role?.state.attributes.Arn), sessionName: 'by-hand' };
  };

  const starter = () => sessionOf(/^FunctionsStartJobRole(?!DefaultPolicy)/);

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

  it('T20: the first run of a pipeline that is made over a filled repository deploys nothing', async () => {
    promotion = await scenario.startPromotion();
    await promotion.asked('qc');
    const { host } = scenario.run;
    const { qat, prod } = scenario.application.pipelines;
    await deployAssembly(host, loadAssembly(withoutPipelines));
    const { changes } = await deployAssembly(host, loadAssembly(assembly));
    expect(changes.map(({ type, action }) => [type, action])).toEqual([
      ['AWS::CodePipeline::Pipeline', 'created'],
      ['AWS::CodePipeline::Pipeline', 'created'],
    ]);
    for (const pipeline of [qat, prod]) {
      const [first] = await runsOf(pipeline);
      await expectDenial(
        pipeline,
        first?.pipelineExecutionId ?? '',
        /started by CreatePipeline .*not by Lockstep/,
      );
    }
  });

  it('T20: "Release change" by hand deploys nothing', async () => {
    for (const pipeline of Object.values(scenario.application.pipelines)) {
      const id = await start(pipeline);
      await expectDenial(
        pipeline,
        id,
        /started by StartPipelineExecution \(arn:aws:iam::000000000000:user\/administrator\), not by Lockstep/,
      );
    }
  });

  it('T20: nobody knows the promotion that a person makes up', async () => {
    const { prod } = scenario.application.pipelines;
    await expectDenial(
      prod,
      await start(prod, { as: starter() }),
      /the promotion "none", which does not exist/,
    );
    const id = await start(prod, { as: starter(), promotionId: 'made-up' });
    await expectDenial(prod, id, /the promotion "made-up", which does not exist/);
  });

  it('T20: another role is not allowed to start a pipeline, and what it starts all the same deploys nothing', async () => {
    const { qat, prod } = scenario.application.pipelines;
    const { commitId, id: promotionId } = promotion;
    for (const pipeline of [qat, prod]) {
      await expect(
        start(pipeline, { as: sessionOf(/^FunctionsPointAtImageRole/), commitId, promotionId }),
      ).rejects.toMatchObject({ name: expect.stringMatching(/AccessDenied/) });
      const id = await start(pipeline, { as: sessionOf(allowed), commitId, promotionId });
      await expectDenial(pipeline, id, /started by .*assumed-role\/.*VerifyProd.*, not by Lockstep/);
    }
  });

  it('T20: a run for a promotion that is not approved deploys nothing, even if something waits for it', async () => {
    const { prod } = scenario.application.pipelines;
    const { commitId, id: promotionId } = promotion;
    const id = await start(prod, { as: starter(), commitId, promotionId });
    await expectDenial(prod, id, /QC has not approved the promotion/);

    await promotion.decide('qc', 'quinn');
    await promotion.asked('pmo');
    const half = await start(prod, { as: starter(), commitId, promotionId });
    await expectDenial(prod, half, /PMO has not approved the promotion/);
  });

  it('T20: a run of another commit than the promotion’s deploys nothing', async () => {
    const { commitId, id: promotionId } = promotion;
    const other = await scenario.commit();
    await scenario.push('later');
    for (const pipeline of Object.values(scenario.application.pipelines)) {
      const id = await start(pipeline, { as: starter(), commitId: other, promotionId });
      await expectDenial(
        pipeline,
        id,
        `This run has commit ${other}, the promotion ${promotionId} has ${commitId}`,
      );
    }
  });

  it('T20: of all runs, those that the promotion waited for deployed, and no later one does', async () => {
    const { qat, prod } = scenario.application.pipelines;
    const { commitId, id: promotionId } = promotion;
    expect(await prodServes()).toBe('none');
    await promotion.decide('pmo', 'parker');
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await prodServes()).toBe(commitId);
    for (const pipeline of [qat, prod]) {
      const id = await start(pipeline, { as: starter(), commitId, promotionId });
      await expectDenial(pipeline, id, `The promotion ${promotionId} does not wait for this run`);
    }
    for (const application of scenario.run.stacks.resourcesOfType('AWS::CodeDeploy::Application')) {
      const { deployments } = await scenario.run.host.call<ListDeploymentsOutput>(
        administrator,
        'codedeploy',
        'ListDeployments',
        { applicationName: application.state.physicalId },
      );
      expect(deployments).toHaveLength(1);
    }
  });
});
