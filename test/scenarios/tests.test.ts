import fs from 'node:fs';
import path from 'node:path';
import { readBuildLog } from '@lockstep/aws-emulator';
import { git } from '../../infra/local/run/git.ts';
import { redriveHint } from '../../infra/local/run/narrate.ts';
import { missingParameters, missingParametersText } from '../../infra/local/run/prerequisites.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const lockstep = JSON.parse(
  fs.readFileSync(path.join(projectRoot, 'examples/tests.json'), 'utf8'),
) as unknown;

describe('the Test stage', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep });
  });
  afterAll(() => scenario.stop());

  const withBuildspec = async (buildspec: string) => {
    fs.writeFileSync(path.join(scenario.source.directory, 'buildspec.yml'), buildspec);
    await git(scenario.source.directory, ['add', '--all']);
    return scenario.startPromotion();
  };
  const buildspec = (command: string) =>
    `version: 0.2\nphases:\n  build:\n    commands:\n      - '${command}'\n`;

  it('fails the promotion with the variable whose parameter does not exist, which a start tells before', async () => {
    const missing = await missingParameters(scenario.run);
    expect(missing).toEqual([
      { key: 'test', variable: 'DATABASE_URL', parameter: '/orders/test/database-url' },
    ]);
    const text = missingParametersText(missing, scenario.run);
    expect(text).toContain('does not exist here: /orders/test/database-url (test.environment.DATABASE_URL).');
    expect(text).toContain('a fault of the environment, not of the commit');
    expect(text).toMatch(
      /^AWS_SHARED_CREDENTIALS_FILE=\S+ aws .* --endpoint-url http:\S+ .* ssm put-parameter --name \/orders\/test\/database-url/m,
    );
    const promotion = await withBuildspec(buildspec('true'));
    const { status, cause } = await promotion.ended();
    expect(status).toBe('FAILED');
    expect(cause).toContain(
      'The variable DATABASE_URL comes from the SSM parameter /orders/test/database-url',
    );
    expect(cause).not.toContain('console.aws.amazon.com');
    expect(
      await redriveHint({ host: scenario.run.host, system: scenario.system }, promotion.executionArn),
    ).toContain('The commit is not at fault');
  });

  it('fails the promotion with the command that failed, and deploys nothing', async () => {
    await scenario.run.host.call({ kind: 'administrator' }, 'ssm', 'PutParameter', {
      Name: '/orders/test/database-url',
      Type: 'String',
      Value: 'db://orders',
    });
    expect(await missingParameters(scenario.run)).toEqual([]);
    const promotion = await withBuildspec(buildspec('echo broken; exit 4'));
    const { cause = '' } = await promotion.ended();
    expect(cause).toContain('Phase: BUILD, Code: COMMAND_EXECUTION_ERROR');
    expect(cause).toContain('echo broken; exit 4. Reason: exit status 4');
    const report = await promotion.report();
    expect(report.deployments).toEqual([]);
    expect(await promotion.states()).toContainEqual(['Deploy to QAT', 'FAILED']);
    const [, slug = ''] = /\/builds\/([a-z0-9-]+)/.exec(cause) ?? [];
    expect(readBuildLog(scenario.stateDir, slug)).toContain('\nbroken\n');
  });

  it('runs the buildspec for real, and its report reaches the approval', async () => {
    const promotion = await withBuildspec(`${buildspec('echo "$CI $DATABASE_URL"')}      - node --test\n`);
    const { candidate } = await promotion.asked('qc');
    const [, slug = ''] = /\/builds\/([a-z0-9-]+)$/.exec(candidate.qatTestsUrl ?? '') ?? [];
    const log = readBuildLog(scenario.stateDir, slug);
    expect(log).toContain('true db://orders\n');
    expect(log).toMatch(/pass \d+/);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });
});
