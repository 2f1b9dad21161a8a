import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createCodeCommitService } from '../../../services/codecommit/codecommit.ts';
import { createCodePipelineService } from '../../../services/codepipeline/codepipeline.ts';
import { createS3Service } from '../../../services/s3/s3.ts';
import {
  ACCOUNT,
  administrator,
  create,
  createWorld,
  putRole,
  REGION,
  roleArn,
  startProcess,
  until,
  type World,
} from '../shared/test-host.ts';

/** What the played CodeDeploy has. */
interface PlayedDeployment {
  readonly deploymentId: string;
  readonly description: string;
  readonly revision: { readonly s3Location: { readonly bucket: string; readonly key: string } };
  status: string;
  errorInformation?: { readonly code: string; readonly message: string };
}

/** What the played function was asked. */
interface Job {
  readonly id: string;
  readonly data: {
    readonly actionConfiguration: { readonly configuration: { readonly UserParameters?: string } };
    readonly continuationToken?: string;
  };
}

/** CodeDeploy and Lambda, played: both remember what they were asked. */
export const playTargets = (world: World) => {
  const deployments: PlayedDeployment[] = [];
  const jobs: Job[] = [];
  world.played.codedeploy = {
    CreateDeployment: ({ description, revision }: Pick<PlayedDeployment, 'description' | 'revision'>) => {
      const deploymentId = `d-${deployments.length + 1}`;
      deployments.push({ deploymentId, description, revision, status: 'InProgress' });
      return { deploymentId };
    },
    GetDeployment: ({ deploymentId }: { deploymentId: string }) => ({
      deploymentInfo: deployments.find((one) => one.deploymentId === deploymentId),
    }),
    ListDeployments: () => ({ deployments: deployments.map(({ deploymentId }) => deploymentId) }),
  };
  world.played.lambda = {
    Invoke: ({ Payload }: { Payload: Uint8Array }) => {
      const event = JSON.parse(Buffer.from(Payload).toString()) as { 'CodePipeline.job': Job };
      jobs.push(event['CodePipeline.job']);
      return { StatusCode: 202 };
    },
  };
  return { deployments, jobs };
};

/** A process with the real CodePipeline, CodeCommit and S3. */
export const openPipeline = (world: World, writesToLive?: number) => {
  const process = startProcess(world, writesToLive);
  const s3 = process.register(createS3Service);
  const codecommit = process.register(createCodeCommitService);
  const pipeline = process.register(createCodePipelineService);
  const call = <Output = Record<string, unknown>>(
    name: string,
    input: object = {},
    principal = administrator,
  ) => process.inner.call<Output>(principal, 'codepipeline', name, input);
  return { process, s3, codecommit, pipeline, call };
};
type Opened = ReturnType<typeof openPipeline>;

/** The pipeline's template properties; parts of actions may be changed. */
export const pipelineProperties = (changes: { deploy?: object; guard?: object; source?: object } = {}) => ({
  Name: 'orders-qat',
  RoleArn: roleArn('pipeline'),
  PipelineType: 'V2',
  ExecutionMode: 'QUEUED',
  ArtifactStore: { Type: 'S3', Location: 'artifacts' },
  Variables: [{ Name: 'PROMOTION_ID', DefaultValue: 'none' }],
  Stages: [
    {
      Name: 'Source',
      Actions: [
        {
          Name: 'Source',
          ActionTypeId: { Category: 'Source', Owner: 'AWS', Provider: 'CodeCommit', Version: '1' },
          Configuration: { RepositoryName: 'orders', BranchName: 'main', PollForSourceChanges: false },
          OutputArtifacts: [{ Name: 'Application' }],
          Namespace: 'SourceVariables',
          ...changes.source,
        },
      ],
    },
    {
      Name: 'Deploy',
      Actions: [
        {
          Name: 'Guard',
          ActionTypeId: { Category: 'Invoke', Owner: 'AWS', Provider: 'Lambda', Version: '1' },
          Configuration: {
            FunctionName: 'guard',
            UserParameters:
              '{"promotionId":"#{variables.PROMOTION_ID}","execution":"#{codepipeline.PipelineExecutionId}","commitId":"#{SourceVariables.CommitId}"}',
          },
          RunOrder: 1,
          ...changes.guard,
        },
        {
          Name: 'Deploy',
          ActionTypeId: { Category: 'Deploy', Owner: 'AWS', Provider: 'CodeDeploy', Version: '1' },
          Configuration: { ApplicationName: 'orders', DeploymentGroupName: 'qat' },
          InputArtifacts: [{ Name: 'Application' }],
          RunOrder: 2,
          ...changes.deploy,
        },
      ],
    },
  ],
});

/** Repository, bucket, role and pipeline; the pipeline starts itself (T20). */
export const deployPipeline = async (
  { s3, codecommit, pipeline }: Opened,
  world: World,
  properties = pipelineProperties(),
) => {
  putRole(world, 'pipeline', 'codepipeline.amazonaws.com');
  await create(codecommit, 'AWS::CodeCommit::Repository', 'Repository', { RepositoryName: 'orders' });
  await create(s3, 'AWS::S3::Bucket', 'Artifacts', { BucketName: 'artifacts' });
  await create(pipeline, 'AWS::CodePipeline::Pipeline', 'Pipeline', properties);
};

/** Commits to the repository's main branch, with a real git. */
export const commitAndPush = (world: World, content: string, message = 'Change'): string => {
  const work = path.join(world.stateDir, 'work');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Dana', '-c', 'user.email=dana@example.com', ...args], {
      cwd: work,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        PATH: process.env.PATH,
        HOME: world.stateDir,
        GIT_COMMITTER_DATE: '1764000100 +0000',
        GIT_AUTHOR_DATE: '1764000000 +0000',
      },
    }).trim();
  if (!fs.existsSync(work)) {
    fs.mkdirSync(work);
    git('init', '--quiet', '--initial-branch=main');
  }
  fs.writeFileSync(path.join(work, 'index.html'), content);
  git('add', '--all');
  git('commit', '--quiet', '-m', message);
  git('push', '--quiet', path.join(world.stateDir, 'git', 'orders.git'), 'main');
  return git('rev-parse', 'HEAD');
};

/** The pipeline's name. */
export const NAME = 'orders-qat';
/** The pipeline's ARN. */
export const ARN = `arn:aws:codepipeline:${REGION}:${ACCOUNT}:${NAME}`;

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

/** A world with the pipeline's services for each test, and what tests ask of them. */
export const usePipeline = () => {
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

  return {
    get world() {
      return world;
    },
    get targets() {
      return targets;
    },
    get opened() {
      return opened;
    },
    firstId,
    statusOf,
    ended,
    start,
    execution,
    actionsOf,
    actionOf,
    states,
    answerJob,
    ready,
  };
};
