import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createCodeCommitService } from '../../../../../infra/local/services/codecommit/codecommit.ts';
import { createCodePipelineService } from '../../../../../infra/local/services/codepipeline/codepipeline.ts';
import { createS3Service } from '../../../../../infra/local/services/s3/s3.ts';
import { administrator, create, putRole, roleArn, startProcess, type World } from '../shared/test-host.ts';

/** What the played CodeDeploy has. */
export interface PlayedDeployment {
  readonly deploymentId: string;
  readonly description: string;
  readonly revision: { readonly s3Location: { readonly bucket: string; readonly key: string } };
  status: string;
  errorInformation?: { readonly code: string; readonly message: string };
}

/** What the played function was asked. */
export interface Job {
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
export type Opened = ReturnType<typeof openPipeline>;

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
