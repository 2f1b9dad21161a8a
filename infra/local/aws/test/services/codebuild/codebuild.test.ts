import { createHash } from 'node:crypto';
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

  describe('of a project with a source and artifacts of its own', () => {
    const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:registry-a1B2c3';
    let archives: Uint8Array[];
    let asked: object[];
    let allowed: string[];
    const ofServices = ['s3:*', 'logs:*', 'ssm:*', 'secretsmanager:*'];
    beforeEach(async () => {
      archives = [];
      asked = [];
      allowed = ['codecommit:GitPull', 'codeconnections:*'];
      source = await zipOf({
        'buildspec.yml': JSON.stringify({
          version: 0.2,
          env: { 'secrets-manager': { WHOLE: ARN } },
          phases: {
            build: { commands: ['mkdir out', 'echo "$TOKEN $WHOLE $MODE $GIVEN" > out/app', 'cat out/app'] },
          },
          artifacts: { 'base-directory': 'out', files: '**/*' },
        }),
      });
      world.played.codecommit = {
        UploadArchive: (input: object) => {
          asked.push(input);
          return { archive: source };
        },
      };
      world.played.secretsmanager = {
        GetSecretValue: ({ SecretId }: { SecretId: string }) => {
          if (SecretId !== ARN) throw new AwsError('ResourceNotFoundException', 'no such secret');
          return { SecretString: '{"token":"t-1"}' };
        },
      };
      world.played.s3 = {
        GetObject: (input: object) => {
          asked.push(input);
          return { Body: source };
        },
        PutObject: ({ Key, Body }: { Key: string; Body: Uint8Array }) => {
          if (Key.startsWith('built/')) archives.push(Body);
          return { VersionId: 'v1' };
        },
      };
    });
    const COMMIT = 'c'.repeat(40);
    const build = async (Source: object, { token = ARN as string, project = {} } = {}) => {
      putRole(world, 'tests', 'codebuild.amazonaws.com', [
        { Effect: 'Allow', Action: [...allowed, ...ofServices], Resource: '*' },
      ]);
      const process = startProcess(world);
      const service = process.register((host) =>
        createCodeBuildService(host, {
          head: async () => COMMIT,
          commit: async (repository, commitId) =>
            repository === 'example/orders' && commitId === COMMIT
              ? { author: { name: 'Dana', email: 'dana@example.com', seconds: 0 }, message: '' }
              : undefined,
          archive: async () => source,
        }),
      );
      await create(service, 'AWS::CodeBuild::Project', 'Builds', {
        Name: 'builds',
        ServiceRole: roleArn('tests'),
        Source: { BuildSpec: 'buildspec.yml', ...Source },
        Artifacts: {
          Type: 'S3',
          Location: 'artifacts',
          Path: 'built',
          NamespaceType: 'BUILD_ID',
          Name: 'revision.zip',
          Packaging: 'ZIP',
        },
        Environment: {
          EnvironmentVariables: [
            { Name: 'TOKEN', Type: 'SECRETS_MANAGER', Value: `${token}:token` },
            { Name: 'MODE', Value: 'project' },
          ],
        },
        ...project,
      });
      const call = <Output>(operation: string, input: object) =>
        process.host.call<Output>(administrator, 'codebuild', operation, input);
      const start = async (idempotencyToken: string, sourceVersion = COMMIT) =>
        (
          await call<{ build?: Build }>('StartBuild', {
            projectName: 'builds',
            sourceVersion,
            idempotencyToken,
            environmentVariablesOverride: [{ name: 'GIVEN', value: idempotencyToken, type: 'PLAINTEXT' }],
          })
        ).build?.id ?? '';
      const ended = async (id: string) => {
        let last: Build | undefined;
        await until(world, () => {
          void call<{ builds?: Build[] }>('BatchGetBuilds', { ids: [id] }).then(({ builds }) => {
            last = builds?.[0];
          });
          return last?.buildComplete === true;
        });
        return last;
      };
      return { process, call, start, ended };
    };
    const codeCommit = { Type: 'CODECOMMIT', Location: 'file:///somewhere/codecommit/orders.git' };

    it('writes an archive under a key of its own, with its digest, and tells the event bus', async () => {
      const { start, ended, call } = await build(codeCommit);
      const id = await start('one');
      const done = await ended(id);
      const archive = Buffer.from(archives[0] ?? []);
      expect(done).toMatchObject({
        buildStatus: 'SUCCEEDED',
        artifacts: {
          location: `arn:aws:s3:::artifacts/built/${id.split(':')[1]}/revision.zip`,
          sha256sum: createHash('sha256').update(archive).digest('hex'),
        },
        environment: {
          environmentVariables: expect.arrayContaining([{ name: 'GIVEN', value: 'one', type: 'PLAINTEXT' }]),
        },
      });
      expect(asked).toEqual([{ repositoryName: 'orders', commitId: COMMIT }]);
      expect(readBuildLog(world.stateDir, buildSlug(id))).toContain('t-1 {"token":"t-1"} project one\n');
      expect(world.events.map(({ detail }) => detail['build-status'])).toEqual(['IN_PROGRESS', 'SUCCEEDED']);
      expect(await call('ListBuildsForProject', { projectName: 'builds' })).toEqual({ ids: [id] });
    });

    it('knows a token for five minutes', async () => {
      const { start } = await build(codeCommit);
      const first = await start('one');
      expect(await start('one')).toBe(first);
      world.clock.advance(5 * 60_000);
      expect(await start('one')).not.toBe(first);
    });

    it.each<[string, { readonly Type: string; readonly Location: string; readonly Auth?: object }, string]>([
      ['a version of an archive in S3', { Type: 'S3', Location: 'sources/orders.zip' }, 'v7'],
      [
        'a commit through a connection',
        {
          Type: 'GITHUB',
          Location: 'https://github.com/example/orders.git',
          Auth: {
            Type: 'CODECONNECTIONS',
            Resource: 'arn:aws:codeconnections:us-east-1:000000000000:connection/1',
          },
        },
        COMMIT,
      ],
    ])('reads %s, and tells where it was', async (_, from, version) => {
      const { start, ended } = await build(from);
      const done = await ended(await start('one', version));
      expect(done).toMatchObject({
        buildStatus: 'SUCCEEDED',
        source: { type: from.Type, location: from.Location, buildspec: 'buildspec.yml' },
        sourceVersion: version,
        endTime: expect.any(Date),
      });
      expect(done?.resolvedSourceVersion).toBe(from.Type === 'S3' ? undefined : version);
      if (from.Type === 'S3')
        expect(asked).toEqual([{ Bucket: 'sources', Key: 'orders.zip', VersionId: 'v7' }]);
    });

    it.each<[string, () => Promise<Build | undefined>, string, string]>([
      [
        'without permission to pull',
        async () => {
          allowed = [];
          const { start, ended } = await build(codeCommit);
          return ended(await start('one'));
        },
        'DOWNLOAD_SOURCE',
        'codecommit:GitPull',
      ],
      [
        'without a commit',
        async () => {
          const { start, ended } = await build(codeCommit);
          return ended(await start('one', 'main'));
        },
        'DOWNLOAD_SOURCE',
        "must be a commit's id; received main",
      ],
      [
        'for a secret that does not exist',
        async () => {
          const { start, ended } = await build(codeCommit, { token: ARN.replace('registry', 'other') });
          return ended(await start('one'));
        },
        'DOWNLOAD_SOURCE',
        'The variable TOKEN comes from the secret',
      ],
    ])('fails %s', async (_, run, phaseType, message) => {
      expect((await run())?.phases).toMatchObject([
        { phaseType, contexts: [{ message: expect.stringContaining(message) }] },
      ]);
    });

    it('fails as it is asked to, without a fault of the commit', async () => {
      const { process, start, ended } = await build(codeCommit);
      process.host.faults.arm('builds', 1);
      expect((await ended(await start('one')))?.phases).toMatchObject([{ phaseType: 'PROVISIONING' }]);
      expect(await ended(await start('two'))).toMatchObject({ buildStatus: 'SUCCEEDED' });
    });
  });
});
