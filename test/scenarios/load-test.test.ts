import fs from 'node:fs';
import path from 'node:path';
import { readBuildLog } from '@lockstep/aws-emulator';
import { git } from '../../infra/local/run/git.ts';
import { redriveHint } from '../../infra/local/run/narrate.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const lockstep = JSON.parse(
  fs.readFileSync(path.join(projectRoot, 'examples/load-test.json'), 'utf8'),
) as unknown;

describe('the load test of QAT', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep });
  });
  afterAll(() => scenario?.stop());

  const withLoadTest = async (command: string) => {
    fs.writeFileSync(
      path.join(scenario.source.directory, 'loadtest.yml'),
      `version: 0.2\nphases:\n  build:\n    commands:\n      - '${command}'\n`,
    );
    await git(scenario.source.directory, ['add', '--all']);
    return scenario.startPromotion();
  };
  const logOf = (url: string) =>
    readBuildLog(scenario.stateDir, /\/builds\/([a-z0-9-]+)/.exec(url)?.[1] ?? '');

  it('reaches what was just deployed, and its report reaches the approval', async () => {
    const promotion = await withLoadTest(
      'echo "$REQUESTS requests"; curl --fail --silent --show-error "$QAT_URL/"',
    );
    const { candidate } = await promotion.asked('qc');
    expect(candidate.qatTestsUrl).toBeUndefined();
    const log = logOf(candidate.qatLoadTestUrl ?? '');
    expect(log).toContain('200 requests\n');
    expect(log).toContain(promotion.commitId.slice(0, 7));
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('fails the deployment to QAT by a name of its own if it fails, so that nobody is asked', async () => {
    const promotion = await withLoadTest('echo too slow; exit 3');
    const ended = await promotion.ended();
    const { cause = '' } = ended;
    expect(ended).toMatchObject({
      status: 'FAILED',
      error: 'PipelineRunFailed',
      code: 'LoadTestFailed',
    });
    expect(cause).toContain('Action LoadTest of stage LoadTest failed');
    expect(logOf(cause)).toContain('too slow\n');
    // It was deployed before.
    expect((await promotion.report()).deployments).toHaveLength(1);
    expect(await scenario.system.ledger.latestApproval(promotion.id, 'qc')).toBeUndefined();
    expect(
      await redriveHint({ host: scenario.run.host, system: scenario.system }, promotion.executionArn),
    ).toContain('The load test of QAT failed');
  });
});
