import fs from 'node:fs';
import path from 'node:path';
import { signInAs } from '../../infra/local/run/approver.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { stateNames } from '../../workflows/state-names.ts';
import type { Configuration } from './support/assemblies.ts';
import { approveBoth, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

/** Made up, and in two parts, so that scans of this repository do not take it for a secret. */
const TOKEN = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('');

/** cdk.json's configuration, in which the first application's commits are scanned. */
const scanning = (secretScan: string): Configuration => {
  const text = fs.readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8');
  const { lockstep } = (JSON.parse(text) as { context: { lockstep: Configuration } }).context;
  const [first, ...others] = lockstep.applications;
  return { ...lockstep, applications: [{ ...first, secretScan }, ...others] };
};

/** Everything that a run has written down, in files and in its log. */
const recordsOf = ({ stateDir }: Scenario): string =>
  fs.readFileSync(path.join(stateDir, 'journal.ndjson'), 'utf8');

describe.each(['block', 'warn'])('a scan for secrets that is to %s', (mode) => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep: scanning(mode) });
  });
  afterAll(() => scenario.stop());

  const file = () => path.join(scenario.source.directory, 'app.env');
  const pageOf = async (person: string, at: string) => {
    const signedIn = await signInAs(person, scenario.system.siteUrl);
    return (await signedIn.open(`${scenario.system.siteUrl}${at}`)).document.textContent ?? '';
  };
  const promoteSecret = () => {
    fs.writeFileSync(file(), `# shop\nTOKEN=${TOKEN}\n`);
    return scenario.startPromotion();
  };

  if (mode === 'block')
    it('fails the promotion before QAT is changed, tells where, and a commit without the secret goes on', async () => {
      const promotion = await promoteSecret();
      const ended = await promotion.ended();
      expect(ended).toMatchObject({ status: 'FAILED', error: 'SecretsFound' });
      expect(ended.cause).toContain('- app.env, line 2 (github/GITHUB_TOKEN)');
      expect(await promotion.states()).toEqual([
        [stateNames.isGoBack, 'SUCCEEDED'],
        [stateNames.lockQat, 'SUCCEEDED'],
        [stateNames.scanCommit, 'FAILED'],
      ]);
      const { system } = scenario;
      expect(await system.ledger.jobs(promotion.id)).toEqual([]);
      const page = await pageOf('olga', `/promotions/${promotion.id}`);
      expect(page).toContain('The commit is at fault, and a redrive fails again.');
      expect(page).toContain('app.env, line 2 (github/GITHUB_TOKEN)');
      // A redrive reads the same commit.
      await promotion.redrive();
      expect(await promotion.ended()).toMatchObject({ error: 'SecretsFound', redriveCount: 1 });

      fs.rmSync(file());
      const clean = await scenario.startPromotion();
      const { review, approvalId } = await clean.asked('qc');
      expect(review).toMatchObject({ gaps: [], secretScan: { findingCount: 0 } });
      expect(await pageOf('quinn', `/approvals/${approvalId}`)).toContain('No secret was found in');
      expect(await approveBoth(clean)).toMatchObject({ status: 'SUCCEEDED' });
      expect(recordsOf(scenario)).not.toContain(TOKEN);
    });
  else
    it('shows approvers what was found, and goes on', async () => {
      const promotion = await promoteSecret();
      const { review, approvalId } = await promotion.asked('qc');
      expect(review.secretScan?.findings).toEqual([
        { path: 'app.env', line: 2, rule: 'github/GITHUB_TOKEN' },
      ]);
      const page = await pageOf('quinn', `/approvals/${approvalId}`);
      expect(page).toContain('A possible secret');
      expect(page).toContain('app.env, line 2: github/GITHUB_TOKEN');
      expect(page).not.toContain(TOKEN);
      expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });
      expect(recordsOf(scenario)).not.toContain(TOKEN);
    });
});
