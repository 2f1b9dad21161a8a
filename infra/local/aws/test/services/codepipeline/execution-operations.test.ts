import { context, create, runFor, until } from '../shared/test-host.ts';
import { ARN, NAME, pipelineProperties, usePipeline } from './pipeline-world.ts';

describe('The executions of a pipeline', () => {
  const p = usePipeline();
  const { firstId, statusOf, ended, start, execution, actionOf, states, answerJob, ready } = p;

  it("keeps the execution's id when a stage is retried (T26), and leaves what succeeded", async () => {
    await ready();
    const id = await start();
    await until(p.world, () => p.targets.jobs.length === 1);
    await answerJob(0);
    await until(p.world, () => p.targets.deployments.length === 1);
    Object.assign(p.targets.deployments[0] ?? {}, { status: 'Failed' });
    await ended(id);
    const retry = {
      pipelineName: NAME,
      pipelineExecutionId: id,
      stageName: 'Deploy',
      retryMode: 'FAILED_ACTIONS',
    };
    expect(await p.opened.call('RetryStageExecution', retry)).toEqual({ pipelineExecutionId: id });
    await until(p.world, () => p.targets.deployments.length === 2);
    Object.assign(p.targets.deployments[1] ?? {}, { status: 'Succeeded' });
    await ended(id);
    expect(statusOf(id)).toBe('Succeeded');
    expect(p.targets.jobs).toHaveLength(1);
    expect(states(id)).toEqual(['STARTED', 'FAILED', 'RESUMED', 'SUCCEEDED']);
    await expect(p.opened.call('RetryStageExecution', retry)).rejects.toMatchObject({
      name: 'StageNotRetryableException',
    });
    await expect(p.opened.call('RetryStageExecution', { ...retry, stageName: 'None' })).rejects.toMatchObject(
      {
        name: 'StageNotFoundException',
      },
    );
  });

  it('runs one execution at a time, in the order of their starts (T23)', async () => {
    await ready();
    const [one, two] = [await start(), await start()];
    await until(p.world, () => p.targets.jobs.length === 1);
    await runFor(p.world, 1000);
    expect(p.targets.jobs).toHaveLength(1);
    expect(states(two)).toEqual([]);
    expect(await execution(two)).toMatchObject({ status: 'InProgress' });
    await answerJob(0, 'PutJobFailureResult', { failureDetails: { type: 'JobFailed', message: 'no' } });
    await ended(one);
    await until(p.world, () => p.targets.jobs.length === 2);
    expect(states(two)).toEqual(['STARTED']);
    const { pipelineExecutionSummaries } = await p.opened.call<{
      pipelineExecutionSummaries: { pipelineExecutionId: string }[];
    }>('ListPipelineExecutions', { pipelineName: NAME });
    expect(pipelineExecutionSummaries.map((summary) => summary.pipelineExecutionId)).toEqual([
      two,
      one,
      firstId(),
    ]);
  });

  it('starts one execution for a request token', async () => {
    await ready();
    const id = await start({ clientRequestToken: 'promotion-1' });
    expect(await start({ clientRequestToken: 'promotion-1' })).toBe(id);
    expect(await start({ clientRequestToken: 'promotion-2' })).not.toBe(id);
  });

  it('fails for starts that CodePipeline rejects (T21)', async () => {
    await ready();
    const revision = { actionName: 'Source', revisionType: 'COMMIT_ID', revisionValue: 'a'.repeat(40) };
    for (const [input, message] of [
      [{ variables: [{ name: 'OTHER', value: 'x' }] }, /does not declare the variable OTHER/],
      [{ variables: [{ name: 'PROMOTION_ID', value: '' }] }, /1 to 1000 characters; received 0/],
      [{ variables: [{ name: 'PROMOTION_ID', value: 'x'.repeat(1001) }] }, /received 1001/],
      [{ sourceRevisions: [{ ...revision, actionName: 'Deploy' }] }, /no source action named Deploy/],
      [
        { sourceRevisions: [{ ...revision, revisionType: 'S3_OBJECT_KEY' }] },
        /takes revisions of type COMMIT_ID/,
      ],
      [{ sourceRevisions: [{ ...revision, revisionValue: 'main' }] }, /40 hexadecimal digits; received main/],
      [{ clientRequestToken: 'not valid' }, /clientRequestToken/],
    ] as const)
      await expect(start(input)).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(message),
      });
    await expect(start({ name: 'none' })).rejects.toMatchObject({ name: 'PipelineNotFoundException' });
    const id = await start({ sourceRevisions: [revision] });
    await ended(id);
    expect((await actionOf(id, 'Source'))?.output.executionResult.errorDetails?.message).toContain(
      'CommitIdDoesNotExistException',
    );
  });

  it('stops when asked: after its action, or at once', async () => {
    await ready();
    const id = await start();
    await until(p.world, () => p.targets.jobs.length === 1);
    const stop = { pipelineName: NAME, pipelineExecutionId: id, reason: 'wrong commit' };
    await p.opened.call('StopPipelineExecution', stop);
    await runFor(p.world, 300);
    expect(statusOf(id)).toBe('Stopping');
    await expect(p.opened.call('StopPipelineExecution', stop)).rejects.toMatchObject({
      name: 'DuplicatedStopRequestException',
    });
    await answerJob(0);
    await ended(id);
    expect(await execution(id)).toMatchObject({ status: 'Stopped', statusSummary: 'wrong commit' });
    expect(states(id)).toEqual(['STARTED', 'STOPPING', 'STOPPED']);
    expect(p.targets.deployments).toEqual([]);
    const second = await start();
    await until(p.world, () => p.targets.jobs.length === 2);
    await p.opened.call('StopPipelineExecution', { ...stop, pipelineExecutionId: second, abandon: true });
    await ended(second);
    expect((await actionOf(second, 'Guard'))?.status).toBe('Abandoned');
    await expect(
      p.opened.call('StopPipelineExecution', { ...stop, pipelineExecutionId: second }),
    ).rejects.toMatchObject({ name: 'PipelineExecutionNotStoppableException' });
  });

  it('shows where it stands', async () => {
    const commit = await ready();
    const id = await start();
    await until(p.world, () => p.targets.jobs.length === 1);
    expect(await p.opened.call('GetPipelineState', { name: NAME })).toMatchObject({
      stageStates: [
        {
          stageName: 'Source',
          latestExecution: { pipelineExecutionId: id, status: 'Succeeded' },
          actionStates: [
            { actionName: 'Source', latestExecution: { status: 'Succeeded', externalExecutionId: commit } },
          ],
        },
        {
          stageName: 'Deploy',
          latestExecution: { pipelineExecutionId: id, status: 'InProgress' },
          actionStates: [
            { actionName: 'Guard', latestExecution: { status: 'InProgress' } },
            { actionName: 'Deploy' },
          ],
        },
      ],
    });
    expect(await p.opened.call('GetPipeline', { name: NAME })).toMatchObject({
      pipeline: { name: NAME, pipelineType: 'V2', executionMode: 'QUEUED', version: 1 },
      metadata: { pipelineArn: ARN },
    });
  });

  it('takes a changed definition for later executions, without starting one', async () => {
    await ready();
    const id = await start();
    await until(p.world, () => p.targets.jobs.length === 1);
    const provider = p.opened.pipeline.resources['AWS::CodePipeline::Pipeline'];
    const changed = pipelineProperties({ guard: { RunOrder: 3 } });
    const state = await provider?.update(changed, context('Pipeline'), {
      state: { physicalId: NAME, attributes: {} },
      properties: pipelineProperties(),
    });
    expect(state).toEqual({ physicalId: NAME, attributes: { Version: '2' } });
    await runFor(p.world, 300);
    expect(p.world.store.table('codepipeline.executions').keys()).toHaveLength(2);
    await answerJob(0, 'PutJobFailureResult', { failureDetails: { type: 'JobFailed', message: 'no' } });
    await ended(id);
    const second = await start();
    await until(p.world, () => p.targets.deployments.length === 1);
    expect(p.targets.jobs).toHaveLength(1);
    expect(second).not.toBe(id);
  });

  it('fails for definitions that could deploy by themselves or that it does not know', async () => {
    const make = (changes: object) =>
      create(p.opened.pipeline, 'AWS::CodePipeline::Pipeline', 'Pipeline', {
        ...pipelineProperties(),
        ...changes,
      });
    await expect(make({ PipelineType: 'V1' })).rejects.toThrow('PipelineType must be V2');
    await expect(make({ ExecutionMode: 'SUPERSEDED' })).rejects.toThrow('ExecutionMode must be QUEUED');
    await expect(make({ Triggers: [{}] })).rejects.toThrow('Triggers');
    await expect(make({ RestartExecutionOnUpdate: true })).rejects.toThrow('RestartExecutionOnUpdate');
    const polling = { Configuration: { RepositoryName: 'o', BranchName: 'm', PollForSourceChanges: 'true' } };
    await expect(make({ Stages: pipelineProperties({ source: polling }).Stages })).rejects.toThrow(
      /AWS::CodePipeline::Pipeline Test\/Pipeline: property Stages .*PollForSourceChanges/,
    );
  });
});
