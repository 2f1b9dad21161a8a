import {
  BatchGetBuildsCommand,
  type Build,
  type BuildPhase,
  CodeBuildClient,
  ListBuildsForProjectCommand,
  StartBuildCommand,
} from '@aws-sdk/client-codebuild';
import { lookAt } from '../../../tasks/jobs/advance-job.ts';
import { codeBuild } from '../../../tasks/jobs/code-build.ts';
import { createCodeBuilds } from '../../../tasks/jobs/codebuild-builds.ts';
import type { SignBuildRequest } from '../../../tasks/payloads.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { double, offline, on } from '../doubles/sdk.ts';
import { createTokens } from '../doubles/tokens.ts';

const ID = 'lockstep-shop-build:0d3b5a5e';
const KEY = 'lockstep-builds/0d3b5a5e/revision.zip';
const STATEMENT = 'e'.repeat(64);
const succeeded: Build = {
  id: ID,
  arn: `arn:aws:codebuild:us-east-1:000000000000:build/${ID}`,
  buildStatus: 'SUCCEEDED',
  artifacts: { location: `arn:aws:s3:::artifacts/${KEY}`, sha256sum: 'a1b2' },
  logs: { deepLink: 'https://logs.example.com/1' },
};
const job = aJob({
  state: 'Build revision',
  kind: 'code-build',
  parameters: { projectName: 'lockstep-shop-build', commitId: COMMIT },
  clientToken: 'token-of-the-attempt',
});

const builds = (of: {
  readonly build?: Build | undefined;
  readonly isThere?: boolean;
  readonly listed?: Build[];
}) => {
  const { client, sent } = double(
    new CodeBuildClient(offline),
    on(StartBuildCommand, () => ({ build: { id: ID } })),
    on(ListBuildsForProjectCommand, () => ({ ids: (of.listed ?? []).map(({ id = '' }) => id) })),
    on(BatchGetBuildsCommand, () => ({ builds: of.listed ?? (of.build ? [of.build] : []) })),
  );
  const asked: SignBuildRequest[] = [];
  const actions = codeBuild(createCodeBuilds(client), async (request) => {
    asked.push(request);
    return of.isThere === false ? { isGone: true } : { version: 'v1', statement: STATEMENT };
  });
  return { actions, sent, asked };
};
const inspect = (build: Build | undefined, isThere = true) =>
  builds({ build, isThere }).actions.inspect(ID, async () => undefined, aJob());

