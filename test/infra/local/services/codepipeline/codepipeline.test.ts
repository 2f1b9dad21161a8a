import {
  ACCOUNT,
  administrator,
  context,
  create,
  createWorld,
  putRole,
  REGION,
  roleArn,
  settle,
  until,
  type World,
} from '../shared/test-host.ts';
import {
  commitAndPush,
  deployPipeline,
  type Opened,
  openPipeline,
  pipelineProperties,
  playTargets,
} from './pipeline-world.ts';

const NAME = 'orders-qat';
const ARN = `arn:aws:codepipeline:${REGION}:${ACCOUNT}:${NAME}`;

interface ExecutionAnswer {
  readonly pipelineExecution: {
    readonly status: string;
    readonly statusSummary?: string;
    readonly trigger: { readonly triggerType: string; readonly triggerDetail: string };
    readonly artifactRevisions: { readonly revisionId: string }[];
    readonly variables: { readonly name: string; readonly resolvedValue: string }[];
  };
}
interface ActionsAnswer {
  readonly actionExecutionDetails: {
    readonly actionName: string;
    readonly status: string;
    readonly input: { readonly resolvedConfiguration: Record<string, string> };
    readonly output: {
      readonly executionResult: {
        readonly externalExecutionId?: string;
        readonly errorDetails?: { code: string; message: string };
      };
      readonly outputVariables: Record<string, string>;
    };
  }[];
}

