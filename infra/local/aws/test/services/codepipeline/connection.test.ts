import { createCodePipelineService } from '../../../services/codepipeline/codepipeline.ts';
import type { ConnectedPush } from '../../../services/codepipeline/connection-source.ts';
import { createS3Service } from '../../../services/s3/s3.ts';
import {
  administrator,
  create,
  createWorld,
  putRole,
  roleArn,
  runFor,
  startProcess,
  until,
  type World,
} from '../shared/test-host.ts';
import { playTargets } from './pipeline-world.ts';

const CONNECTION = 'arn:aws:codeconnections:us-east-1:000000000000:connection/1';
const COMMIT = 'a'.repeat(40);

const properties = (changes: { readonly trigger?: object; readonly configuration?: object } = {}) => ({
  Name: 'orders-push',
  RoleArn: roleArn('pipeline'),
  PipelineType: 'V2',
  ExecutionMode: 'QUEUED',
  ArtifactStore: { Type: 'S3', Location: 'artifacts' },
  Triggers: [
    {
      ProviderType: 'CodeStarSourceConnection',
      GitConfiguration: {
        SourceActionName: 'Source',
        Push: [{ Branches: { Includes: ['main'] } }],
        ...changes.trigger,
      },
    },
  ],
  Stages: [
    {
      Name: 'Source',
      Actions: [
        {
          Name: 'Source',
          ActionTypeId: {
            Category: 'Source',
            Owner: 'AWS',
            Provider: 'CodeStarSourceConnection',
            Version: '1',
          },
          Configuration: {
            ConnectionArn: CONNECTION,
            FullRepositoryId: 'example/orders',
            BranchName: 'main',
            DetectChanges: false,
            ...changes.configuration,
          },
          OutputArtifacts: [{ Name: 'Application' }],
        },
      ],
    },
    {
      Name: 'Promote',
      Actions: [
        {
          Name: 'Start',
          ActionTypeId: { Category: 'Invoke', Owner: 'AWS', Provider: 'Lambda', Version: '1' },
          Configuration: { FunctionName: 'start' },
        },
      ],
    },
  ],
});

interface StoredExecution {
  readonly id: string;
  readonly status: string;
  readonly trigger: { readonly triggerType: string };
}

describe('a source through a connection', () => {
  let world: World;
  let targets: ReturnType<typeof playTargets>;
  let opened: ReturnType<typeof open>;

  const open = () => {
    const process = startProcess(world);
    const s3 = process.register(createS3Service);
    const pipeline = process.register((host) =>
      createCodePipelineService(host, {
        head: async () => undefined,
        commit: async (repository, commitId) =>
          repository === 'example/orders' && commitId === COMMIT
            ? {
                author: { name: 'Ann', email: 'ann@example.com', seconds: 1_764_000_000 },
                message: 'Count apples\n\nAll',
              }
            : undefined,
        archive: async (_, commitId) => Buffer.from(`zip of ${commitId}`),
      }),
    );
    return { process, s3, pipeline };
  };
  const executions = () => world.store.table<StoredExecution>('codepipeline.executions').values();
  const push = (change: Partial<ConnectedPush> = {}): ConnectedPush => ({
    id: '1',
    repository: 'example/orders',
    branch: 'main',
    commitId: COMMIT,
    at: world.clock.now(),
    ...change,
  });
  const deploy = async (
    permissions: Parameters<typeof putRole>[3] = [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  ) => {
    putRole(world, 'pipeline', 'codepipeline.amazonaws.com', permissions);
    await create(opened.s3, 'AWS::S3::Bucket', 'Artifacts', { BucketName: 'artifacts' });
    await create(opened.pipeline, 'AWS::CodePipeline::Pipeline', 'Pipeline', properties());
    await until(world, () => executions()[0]?.status === 'Failed', 'the end of the first run (T20)');
  };

  beforeEach(() => {
    world = createWorld();
    targets = playTargets(world);
    opened = open();
  });
  afterEach(() => {
    opened.process.kill();
    world.remove();
  });

  it('runs once for a push to the branch, with its commit, however often it is told', async () => {
    await deploy();
    opened.pipeline.pushed(push());
    opened.pipeline.pushed(push());
    await until(world, () => targets.jobs.length === 1, 'the function');
    expect(executions()).toHaveLength(2);
    const { pipelineExecution } = await opened.process.inner.call<{ pipelineExecution: object }>(
      administrator,
      'codepipeline',
      'GetPipelineExecution',
      { pipelineName: 'orders-push', pipelineExecutionId: executions()[1]?.id },
    );
    expect(pipelineExecution).toMatchObject({
      trigger: { triggerType: 'WebhookV2', triggerDetail: CONNECTION },
      artifactRevisions: [
        {
          name: 'Application',
          revisionId: COMMIT,
          revisionSummary: '{"ProviderType":"GitHub","CommitMessage":"Count apples\\n\\nAll"}',
        },
      ],
    });
    expect(Buffer.from(await artifact()).toString()).toBe(`zip of ${COMMIT}`);
  });

  const artifact = async (): Promise<Uint8Array> => {
    const call = <Output>(name: string, input: object) =>
      opened.process.inner.call<Output>(administrator, 's3', name, input);
    const { Contents = [] } = await call<{ Contents?: { Key: string }[] }>('ListObjectsV2', {
      Bucket: 'artifacts',
    });
    const { Body } = await call<{ Body: Uint8Array }>('GetObject', {
      Bucket: 'artifacts',
      Key: Contents[0]?.Key,
    });
    return Body;
  };

  it.each<[string, Partial<ConnectedPush>]>([
    ['another branch', { branch: 'feature/login' }],
    ['another repository', { repository: 'example/other' }],
    ['a time before the pipeline was made', { at: 0 }],
  ])('does not run for a push to %s', async (_, change) => {
    await deploy();
    opened.pipeline.pushed(push(change));
    await runFor(world, 500);
    expect(executions()).toHaveLength(1);
  });

  it('fails without the permission to use the connection', async () => {
    await deploy([{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]);
    opened.pipeline.pushed(push());
    await until(world, () => executions()[1]?.status === 'Failed', 'the end of the run');
    expect(targets.jobs).toEqual([]);
  });

  it.each<[string, Parameters<typeof properties>[0], RegExp]>([
    [
      'the switch that starts pipelines that deploy (T22)',
      { configuration: { DetectChanges: true } },
      /DetectChanges must be "false"/,
    ],
    [
      'a trigger of another source',
      { trigger: { SourceActionName: 'Other' } },
      /Other, which is no connection/,
    ],
    [
      'a pattern of branches',
      { trigger: { Push: [{ Branches: { Includes: ['release/*'] } }] } },
      /no patterns/,
    ],
    ['a trigger by tags', { trigger: { Push: [{ Tags: { Includes: ['v1'] } }] } }, /Tags/],
  ])('fails with %s', async (_, change, reason) => {
    await expect(
      create(opened.pipeline, 'AWS::CodePipeline::Pipeline', 'Pipeline', properties(change)),
    ).rejects.toThrow(reason);
  });
});
