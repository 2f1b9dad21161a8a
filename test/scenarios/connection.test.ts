import fs from 'node:fs';
import path from 'node:path';
import { git } from '../../infra/local/run/git.ts';
import { localConfiguration } from '../../infra/local/run/local-configuration.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

/** The provider's example, with a scan of commits for secrets. */
const exampleOf = (provider: string): unknown => {
  const text = fs.readFileSync(path.join(projectRoot, 'examples', `${provider}.json`), 'utf8');
  const { applications, ...others } = JSON.parse(text) as { applications: readonly object[] };
  return { ...others, applications: applications.map((one) => ({ ...one, secretScan: 'warn' })) };
};

/** Made up, and in two parts, so that scans of this repository do not take it for a secret. */
const TOKEN = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('');

const madeIt = { kind: 'denied', reason: 'MadeTheChange' };

describe.each([
  ['github', 'example/orders'],
  ['gitlab', 'example/shop/orders'],
])('a repository behind a connection: %s', (provider, repository) => {
  let scenario: Scenario;
  beforeAll(async () => {
    const { lockstep, leftOut } = localConfiguration(exampleOf(provider));
    expect(leftOut).toEqual([]);
    scenario = await startScenario({ lockstep });
  });
  afterAll(() => scenario.stop());

  /** Pushes HEAD to the forge with somebody's token. */
  const pushAs = (account: string) =>
    git(scenario.source.directory, [
      'push',
      '--quiet',
      scenario.run.services.forge.pushUrl(account, repository),
      'HEAD:main',
    ]);

  it('is promoted to Prod when somebody decides who made no part of it', async () => {
    await scenario.commit();
    const { directory } = scenario.source;
    await git(directory, [
      'commit',
      '--quiet',
      '--allow-empty',
      '--message',
      'Help',
      '--author',
      'Q <quinn@example.com>',
    ]);
    await pushAs('dana');
    const promotion = await scenario.promotion();
    expect(await promotion.decide('qc', 'quinn')).toMatchObject(madeIt);
    expect(await promotion.decide('qc', 'sam')).toEqual({ kind: 'decided' });
    expect(await promotion.decide('pmo', 'parker')).toEqual({ kind: 'decided' });
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await scenario.system.ledger.promotion(promotion.id)).toMatchObject({
      pushedBy: 'dana',
      commitMessage: 'Help',
      commitAuthorEmail: 'quinn@example.com',
    });
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('knows who pushed and what was changed from the forge, not from the commit', async () => {
    fs.writeFileSync(path.join(scenario.source.directory, 'app.env'), `TOKEN=${TOKEN}\n`);
    await scenario.commit();
    await pushAs('quinn');
    const promotion = await scenario.promotion();
    const { review } = await promotion.asked('qc');
    expect(review.makers).toContainEqual(
      expect.objectContaining({ name: 'quinn', because: [expect.objectContaining({ role: 'pusher' })] }),
    );
    expect(review.files).toEqual([
      { path: 'CHANGES.md', change: 'changed' },
      { path: 'app.env', change: 'added' },
    ]);
    expect(review.secretScan).toMatchObject({
      files: 2,
      findings: [{ path: 'app.env', line: 1, rule: 'github/GITHUB_TOKEN' }],
      notScannedCount: 0,
    });
    expect(review.gaps).toEqual([]);
    expect(await promotion.decide('qc', 'quinn')).toMatchObject(madeIt);
  });

  it('starts nothing with a push to another branch', async () => {
    const before = await scenario.executions();
    await git(scenario.source.directory, [
      'push',
      '--quiet',
      scenario.run.services.forge.pushUrl('dana', repository),
      'HEAD:feature/login',
    ]);
    expect(scenario.run.host.store.table('forge.activities').values().at(-1)).toMatchObject({
      ref: 'refs/heads/feature/login',
    });
    expect(await scenario.executions()).toEqual(before);
  });
});