describe('a build', () => {
  it('starts with its commit pinned, and with a token that later attempts find it by', async () => {
    const { actions, sent } = builds({});
    expect(await actions.start(job, async () => false)).toBe(ID);
    expect(sent.at(-1)?.input).toEqual({
      projectName: 'lockstep-shop-build',
      sourceVersion: COMMIT,
      idempotencyToken: 'token-of-the-attempt',
      environmentVariablesOverride: [
        { name: 'LOCKSTEP_CLIENT_TOKEN', value: 'token-of-the-attempt', type: 'PLAINTEXT' },
      ],
    });
  });

  it('is found again by that token, long after CodeBuild has forgotten it', async () => {
    const environment = (value: string): Build['environment'] => ({
      type: 'LINUX_CONTAINER',
      image: 'i',
      computeType: 'BUILD_GENERAL1_SMALL',
      environmentVariables: [{ name: 'LOCKSTEP_CLIENT_TOKEN', value }],
    });
    const listed = [
      { id: 'p:other', environment: environment('another') },
      { id: 'p:ours', environment: environment('token-of-the-attempt') },
    ];
    const { actions, sent } = builds({ listed });
    expect(await actions.start(job, async () => false)).toBe('p:ours');
    expect(sent.map(({ command }) => command)).not.toContain('StartBuildCommand');
  });

  it('gives key, version and digest of what it made, once it is signed where that comes from', async () => {
    const { actions, asked } = builds({ build: succeeded });
    expect(await actions.inspect(ID, async () => undefined, aJob())).toEqual({
      state: 'succeeded',
      output: { bucket: 'artifacts', key: KEY, version: 'v1', sha256: 'a1b2', statement: STATEMENT },
    });
    expect(asked).toEqual([{ promotionId: PROMOTION_ID, buildId: ID }]);
  });

  it('has nothing signed unless it succeeded', async () => {
    const { actions, asked } = builds({ build: { ...succeeded, buildStatus: 'FAILED' } });
    await actions.inspect(ID, async () => undefined, aJob());
    expect(asked).toEqual([]);
  });

  it('is running while it is in progress', async () => {
    expect(await inspect({ id: ID, buildStatus: 'IN_PROGRESS' })).toEqual({ state: 'running' });
  });

  const phase = (phaseType: BuildPhase['phaseType'], statusCode: string, message: string): BuildPhase => ({
    phaseType,
    phaseStatus: 'FAILED',
    contexts: [{ statusCode, message }],
  });
  it.each<[string, string | undefined, Build, RegExp]>([
    [
      'a command that fails is the commit’s fault',
      'CommitNotBuilt',
      { buildStatus: 'FAILED', phases: [phase('BUILD', 'COMMAND_EXECUTION_ERROR', 'exit status 1')] },
      /ended FAILED\.\n {2}BUILD: COMMAND_EXECUTION_ERROR: exit status 1\nLog: https:/,
    ],
    [
      'so is its buildspec',
      'CommitNotBuilt',
      { buildStatus: 'FAILED', phases: [phase('DOWNLOAD_SOURCE', 'YAML_FILE_ERROR', 'no such file')] },
      /YAML_FILE_ERROR/,
    ],
    [
      'and artifacts that are not there',
      'CommitNotBuilt',
      {
        buildStatus: 'FAILED',
        phases: [phase('UPLOAD_ARTIFACTS', 'CLIENT_ERROR', 'no matching artifact paths found for bin/shop')],
      },
      /bin\/shop/,
    ],
    [
      'a parameter that is missing is not',
      'BuildNotStarted',
      { buildStatus: 'FAILED', phases: [phase('DOWNLOAD_SOURCE', 'CLIENT_ERROR', 'no parameter')] },
      /no parameter/,
    ],
    [
      'a bucket that denies the archive is nobody’s that is known',
      undefined,
      { buildStatus: 'FAILED', phases: [phase('UPLOAD_ARTIFACTS', 'CLIENT_ERROR', 'Access Denied')] },
      /Access Denied/,
    ],
    [
      'neither is a fault of CodeBuild',
      undefined,
      { buildStatus: 'FAULT', phases: [{ phaseType: 'BUILD', phaseStatus: 'FAULT' }] },
      /ended FAULT\.\n {2}BUILD: no reason was given/,
    ],
    ['nor a stop', undefined, { buildStatus: 'STOPPED' }, /ended STOPPED/],
    [
      'a build that makes nothing is the commit’s fault',
      'CommitNotBuilt',
      { ...succeeded, artifacts: { location: '' } },
      /succeeded and made nothing/,
    ],
  ])('%s', async (_, code, build, cause) => {
    const inspection = await inspect({ ...succeeded, ...build });
    expect(inspection).toMatchObject({
      state: 'failed',
      error: 'BuildFailed',
      cause: expect.stringMatching(cause),
    });
    expect('code' in inspection ? inspection.code : undefined).toBe(code);
  });

  it('is missing if CodeBuild does not know it, and failed if its archive is gone', async () => {
    expect(await inspect(undefined)).toMatchObject({ state: 'missing', code: 'JobMissing' });
    expect(await inspect(succeeded, false)).toMatchObject({ state: 'failed', code: 'JobMissing' });
  });

  it('fails to start without the build’s id', async () => {
    const { client } = double(
      new CodeBuildClient(offline),
      on(StartBuildCommand, () => ({})),
    );
    await expect(createCodeBuilds(client).start({ projectName: 'p', commitId: COMMIT }, 't')).rejects.toThrow(
      /without naming/,
    );
  });

  it('is noted with its promotion before its task is completed', async () => {
    const ledger = createMemoryLedger();
    const tokens = createTokens();
    const completed: string[] = [];
    await ledger.addPromotion(aPromotion());
    const running = { ...job, status: 'RUNNING' as const, externalId: ID };
    await ledger.addJob(running);
    const { actions } = builds({ build: succeeded });
    await lookAt(
      {
        ledger,
        tasks: {
          ...tokens.tasks,
          succeed: async (token, output) => {
            expect((await ledger.promotion(PROMOTION_ID))?.built).toEqual(output);
            completed.push(token);
            return 'completed';
          },
        },
        kinds: {
          'code-build': actions,
          'image-build': actions,
          'instance-refresh': actions,
          'pipeline-run': actions,
        },
        now: () => new Date('2026-11-22T10:30:00.000Z'),
      },
      running,
    );
    expect(completed).toEqual(['token-1']);
  });
});
