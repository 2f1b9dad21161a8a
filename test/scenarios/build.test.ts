import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { ActionExecutionDetail } from '@aws-sdk/client-codepipeline';
import { readBuildLog } from '@lockstep/aws-emulator';
import type { Plan } from '../../cli/plan/plan.ts';
import { git } from '../../infra/local/run/git.ts';
import { redriveHint } from '../../infra/local/run/narrate.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { type EvidenceFile, serialize } from '../../tasks/evidence/evidence-file.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { lockstepJson } from './support/command-line.ts';
import { editStatement } from './support/edit-statement.ts';
import { pressGoBack } from './support/go-back.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(400_000);

const administrator = { kind: 'administrator' } as const;
const lockstep = JSON.parse(
  fs.readFileSync(path.join(projectRoot, 'examples/build.json'), 'utf8'),
) as unknown;

/** A build whose output differs each time, though the commit is the same. */
const buildspec = `version: 0.2
phases:
  build:
    commands:
      - mkdir dist
      - cp -R appspec.yml package.json scripts src dist
      - 'echo "$NODE_ENV $REGISTRY_TOKEN $CODEBUILD_RESOLVED_SOURCE_VERSION"'
      - head -c 16 /dev/urandom | od -An -tx1 > dist/build-number
artifacts:
  base-directory: dist
  files: '**/*'
`;

