import fs from 'node:fs';
import path from 'node:path';
import { signInAs } from '../../infra/local/run/approver.ts';
import { narrate } from '../../infra/local/run/narrate.ts';
import { createTerminal } from '../../infra/local/run/terminal.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { approveBoth, type Scenario, type ScenarioPromotion, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

describe('an AppSpec file', () => {
  let scenario: Scenario;
  let usual: string;
  beforeAll(async () => {
    scenario = await startScenario();
    usual = fs.readFileSync(file(), 'utf8');
  });
  afterAll(() => scenario.stop());

  const file = () => path.join(scenario.source.directory, 'appspec.yml');
  const promote = (text: string) => {
    fs.writeFileSync(file(), text);
    return scenario.startPromotion();
  };
  /** What the terminal tells of a promotion that has ended. */
  const told = async (promotion: ScenarioPromotion) => {
    let text = '';
    const terminal = createTerminal({ write: (part: string) => (text += part) }, false);
    const { host } = scenario.run;
    await narrate(
      { host, system: scenario.system, terminal, endsWithPromotion: true },
      promotion.executionArn,
    );
    return text;
  };

  it('with mistakes that CodeDeploy takes is promoted, and approvers and the terminal are warned', async () => {
    const script = 'scripts/after-install.sh';
    const promotion = await promote(
      usual
        .replace('os: linux\n', 'os: linux\nresources: {}\n')
        .replace(`location: ${script}\n`, `location: ${script}\n      runas: web\n`)
        .replace('scripts/after-block-traffic.sh', 'scripts/none.sh'),
    );
    const { review, approvalId } = await promotion.asked('qc');
    const warnings = [
      expect.stringContaining('resources: CodeDeploy'),
      expect.stringContaining('scripts/none.sh is not in the revision'),
    ];
    expect(review.gaps).toEqual([]);
    expect(review.appSpecWarnings).toEqual(warnings);
    const quinn = await signInAs('quinn', scenario.system.siteUrl);
    const { document } = await quinn.open(`${scenario.system.siteUrl}/approvals/${approvalId}`);
    expect(document.textContent).toContain('Look at appspec.yml');
    expect(document.textContent).toContain('scripts/none.sh is not in the revision');
    expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });
    const text = await told(promotion);
    expect(text).toContain('Warning: appspec.yml: resources: CodeDeploy');
    expect(text).toMatch(/Warning: scripts\/after-install\.sh runs as .* here, not as web/);
  });

  it('fails as a fault of the commit if CodeDeploy cannot use it, and the promotion’s page says so', async () => {
    const promotion = await promote(usual.replace('version: 0.0', 'version: "0.0"'));
    const ended = await promotion.ended();
    expect(ended).toMatchObject({ status: 'FAILED', error: 'DeploymentFailed', code: 'AppSpecInvalid' });
    expect(ended.cause).toMatch(/^The commit's appspec\.yml is at fault, not the environment/);
    expect(ended.cause).toContain(
      'BeforeInstall: UnknownError: The deployment failed because an invalid version',
    );
    expect((await promotion.states()).at(-1)).toEqual([stateNames.deployToQat, 'FAILED']);
    const olga = await signInAs('olga', scenario.system.siteUrl);
    const { document } = await olga.open(`${scenario.system.siteUrl}/promotions/${promotion.id}`);
    expect(document.textContent).toContain('Push a commit that fixes it');
  });
});