describe('CodePipeline', () => {
  let world: World;
  let targets: ReturnType<typeof playTargets>;
  let opened: Opened;

  beforeEach(() => {
    world = createWorld();
    targets = playTargets(world);
    opened = openPipeline(world);
  });
  afterEach(() => {
    opened.process.kill();
    world.remove();
  });

  const firstId = () => world.store.table<{ id: string }>('codepipeline.executions').values()[0]?.id ?? '';
  const statusOf = (id: string) =>
    world.store.table<{ status: string }>('codepipeline.executions').get(id)?.status;
  const ended = (id: string) =>
    until(world, () => !['InProgress', 'Stopping'].includes(statusOf(id) ?? ''), `end of ${id}`);
  const start = async (input: object = {}, principal = administrator) =>
    (
      await opened.call<{ pipelineExecutionId: string }>(
        'StartPipelineExecution',
        { name: NAME, ...input },
        principal,
      )
    ).pipelineExecutionId;
  const execution = async (id: string) =>
    (
      await opened.call<ExecutionAnswer>('GetPipelineExecution', {
        pipelineName: NAME,
        pipelineExecutionId: id,
      })
    ).pipelineExecution;
  const actionsOf = async (id: string) =>
    (
      await opened.call<ActionsAnswer>('ListActionExecutions', {
        pipelineName: NAME,
        filter: { pipelineExecutionId: id },
      })
    ).actionExecutionDetails;
  const actionOf = async (id: string, name: string) =>
    (await actionsOf(id)).find(({ actionName }) => actionName === name);
  const states = (id: string, level = 'Pipeline') =>
    world.events
      .filter(
        (event) =>
          event['detail-type'] === `CodePipeline ${level} Execution State Change` &&
          event.detail['execution-id'] === id,
      )
      .map(({ detail }) => [detail.stage, detail.action, detail.state].filter(Boolean).join(' '));
  const answerJob = (index: number, name = 'PutJobSuccessResult', more: object = {}) =>
    opened.call(name, { jobId: targets.jobs[index]?.id, ...more });
  /** Deployed with a commit, and the execution that creation starts out of the way. */
  const ready = async (changes: Parameters<typeof pipelineProperties>[0] = {}) => {
    await deployPipeline(opened, world, pipelineProperties(changes));
    await ended(firstId());
    world.events.length = 0;
    return commitAndPush(world, 'one', 'First commit\n\nBody');
  };

  it('starts itself when it is created, and fails at the source of an empty repository (T20)', async () => {
    await deployPipeline(opened, world);
    await ended(firstId());
    expect(await execution(firstId())).toMatchObject({
      status: 'Failed',
      trigger: { triggerType: 'CreatePipeline' },
      variables: [{ name: 'PROMOTION_ID', resolvedValue: 'none' }],
    });
    const source = await actionOf(firstId(), 'Source');
    expect(source?.output.executionResult.errorDetails?.message).toContain('Branch main does not exist');
    await create(opened.pipeline, 'AWS::CodePipeline::Pipeline', 'Pipeline', pipelineProperties());
    await settle(world, 500);
    expect(world.store.table('codepipeline.executions').keys()).toHaveLength(1);
  });

  it('deploys the pinned commit after the guard has let it through, and tells the bus (T21, T24, T25)', async () => {
    const pinned = await ready();
    const head = commitAndPush(world, 'two');
    const starter = putRole(world, 'starter', 'lambda.amazonaws.com');
    const id = await start(
      {
        variables: [{ name: 'PROMOTION_ID', value: 'p-1' }],
        sourceRevisions: [{ actionName: 'Source', revisionType: 'COMMIT_ID', revisionValue: pinned }],
      },
      starter,
    );
    await until(world, () => targets.jobs.length === 1);
    expect(JSON.parse(targets.jobs[0]?.data.actionConfiguration.configuration.UserParameters ?? '')).toEqual({
      promotionId: 'p-1',
      execution: id,
      commitId: pinned,
    });
    expect(await execution(id)).toMatchObject({
      status: 'InProgress',
      trigger: {
        triggerType: 'StartPipelineExecution',
        triggerDetail: `arn:aws:sts::${ACCOUNT}:assumed-role/starter/test`,
      },
      artifactRevisions: [
        { name: 'Application', revisionId: pinned, revisionSummary: expect.stringContaining('First commit') },
      ],
    });
    await settle(world, 500);
    expect(targets.deployments).toEqual([]);
    await answerJob(0);
    await until(world, () => targets.deployments.length === 1);
    const [deployment] = targets.deployments;
    const { bucket, key } = deployment?.revision.s3Location ?? { bucket: '', key: '' };
    const bundle = await opened.process.inner.call<{ Body: Uint8Array }>(administrator, 's3', 'GetObject', {
      Bucket: bucket,
      Key: key,
    });
    expect(Buffer.from(bundle.Body).includes(pinned)).toBe(true);
    expect(Buffer.from(bundle.Body).includes(head)).toBe(false);
    if (deployment) deployment.status = 'Succeeded';
    await ended(id);
    expect((await execution(id)).status).toBe('Succeeded');
    expect(await actionOf(id, 'Source')).toMatchObject({
      output: {
        outputVariables: {
          CommitId: pinned,
          BranchName: 'main',
          RepositoryName: 'orders',
          AuthorDate: '2025-11-24T16:00:00.000Z',
        },
      },
    });
    expect(await actionOf(id, 'Deploy')).toMatchObject({
      status: 'Succeeded',
      output: { executionResult: { externalExecutionId: 'd-1' } },
    });
    expect(states(id)).toEqual(['STARTED', 'SUCCEEDED']);
    expect(states(id, 'Stage')).toEqual([
      'Source STARTED',
      'Source SUCCEEDED',
      'Deploy STARTED',
      'Deploy SUCCEEDED',
    ]);
    expect(states(id, 'Action')).toContain('Deploy Guard SUCCEEDED');
    expect(world.events.find(({ detail }) => detail.state === 'SUCCEEDED')).toMatchObject({
      source: 'aws.codepipeline',
      resources: [ARN],
    });
    expect(
      world.events.filter((event) => event['detail-type'].includes('Pipeline Execution')).at(-1)?.detail,
    ).toMatchObject({
      pipeline: NAME,
      'execution-id': id,
      state: 'SUCCEEDED',
      version: 1,
    });
  });

  it('fails when the guard refuses, and deploys nothing (T20)', async () => {
    await ready();
    const id = await start();
    await until(world, () => targets.jobs.length === 1);
    await answerJob(0, 'PutJobFailureResult', {
      failureDetails: { type: 'JobFailed', message: 'No promotion may deploy now.' },
    });
    await ended(id);
    expect(statusOf(id)).toBe('Failed');
    expect((await actionOf(id, 'Guard'))?.output.executionResult.errorDetails).toEqual({
      code: 'JobFailed',
      message: 'No promotion may deploy now.',
    });
    expect(states(id)).toEqual(['STARTED', 'FAILED']);
    expect(targets.deployments).toEqual([]);
    await expect(answerJob(0)).rejects.toMatchObject({ name: 'InvalidJobStateException' });
    await expect(opened.call('PutJobSuccessResult', { jobId: 'none' })).rejects.toMatchObject({
      name: 'JobNotFoundException',
    });
  });

  it('asks a function again that says that it goes on, and fails when none answers in time', async () => {
    await ready({ guard: { TimeoutInMinutes: 5 } });
    const id = await start();
    await until(world, () => targets.jobs.length === 1);
    await answerJob(0, 'PutJobSuccessResult', { continuationToken: 'later' });
    await until(world, () => targets.jobs.length === 2);
    expect(targets.jobs[1]?.data.continuationToken).toBe('later');
    world.clock.advance(5 * 60_000);
    await ended(id);
    expect((await actionOf(id, 'Guard'))?.output.executionResult.errorDetails).toMatchObject({
      code: 'JobTimedOut',
      message: expect.stringContaining('within 5 minutes'),
    });
  });

  it("fails with the deployment's reason and its id (T25)", async () => {
    await ready();
    const id = await start();
    await until(world, () => targets.jobs.length === 1);
    await answerJob(0);
    await until(world, () => targets.deployments.length === 1);
    Object.assign(targets.deployments[0] ?? {}, {
      status: 'Failed',
      errorInformation: { code: 'HEALTH_CONSTRAINTS', message: 'The overall deployment failed.' },
    });
    await ended(id);
    expect(await actionOf(id, 'Deploy')).toMatchObject({
      status: 'Failed',
      output: {
        executionResult: {
          externalExecutionId: 'd-1',
          externalExecutionSummary: 'Deployment d-1 failed',
          errorDetails: {
            code: 'JobFailed',
            message: expect.stringContaining('The overall deployment failed.'),
          },
        },
      },
    });
  });

  it("keeps the execution's id when a stage is retried (T26), and leaves what succeeded", async () => {
    await ready();
    const id = await start();
    await until(world, () => targets.jobs.length === 1);
    await answerJob(0);
    await until(world, () => targets.deployments.length === 1);
    Object.assign(targets.deployments[0] ?? {}, { status: 'Failed' });
    await ended(id);
    const retry = {
      pipelineName: NAME,
      pipelineExecutionId: id,
      stageName: 'Deploy',
      retryMode: 'FAILED_ACTIONS',
    };
    expect(await opened.call('RetryStageExecution', retry)).toEqual({ pipelineExecutionId: id });
    await until(world, () => targets.deployments.length === 2);
    Object.assign(targets.deployments[1] ?? {}, { status: 'Succeeded' });
    await ended(id);
    expect(statusOf(id)).toBe('Succeeded');
    expect(targets.jobs).toHaveLength(1);
    expect(states(id)).toEqual(['STARTED', 'FAILED', 'RESUMED', 'SUCCEEDED']);
    await expect(opened.call('RetryStageExecution', retry)).rejects.toMatchObject({
      name: 'StageNotRetryableException',
    });
    await expect(opened.call('RetryStageExecution', { ...retry, stageName: 'None' })).rejects.toMatchObject({
      name: 'StageNotFoundException',
    });
  });

  it('runs one execution at a time, in the order of their starts (T23)', async () => {
    await ready();
    const [one, two] = [await start(), await start()];
    await until(world, () => targets.jobs.length === 1);
    await settle(world, 1000);
    expect(targets.jobs).toHaveLength(1);
    expect(states(two)).toEqual([]);
    expect(await execution(two)).toMatchObject({ status: 'InProgress' });
    await answerJob(0, 'PutJobFailureResult', { failureDetails: { type: 'JobFailed', message: 'no' } });
    await ended(one);
    await until(world, () => targets.jobs.length === 2);
    expect(states(two)).toEqual(['STARTED']);
    const { pipelineExecutionSummaries } = await opened.call<{
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

  it('refuses starts that CodePipeline refuses (T21)', async () => {
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

  it('names the permission that its role lacks', async () => {
    await ready();
    putRole(world, 'pipeline', 'codepipeline.amazonaws.com', [
      { Effect: 'Allow', Action: ['codecommit:*', 's3:*'], Resource: '*' },
    ]);
    const id = await start();
    await ended(id);
    expect((await actionOf(id, 'Guard'))?.output.executionResult.errorDetails).toEqual({
      code: 'PermissionError',
      message: expect.stringMatching(
        /assumed-role\/pipeline\/.* is not authorized to perform: lambda:InvokeFunction/,
      ),
    });
  });

  it("takes on an action's own role only if the pipeline's role may", async () => {
    putRole(world, 'deployer', 'codepipeline.amazonaws.com', undefined, {
      AWS: `arn:aws:iam::${ACCOUNT}:root`,
    });
    await ready({ deploy: { RoleArn: roleArn('deployer') } });
    const id = await start();
    await until(world, () => targets.jobs.length === 1);
    await answerJob(0);
    await until(world, () => targets.deployments.length === 1);
    Object.assign(targets.deployments[0] ?? {}, { status: 'Succeeded' });
    await ended(id);
    putRole(world, 'pipeline', 'codepipeline.amazonaws.com', [
      { Effect: 'Allow', NotAction: 'sts:AssumeRole', Resource: '*' } as never,
    ]);
    const second = await start();
    await until(world, () => targets.jobs.length === 2);
    await answerJob(1);
    await ended(second);
    expect((await actionOf(second, 'Deploy'))?.output.executionResult.errorDetails).toMatchObject({
      code: 'PermissionError',
      message: expect.stringContaining('sts:AssumeRole'),
    });
  });

  it('stops when asked: after its action, or at once', async () => {
    await ready();
    const id = await start();
    await until(world, () => targets.jobs.length === 1);
    const stop = { pipelineName: NAME, pipelineExecutionId: id, reason: 'wrong commit' };
    await opened.call('StopPipelineExecution', stop);
    await settle(world, 300);
    expect(statusOf(id)).toBe('Stopping');
    await expect(opened.call('StopPipelineExecution', stop)).rejects.toMatchObject({
      name: 'DuplicatedStopRequestException',
    });
    await answerJob(0);
    await ended(id);
    expect(await execution(id)).toMatchObject({ status: 'Stopped', statusSummary: 'wrong commit' });
    expect(states(id)).toEqual(['STARTED', 'STOPPING', 'STOPPED']);
    expect(targets.deployments).toEqual([]);
    const second = await start();
    await until(world, () => targets.jobs.length === 2);
    await opened.call('StopPipelineExecution', { ...stop, pipelineExecutionId: second, abandon: true });
    await ended(second);
    expect((await actionOf(second, 'Guard'))?.status).toBe('Abandoned');
    await expect(
      opened.call('StopPipelineExecution', { ...stop, pipelineExecutionId: second }),
    ).rejects.toMatchObject({ name: 'PipelineExecutionNotStoppableException' });
  });

  it('shows where it stands', async () => {
    const commit = await ready();
    const id = await start();
    await until(world, () => targets.jobs.length === 1);
    expect(await opened.call('GetPipelineState', { name: NAME })).toMatchObject({
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
    expect(await opened.call('GetPipeline', { name: NAME })).toMatchObject({
      pipeline: { name: NAME, pipelineType: 'V2', executionMode: 'QUEUED', version: 1 },
      metadata: { pipelineArn: ARN },
    });
    expect(await opened.call('ListPipelines')).toMatchObject({ pipelines: [{ name: NAME }] });
  });

  it('takes a changed definition for later executions, without starting one', async () => {
    await ready();
    const id = await start();
    await until(world, () => targets.jobs.length === 1);
    const provider = opened.pipeline.resources['AWS::CodePipeline::Pipeline'];
    const changed = pipelineProperties({ guard: { RunOrder: 3 } });
    const state = await provider?.update(changed, context('Pipeline'), {
      state: { physicalId: NAME, attributes: {} },
      properties: pipelineProperties(),
    });
    expect(state).toEqual({ physicalId: NAME, attributes: { Version: '2' } });
    await settle(world, 300);
    expect(world.store.table('codepipeline.executions').keys()).toHaveLength(2);
    await answerJob(0, 'PutJobFailureResult', { failureDetails: { type: 'JobFailed', message: 'no' } });
    await ended(id);
    const second = await start();
    await until(world, () => targets.deployments.length === 1);
    expect(targets.jobs).toHaveLength(1);
    expect(second).not.toBe(id);
  });

  it('deploys an object of a bucket with versions', async () => {
    await create(opened.s3, 'AWS::S3::Bucket', 'Sources', {
      BucketName: 'sources',
      VersioningConfiguration: { Status: 'Enabled' },
    });
    await opened.process.inner.call(administrator, 's3', 'PutObject', {
      Bucket: 'sources',
      Key: 'app.zip',
      Body: Buffer.from('bundle'),
    });
    await deployPipeline(
      opened,
      world,
      pipelineProperties({
        source: {
          ActionTypeId: { Category: 'Source', Owner: 'AWS', Provider: 'S3', Version: '1' },
          Configuration: { S3Bucket: 'sources', S3ObjectKey: 'app.zip', PollForSourceChanges: 'false' },
        },
        guard: { Configuration: { FunctionName: 'guard', UserParameters: '#{SourceVariables.VersionId}' } },
      }),
    );
    await until(world, () => targets.jobs.length === 1);
    expect(targets.jobs[0]?.data.actionConfiguration.configuration.UserParameters).toMatch(/^[0-9a-f]{32}$/);
  });

  it('refuses definitions that could deploy by themselves or that it does not know', async () => {
    const make = (changes: object) =>
      create(opened.pipeline, 'AWS::CodePipeline::Pipeline', 'Pipeline', {
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