describe('an application with a build', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep });
    await scenario.run.host.call(administrator, 'ssm', 'PutParameter', {
      Name: '/orders/build/registry-token',
      Type: 'SecureString',
      Value: 'of-the-registry',
    });
  });
  afterAll(() => scenario?.stop());

  const withBuildspec = async (text: string) => {
    fs.writeFileSync(path.join(scenario.source.directory, 'buildspec.yml'), text);
    await git(scenario.source.directory, ['add', '--all']);
    return scenario.startPromotion();
  };
  const builtBy = async ({ id }: ScenarioPromotion) => (await scenario.system.ledger.promotion(id))?.built;
  const builds = (): readonly { readonly id: string; readonly status: string }[] =>
    scenario.run.host.store.table<{ id: string; status: string }>('codebuild.builds').values();
  /** The actions that deployed to an environment, the newest first. */
  const deployActions = async (environment: string): Promise<readonly ActionExecutionDetail[]> => {
    const { actionExecutionDetails: actions = [] } = await scenario.run.host.call<{
      actionExecutionDetails?: ActionExecutionDetail[];
    }>(administrator, 'codepipeline', 'ListActionExecutions', {
      pipelineName: `lockstep-orders-${environment}`,
    });
    return actions.filter(({ actionName }) => actionName === 'Deploy');
  };
  /** Digests of the archives that the last runs of both pipelines handed to CodeDeploy. */
  const deployedDigests = async (): Promise<readonly string[]> =>
    Promise.all(
      ['qat', 'prod'].map(async (environment) => {
        const { s3location } = (await deployActions(environment))[0]?.input?.inputArtifacts?.[0] ?? {};
        const { Body } = await scenario.run.host.call<{ Body: Uint8Array }>(
          administrator,
          's3',
          'GetObject',
          {
            Bucket: s3location?.bucket,
            Key: s3location?.key,
          },
        );
        return createHash('sha256').update(Body).digest('hex');
      }),
    );
  /** Changes the statement of what a promotion's commit was built into. @returns what undoes it */
  const editStatementOf = async (promotion: ScenarioPromotion) =>
    editStatement(scenario, `versionId=${(await builtBy(promotion))?.version}`, [
      'buildspec.yml',
      'other.yml',
    ]);
  let first: ScenarioPromotion;

  it('is built once, and QAT and Prod get exactly that, by its digest, which approvers see', async () => {
    first = await withBuildspec(buildspec);
    const { candidate } = await first.asked('qc');
    const built = await builtBy(first);
    expect(built).toMatchObject({
      key: expect.stringMatching(/^lockstep-builds\/[0-9a-f-]{36}\/revision\.zip$/),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      statement: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(candidate.built).toEqual(built);
    expect(await approveBoth(first)).toMatchObject({ status: 'SUCCEEDED' });
    expect(builds().map(({ status }) => status)).toEqual(['SUCCEEDED']);
    expect(await deployedDigests()).toEqual([built?.sha256, built?.sha256]);
    const log = readBuildLog(scenario.stateDir, builds()[0]?.id.replace(':', '-') ?? '');
    expect(log).toContain(`production of-the-registry ${first.commitId}\n`);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('is planned without judging the files of the commit, instead of which the build is deployed', async () => {
    const appSpec = path.join(scenario.source.directory, 'appspec.yml');
    const text = fs.readFileSync(appSpec, 'utf8');
    fs.writeFileSync(appSpec, text.replace('- source: /', '- source: made-by-the-build'));
    await git(scenario.source.directory, ['add', '--all']);
    const commitId = await scenario.commit('Deploy what the build makes');
    await scenario.push('planned');
    const { json } = await lockstepJson<Plan>(scenario, 'plan', commitId);
    expect(json?.unknown).toContainEqual(expect.stringContaining('The AppSpec file'));
    expect(json?.end.name).toBe('Promoted');
    await git(scenario.source.directory, ['reset', '--hard', 'HEAD~1']);
  });

  it('has a signed statement of where it comes from, in an export that verifies with it and not without', async () => {
    await eventually('the seal', async () => {
      const { json } = await lockstepJson(scenario, 'show', first.id);
      const { entries, sealedUpTo } = (json as { evidence: { entries: number; sealedUpTo: number } })
        .evidence;
      return sealedUpTo === entries ? true : undefined;
    });
    const { json } = await lockstepJson(scenario, 'evidence', first.id, '--out', 'built.json');
    const { fingerprint } = (json as { key: { fingerprint: string } }).key;
    const verify = (name: string) => lockstepJson(scenario, 'verify', name, '--key', fingerprint);
    // The archive, and both images.
    expect(await verify('built.json')).toMatchObject({ code: 0, json: { verified: true, statements: 3 } });
    const fileAt = (name: string) => path.join(scenario.stateDir, name);
    const record = JSON.parse(fs.readFileSync(fileAt('built.json'), 'utf8')) as EvidenceFile;
    const { sha256 } = (await builtBy(first)) ?? {};
    const [statement] = (record.statements ?? [])
      .map(({ payload }) => Buffer.from(payload, 'base64').toString('utf8'))
      .filter((text) => text.includes(sha256 ?? 'none'));
    expect(JSON.parse(statement ?? '')).toMatchObject({
      predicate: {
        buildDefinition: {
          externalParameters: {
            application: 'orders',
            commitId: first.commitId,
            repository: expect.stringContaining('orders'),
            buildspec: 'buildspec.yml',
          },
        },
        runDetails: {
          builder: { id: expect.stringMatching(/:project\/lockstep-orders-build$/) },
          metadata: { startedOn: expect.any(String), finishedOn: expect.any(String) },
        },
      },
    });
    const { statements: _, ...stripped } = record;
    fs.writeFileSync(fileAt('stripped.json'), serialize(stripped));
    expect(await verify('stripped.json')).toMatchObject({
      code: 3,
      json: { verified: false, problems: Array.from({ length: 3 }, () => ({ kind: 'statement' })) },
    });
  });

  it('fails before any image for a commit that cannot be built, and says that the commit is at fault', async () => {
    const images = scenario.run.host.store.table('imagebuilder.images').keys().length;
    const failing = await withBuildspec(buildspec.replace('mkdir dist', 'echo broken; exit 7'));
    const { status, error, cause = '' } = await failing.ended();
    expect([status, error]).toEqual(['FAILED', 'BuildFailed']);
    expect(cause).toContain('BUILD: COMMAND_EXECUTION_ERROR: Error while executing command: echo broken');
    expect(await failing.states()).toContainEqual([names.buildRevision, 'FAILED']);
    expect(scenario.run.host.store.table('imagebuilder.images').keys()).toHaveLength(images);
    expect(
      await redriveHint({ host: scenario.run.host, system: scenario.system }, failing.executionArn),
    ).toContain('Push a commit that builds');
  });

  it('fails for a buildspec without artifacts, and for artifacts that are not there', async () => {
    const nothing = await withBuildspec(buildspec.slice(0, buildspec.indexOf('artifacts:')));
    expect((await nothing.ended()).cause).toContain('succeeded and made nothing');
    const missing = await withBuildspec(buildspec.replace("'**/*'", 'bin/orders'));
    expect((await missing.ended()).cause).toContain('no matching artifact paths found for bin/orders');
  });

  it('builds again when a failed build is redriven, and starts no other when a later state is', async () => {
    await scenario.failNext(names.buildRevision);
    await scenario.failNext(names.buildQatImage);
    const before = builds().length;
    const second = await withBuildspec(buildspec);
    expect(await second.ended()).toMatchObject({ error: 'BuildFailed' });
    await second.redrive();
    expect(await second.ended()).toMatchObject({ error: 'ImageBuildFailed' });
    await second.redrive();
    expect(await approveBoth(second)).toMatchObject({ status: 'SUCCEEDED' });
    expect(builds().length - before).toBe(2);
    const built = await builtBy(second);
    expect(await deployedDigests()).toEqual([built?.sha256, built?.sha256]);
    expect(built?.sha256).not.toBe((await builtBy(first))?.sha256);
  });

  it('is let through by the guard only with its own statement as it was signed', async () => {
    await scenario.failNext(names.deployToProd);
    const promotion = await withBuildspec(buildspec);
    expect(await approveBoth(promotion)).toMatchObject({ status: 'FAILED' });
    const restore = await editStatementOf(promotion);
    const before = (await deployActions('prod')).length;
    await promotion.redrive();
    expect(await promotion.ended()).toMatchObject({
      status: 'FAILED',
      cause: expect.stringMatching(
        /What the commit \w+ was built into .* has no valid statement .* or it was changed/,
      ),
    });
    expect((await promotion.states()).at(-1)).toEqual([names.deployToProd, 'FAILED']);
    expect(await deployActions('prod')).toHaveLength(before);
    restore();
    await promotion.redrive();
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
    expect((await deployedDigests()).at(1)).toBe((await builtBy(promotion))?.sha256);
  });

  it('is not deployed again if somebody edited its statement', async () => {
    const restore = await editStatementOf(first);
    const goBack = await pressGoBack(scenario, first, 'The cart is empty');
    expect(await approveBoth(goBack)).toMatchObject({
      status: 'FAILED',
      error: 'ProvenanceInvalid',
      cause: expect.stringContaining(`What the commit ${first.commitId} was built into`),
    });
    expect((await goBack.states()).at(-1)).toEqual([names.pointProdAtImage, 'FAILED']);
    restore();
  });

  it('goes back to what was built then, without building', async () => {
    const before = builds().length;
    const goBack = await pressGoBack(scenario, first, 'The cart is empty');
    expect((await goBack.asked('qc')).candidate.built).toEqual(await builtBy(first));
    expect(await approveBoth(goBack)).toMatchObject({ status: 'SUCCEEDED' });
    expect(builds()).toHaveLength(before);
    expect((await deployedDigests())[1]).toBe((await builtBy(first))?.sha256);
  });

  it('does not go back to a release whose build is gone', async () => {
    const third = await withBuildspec(buildspec);
    expect(await approveBoth(third)).toMatchObject({ status: 'SUCCEEDED' });
    const { bucket: Bucket, key: Key, version: VersionId } = (await builtBy(first)) ?? {};
    await scenario.run.host.call(administrator, 's3', 'DeleteObject', { Bucket, Key, VersionId });
    const { error, cause = '' } = await (await pressGoBack(scenario, first, 'Once more')).ended();
    expect(error).toBe('ReleaseGone');
    expect(cause).toContain(`What was built of ${first.commitId} (${Key}) cannot be read`);
  });

  it('finds nothing to deploy when somebody starts a pipeline by hand', async () => {
    const { host } = scenario.run;
    const { pipelineExecutionId } = await host.call<{ pipelineExecutionId?: string }>(
      administrator,
      'codepipeline',
      'StartPipelineExecution',
      { name: 'lockstep-orders-prod' },
    );
    const failed = await eventually('the end of the run', async () => {
      const { actionExecutionDetails: actions = [] } = await host.call<{
        actionExecutionDetails?: ActionExecutionDetail[];
      }>(administrator, 'codepipeline', 'ListActionExecutions', {
        pipelineName: 'lockstep-orders-prod',
        filter: { pipelineExecutionId },
      });
      return actions.some(({ status }) => status === 'Failed') ? actions : undefined;
    });
    expect(failed.map(({ actionName }) => actionName)).toEqual(['Source']);
  });
});
