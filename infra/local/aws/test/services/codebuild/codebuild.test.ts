import type { Build } from '@aws-sdk/client-codebuild';
import { ZipFile } from 'yazl';
import { AwsError } from '../../../host.ts';
import { createCodeBuildService } from '../../../services/codebuild/codebuild.ts';
import { buildSlug, readBuildLog } from '../../../services/codebuild/records.ts';
import {
  administrator,
  create,
  createWorld,
  putRole,
  roleArn,
  startProcess,
  until,
  type World,
} from '../shared/test-host.ts';

const PROJECT = 'lockstep-orders-test';

const zipOf = async (files: Readonly<Record<string, string>>): Promise<Uint8Array> => {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

describe('CodeBuild', () => {
  let world: World;
  let source: Uint8Array;
  const sent: string[] = [];

  beforeEach(() => {
    world = createWorld();
    sent.length = 0;
    putRole(world, 'tests', 'codebuild.amazonaws.com');
    world.played.s3 = { GetObject: () => ({ Body: source }) };
    world.played.ssm = { GetParameters: () => ({ Parameters: [] }) };
    world.played.logs = {
      CreateLogStream: () => ({}),
      PutLogEvents: ({ logEvents }: { logEvents: { message: string }[] }) => {
        sent.push(...logEvents.map(({ message }) => message));
        return {};
      },
    };
  });
  afterEach(() => world.remove());

  const open = async (timeoutMinutes = 5) => {
    const process = startProcess(world);
    const service = process.register(createCodeBuildService);
    await create(service, 'AWS::CodeBuild::Project', 'Tests', {
      Name: PROJECT,
      ServiceRole: roleArn('tests'),
      Source: { Type: 'CODEPIPELINE', BuildSpec: 'buildspec.yml' },
      Artifacts: { Type: 'CODEPIPELINE' },
      Environment: { Type: 'LINUX_CONTAINER', EnvironmentVariables: [] },
      LogsConfig: { CloudWatchLogs: { Status: 'ENABLED', GroupName: 'tests' } },
      TimeoutInMinutes: timeoutMinutes,
    });
    const build = async (): Promise<Build | undefined> => {
      const { builds = [] } = await process.host.call<{ builds?: Build[] }>(
        administrator,
        'codebuild',
        'BatchGetBuilds',
        { ids: [await started()] },
      );
      return builds[0];
    };
    const started = async (): Promise<string> => {
      const answer = await process.host.call<{ build?: Build }>(administrator, 'codebuild', 'StartBuild', {
        projectName: PROJECT,
        sourceLocationOverride: 'artifacts/orders/1',
        idempotencyToken: 'attempt-1',
      });
      return answer.build?.id ?? '';
    };
    const ended = async () => {
      let last: Build | undefined;
      await until(world, () => {
        void build().then((current) => {
          last = current;
        });
        return last?.buildComplete === true && sent.length > 0;
      });
      return last;
    };
    return { process, service, started, build, ended };
  };
  const commands = (...list: string[]) =>
    zipOf({ 'buildspec.yml': JSON.stringify({ version: 0.2, phases: { build: { commands: list } } }) });

  it('runs the commands once for the same attempt, and sends their output to the log group', async () => {
    source = await commands('echo tested >> $HOME/runs', 'cat $HOME/runs');
    const { started, ended } = await open();
    expect(await started()).toBe(await started());
    expect(await ended()).toMatchObject({ buildStatus: 'SUCCEEDED', projectName: PROJECT, buildNumber: 1 });
    expect(sent.filter((line) => line === 'tested')).toEqual(['tested']);
  });

  it.each<[string, Record<string, string>, string, string]>([
    ['without a buildspec', { 'index.js': '' }, 'YAML_FILE_ERROR', 'The commit has no buildspec.yml'],
    [
      'with one that is wrong',
      { 'buildspec.yml': 'version: 1' },
      'YAML_FILE_ERROR',
      'version is 1; give 0.2',
    ],
  ])('fails %s', async (_, files, statusCode, message) => {
    source = await zipOf(files);
    const { ended, started } = await open();
    await started();
    expect((await ended())?.phases).toMatchObject([
      { phaseType: 'DOWNLOAD_SOURCE', contexts: [{ statusCode, message: expect.stringContaining(message) }] },
    ]);
  });

  it.each<[string, () => object, string]>([
    [
      'that does not exist, with the way to create it',
      () => ({ InvalidParameters: ['/orders/key'] }),
      'The variable KEY comes from the SSM parameter /orders/key, which does not exist. Create it (aws ssm put-parameter --name /orders/key',
    ],
    [
      'that its role may not decrypt',
      () => {
        throw new AwsError('AccessDeniedException', 'not authorized to perform: kms:Decrypt');
      },
      'The SSM parameters /orders/key cannot be read: not authorized to perform: kms:Decrypt',
    ],
  ])('fails before any command of the commit for a parameter %s', async (_, GetParameters, message) => {
    world.played.ssm = { GetParameters };
    source = await zipOf({
      'buildspec.yml':
        'version: 0.2\nenv:\n  parameter-store:\n    KEY: /orders/key\nphases:\n  build:\n    commands: [echo run]\n',
    });
    const { ended, started } = await open();
    await started();
    expect((await ended())?.phases).toMatchObject([
      {
        phaseType: 'DOWNLOAD_SOURCE',
        contexts: [{ statusCode: 'CLIENT_ERROR', message: expect.stringContaining(message) }],
      },
    ]);
  });

  it('fails with a source that cannot be unpacked', async () => {
    source = Buffer.from('no zip');
    const { ended, started } = await open();
    await started();
    expect(await ended()).toMatchObject({
      buildStatus: 'FAILED',
      phases: [{ phaseType: 'DOWNLOAD_SOURCE' }],
    });
  });

  it('ends at the time limit, with everything that it started', async () => {
    source = await commands('echo begun', 'sleep 600 & sleep 600');
    const { started, ended } = await open(1);
    const id = await started();
    await until(world, () => (readBuildLog(world.stateDir, buildSlug(id)) ?? '').includes('begun'));
    world.clock.advance(60_000);
    expect(await ended()).toMatchObject({
      buildStatus: 'TIMED_OUT',
      phases: [{ contexts: [{ statusCode: 'BUILD_TIMED_OUT' }] }],
    });
    expect(world.store.table('ec2.processGroups').keys()).toEqual([]);
  });

  it('begins again after a crash', async () => {
    source = await commands('test ! -e /nowhere && echo tested');
    const dying = await open();
    const id = await dying.started();
    dying.process.kill();
    const { service, ended, started } = await open();
    await service.start?.();
    expect(await ended()).toMatchObject({ buildStatus: 'SUCCEEDED' });
    expect(await started()).toBe(id);
  });

  it('stops a build', async () => {
    source = await commands('echo begun', 'sleep 600');
    const { process, started, build } = await open();
    const id = await started();
    await until(world, () => (readBuildLog(world.stateDir, buildSlug(id)) ?? '').includes('begun'));
    void process.host.call(administrator, 'codebuild', 'StopBuild', { id });
    await until(world, () => world.store.table('ec2.processGroups').keys().length === 0);
    expect(await build()).toMatchObject({ buildStatus: 'STOPPED' });
  });
});
