import { ACCOUNT, administrator, create, putRole, roleArn, runFor, until } from '../shared/test-host.ts';
import {
  ARN,
  commitAndPush,
  deployPipeline,
  NAME,
  pipelineProperties,
  usePipeline,
} from './pipeline-world.ts';

describe('CodePipeline', () => {
  const p = usePipeline();
  const { firstId, statusOf, ended, start, execution, actionOf, states, answerJob, ready } = p;

  it('starts itself when it is created, and fails at the source of an empty repository (T20)', async () => {
    await deployPipeline(p.opened, p.world);
    await ended(firstId());
    expect(await execution(firstId())).toMatchObject({
      status: 'Failed',
      trigger: { triggerType: 'CreatePipeline' },
      variables: [{ name: 'PROMOTION_ID', resolvedValue: 'none' }],
    });
    const source = await actionOf(firstId(), 'Source');
    expect(source?.output.executionResult.errorDetails?.message).toContain('Branch main does not exist');
    await create(p.opened.pipeline, 'AWS::CodePipeline::Pipeline', 'Pipeline', pipelineProperties());
    await runFor(p.world, 500);
    expect(p.world.store.table('codepipeline.executions').keys()).toHaveLength(1);
  });

  it('deploys the pinned commit after the guard has let it through, and tells the bus (T21, T24, T25)', async () => {
    const pinned = await ready();
    const head = commitAndPush(p.world, 'two');
    const starter = putRole(p.world, 'starter', 'lambda.amazonaws.com');
    const id = await start(
      {
        variables: [{ name: 'PROMOTION_ID', value: 'p-1' }],
        sourceRevisions: [{ actionName: 'Source', revisionType: 'COMMIT_ID', revisionValue: pinned }],
      },
      starter,
    );
    await until(p.world, () => p.targets.jobs.length === 1);
    expect(
      JSON.parse(p.targets.jobs[0]?.data.actionConfiguration.configuration.UserParameters ?? ''),
    ).toEqual({
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
    await runFor(p.world, 500);
    expect(p.targets.deployments).toEqual([]);
    await answerJob(0);
    await until(p.world, () => p.targets.deployments.length === 1);
    const [deployment] = p.targets.deployments;
    const { bucket, key } = deployment?.revision.s3Location ?? { bucket: '', key: '' };
    const bundle = await p.opened.process.inner.call<{ Body: Uint8Array }>(administrator, 's3', 'GetObject', {
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
    expect(p.world.events.find(({ detail }) => detail.state === 'SUCCEEDED')).toMatchObject({
      source: 'aws.codepipeline',
      resources: [ARN],
    });
    expect(
      p.world.events.filter((event) => event['detail-type'].includes('Pipeline Execution')).at(-1)?.detail,
    ).toMatchObject({
      pipeline: NAME,
      'execution-id': id,
      state: 'SUCCEEDED',
      version: 1,
    });
  });

  it('fails when the guard blocks it, and deploys nothing (T20)', async () => {
    await ready();
    const id = await start();
    await until(p.world, () => p.targets.jobs.length === 1);
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
    expect(p.targets.deployments).toEqual([]);
    await expect(answerJob(0)).rejects.toMatchObject({ name: 'InvalidJobStateException' });
    await expect(p.opened.call('PutJobSuccessResult', { jobId: 'none' })).rejects.toMatchObject({
      name: 'JobNotFoundException',
    });
  });

  it('asks a function again that says that it goes on, and fails when none answers in time', async () => {
    await ready({ guard: { TimeoutInMinutes: 5 } });
    const id = await start();
    await until(p.world, () => p.targets.jobs.length === 1);
    await answerJob(0, 'PutJobSuccessResult', { continuationToken: 'later' });
    await until(p.world, () => p.targets.jobs.length === 2);
    expect(p.targets.jobs[1]?.data.continuationToken).toBe('later');
    p.world.clock.advance(5 * 60_000);
    await ended(id);
    expect((await actionOf(id, 'Guard'))?.output.executionResult.errorDetails).toMatchObject({
      code: 'JobTimedOut',
      message: expect.stringContaining('within 5 minutes'),
    });
  });

  it("fails with the deployment's reason and its id (T25)", async () => {
    await ready();
    const id = await start();
    await until(p.world, () => p.targets.jobs.length === 1);
    await answerJob(0);
    await until(p.world, () => p.targets.deployments.length === 1);
    Object.assign(p.targets.deployments[0] ?? {}, {
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

  it('names the permission that its role lacks', async () => {
    await ready();
    putRole(p.world, 'pipeline', 'codepipeline.amazonaws.com', [
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
    putRole(p.world, 'deployer', 'codepipeline.amazonaws.com', undefined, {
      AWS: `arn:aws:iam::${ACCOUNT}:root`,
    });
    await ready({ deploy: { RoleArn: roleArn('deployer') } });
    const id = await start();
    await until(p.world, () => p.targets.jobs.length === 1);
    await answerJob(0);
    await until(p.world, () => p.targets.deployments.length === 1);
    Object.assign(p.targets.deployments[0] ?? {}, { status: 'Succeeded' });
    await ended(id);
    putRole(p.world, 'pipeline', 'codepipeline.amazonaws.com', [
      { Effect: 'Allow', NotAction: 'sts:AssumeRole', Resource: '*' } as never,
    ]);
    const second = await start();
    await until(p.world, () => p.targets.jobs.length === 2);
    await answerJob(1);
    await ended(second);
    expect((await actionOf(second, 'Deploy'))?.output.executionResult.errorDetails).toMatchObject({
      code: 'PermissionError',
      message: expect.stringContaining('sts:AssumeRole'),
    });
  });

  it('deploys an object of a bucket with versions', async () => {
    await create(p.opened.s3, 'AWS::S3::Bucket', 'Sources', {
      BucketName: 'sources',
      VersioningConfiguration: { Status: 'Enabled' },
    });
    await p.opened.process.inner.call(administrator, 's3', 'PutObject', {
      Bucket: 'sources',
      Key: 'app.zip',
      Body: Buffer.from('bundle'),
    });
    await deployPipeline(
      p.opened,
      p.world,
      pipelineProperties({
        source: {
          ActionTypeId: { Category: 'Source', Owner: 'AWS', Provider: 'S3', Version: '1' },
          Configuration: { S3Bucket: 'sources', S3ObjectKey: 'app.zip', PollForSourceChanges: 'false' },
        },
        guard: { Configuration: { FunctionName: 'guard', UserParameters: '#{SourceVariables.VersionId}' } },
      }),
    );
    await until(p.world, () => p.targets.jobs.length === 1);
    expect(p.targets.jobs[0]?.data.actionConfiguration.configuration.UserParameters).toMatch(
      /^[0-9a-f]{32}$/,
    );
  });
});
