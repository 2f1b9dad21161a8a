import {
  CodePipelineClient,
  PipelineExecutionNotFoundException,
  type PipelineExecutionStatus,
  StartPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { createDeployments } from '../../../tasks/jobs/codedeploy-deployments.ts';
import { createPipelineRuns } from '../../../tasks/jobs/codepipeline-runs.ts';
import { pipelineRun } from '../../../tasks/jobs/pipeline-run.ts';
import { COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';
import { action, inspect, job } from './pipeline-situation.ts';

describe('a pipeline’s run', () => {
  it('starts with the pinned commit and the promotion’s id, after what it needs is ready (T21)', async () => {
    const order: string[] = [];
    const { client, sent } = double(
      new CodePipelineClient(offline),
      on(StartPipelineExecutionCommand, () => {
        order.push('start');
        return { pipelineExecutionId: 'e-1' };
      }),
    );
    const kind = pipelineRun(
      createPipelineRuns(client),
      createDeployments(),
      'us-east-1',
      async ({ state }) => {
        order.push(`before ${state}`);
      },
    );
    expect(await kind.start(job, async () => false)).toBe('shop-qat/e-1');
    expect(order).toEqual(['before Deploy to QAT', 'start']);
    expect(sent.map(({ input }) => input)).toEqual([
      {
        name: 'shop-qat',
        clientRequestToken: job.clientToken,
        variables: [{ name: 'PROMOTION_ID', value: PROMOTION_ID }],
        sourceRevisions: [{ actionName: 'Source', revisionType: 'COMMIT_ID', revisionValue: COMMIT }],
      },
    ]);
  });

  it.each<PipelineExecutionStatus>(['InProgress', 'Stopping'])(
    'is running while it is %s',
    async (status) => {
      expect(await inspect({ run: () => ({ status }) })).toEqual({ state: 'running' });
    },
  );

  it("gives where the tests' report is", async () => {
    const actions = [
      action('CodeDeploy', 'Succeeded', { externalExecutionId: 'd-1' }),
      action('CodeBuild', 'Succeeded', { externalExecutionUrl: 'https://console/build' }),
    ];
    const output = { pipelineExecutionId: 'e-1', deploymentId: 'd-1' };
    expect(await inspect({ run: () => ({ status: 'Succeeded' }), actions })).toEqual({
      state: 'succeeded',
      output: { ...output, testsUrl: 'https://console/build' },
    });
    const silent = [
      action('CodeDeploy', 'Succeeded', { externalExecutionId: 'd-1' }),
      action('CodeBuild', 'Succeeded'),
    ];
    expect(await inspect({ run: () => ({ status: 'Succeeded' }), actions: silent })).toMatchObject({
      output: { testsUrl: expect.stringContaining('/pipelines/') },
    });
  });

  it('gives where the report of the load test is, which runs in a stage of its own', async () => {
    const url = (externalExecutionUrl: string) => ({ externalExecutionUrl });
    const actions = [
      { ...action('CodeBuild', 'Succeeded', url('https://console/load')), stageName: 'LoadTest' },
      action('CodeDeploy', 'Succeeded', { externalExecutionId: 'd-1' }),
      action('CodeBuild', 'Succeeded', url('https://console/build')),
    ];
    const inspected = await inspect({ run: () => ({ status: 'Succeeded' }), actions });
    expect(inspected).toMatchObject({
      output: { testsUrl: 'https://console/build', loadTestUrl: 'https://console/load' },
    });
    const alone = await inspect({ run: () => ({ status: 'Succeeded' }), actions: actions.slice(0, 2) });
    expect(alone).toMatchObject({ output: { loadTestUrl: 'https://console/load' } });
    expect(alone).not.toHaveProperty('output.testsUrl');
  });

  it('gives the deployment that it made', async () => {
    const actions = [
      action('Lambda', 'Succeeded'),
      action('CodeDeploy', 'Succeeded', { externalExecutionId: 'd-1' }),
    ];
    expect(await inspect({ run: () => ({ status: 'Succeeded' }), actions })).toEqual({
      state: 'succeeded',
      output: { pipelineExecutionId: 'e-1', deploymentId: 'd-1' },
    });
  });

  it('fails with PipelineRunFailed when it deployed nothing', async () => {
    expect(await inspect({ run: () => ({ status: 'Succeeded' }) })).toMatchObject({
      error: 'PipelineRunFailed',
      cause: expect.stringContaining('has no CodeDeploy action'),
    });
  });

  it('fails with PipelineRunFailed when another action failed, and says why (T25)', async () => {
    const guard = action('Lambda', 'Failed', {
      errorDetails: { code: 'JobFailed', message: 'This run was started by CreatePipeline' },
    });
    expect(await inspect({ run: () => ({ status: 'Failed' }), actions: [guard] })).toEqual({
      state: 'failed',
      error: 'PipelineRunFailed',
      code: 'GuardBlocked',
      cause: [
        'Run e-1 of the pipeline shop-qat ended Failed',
        'Action Lambda of stage Deploy failed: JobFailed: This run was started by CreatePipeline',
        'Console: https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop-qat/executions/e-1/timeline?region=us-east-1',
      ].join('\n'),
    });
  });

  it.each<PipelineExecutionStatus>(['Superseded', 'Cancelled', 'Stopped'])(
    'fails with PipelineRunSuperseded when it is %s (T23)',
    async (status) => {
      const run = () => ({ status, statusSummary: 'stopped by hand' });
      expect(await inspect({ run })).toMatchObject({
        error: 'PipelineRunSuperseded',
        cause: expect.stringContaining(`ended ${status}: stopped by hand`),
      });
    },
  );

  it('says when its service does not know it', async () => {
    const run = () => {
      throw new PipelineExecutionNotFoundException(because('gone'));
    };
    expect(await inspect({ run })).toMatchObject({ state: 'missing', error: 'PipelineRunFailed' });
  });
});
