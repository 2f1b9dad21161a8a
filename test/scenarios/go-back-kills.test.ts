import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type SignedInPerson, signInAs } from '../../infra/local/run/approver.ts';
import { pause } from '../../infra/local/run/follow.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { seedAssembly } from '../support/assembly.ts';
import { type Command, startCommand } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';
import { goBackOf, pressGoBack, servedInProd } from './support/go-back.ts';
import { LATEST_MS, randomNumbers } from './support/kills.ts';
import { approveBoth, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(900_000);

/** What a go-back writes down once, however often it is taken up: inputs of its execution, and how its deployment's instances stand. */
const step = /^\w{8} \{"t":"(states\.journal|codedeploy\.targets)"/gm;
/** It has some 80, of which every input but the last few comes before the deployment. */
const FIRST_STEPS = 16;
const LAST_STEP = 74;
/** How often it is killed while it deploys. */
const KILLS_IN_DEPLOYMENT = 5;

/** Decides for both roles as soon as the site asks, as long as the process lives. */
const decideWhatIsAsked = async ({ child }: Command, siteUrl: string, promotionId: string): Promise<void> => {
  const roles = ['quinn', 'parker'] as const;
  const people = new Map<string, SignedInPerson>();
  while (child.exitCode === null && child.signalCode === null) {
    for (const name of roles)
      try {
        const person = people.get(name) ?? (await signInAs(name, siteUrl));
        people.set(name, person);
        const { document } = await person.open(`${siteUrl}/promotions/${promotionId}`);
        const link = document.querySelector('a[href^="/approvals/"]')?.getAttribute('href');
        if (link) await person.decide(`${siteUrl}${link}`, 'approve');
      } catch {
        // The site is not there yet, or no longer: a kill may come in the middle of any request.
      }
    await pause(100);
  }
};

describe('a go-back whose run is killed', () => {
  const stateDir = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-go-back-kills-')));
  const journal = path.join(stateDir, 'journal.ndjson');
  let scenario: Scenario | undefined;
  afterAll(async () => {
    await scenario?.stop('keep');
    fs.rmSync(stateDir, { recursive: true, force: true });
  });

  it('goes on at every state: nothing is built, nothing deployed twice, and Prod serves the release', async () => {
    const seed = Number(process.env.KILL_SEED ?? 20);
    await goBackThroughKills(seed).catch((error: unknown) => {
      throw new Error(`KILL_SEED=${seed}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    });
  });

  const goBackThroughKills = async (seed: number) => {
    scenario = await startScenario({ stateDir });
    const first = await scenario.startPromotion();
    expect(await approveBoth(first)).toMatchObject({ status: 'SUCCEEDED' });
    const second = await scenario.startPromotion();
    expect(await approveBoth(second)).toMatchObject({ status: 'SUCCEEDED' });
    const { siteUrl } = scenario.system;
    const from = fs.statSync(journal).size;
    const { id } = await pressGoBack(scenario, first, 'The cart is empty');
    await scenario.stop('keep');
    scenario = undefined;

    const since = () => fs.readFileSync(journal, 'latin1').slice(from);
    const stepsSoFar = () => since().match(step)?.length ?? 0;
    const random = randomNumbers(seed);
    const kills = [
      ...Array.from({ length: FIRST_STEPS }, (_, index) => index),
      ...Array.from(
        { length: KILLS_IN_DEPLOYMENT },
        () => FIRST_STEPS + random() * (LAST_STEP - FIRST_STEPS),
      ).sort((one, other) => one - other),
    ];
    await seedAssembly(stateDir);
    const { endpoint, approvals } = await freePorts();
    const site = new URL(siteUrl);
    site.port = String(approvals);
    const killedAt: number[] = [];
    for (const at of kills) {
      if (stepsSoFar() > at) continue;
      const command = startCommand(['--port', String(endpoint), '--state-dir', stateDir]);
      const deciding = decideWhatIsAsked(command, site.origin, id);
      while (stepsSoFar() <= at && command.child.exitCode === null) await pause(5);
      await pause(random() * LATEST_MS);
      command.child.kill('SIGKILL');
      expect([await command.ended, command.output()]).toEqual(['SIGKILL', expect.anything()]);
      await deciding;
      killedAt.push(stepsSoFar());
    }
    // Each kill is another, before, in and after the deployment.
    expect(killedAt.length).toBeGreaterThan(KILLS_IN_DEPLOYMENT);
    // The last kill comes in the middle of a record.
    fs.truncateSync(journal, fs.statSync(journal).size - 1 - Math.floor(random() * 8));

    scenario = await startScenario({ stateDir });
    const goBack = goBackOf(scenario, id, first);
    const { ledger } = scenario.system;
    for (const [role, person] of [
      ['qc', 'quinn'],
      ['pmo', 'parker'],
    ] as const)
      if ((await ledger.latestApproval(id, role))?.status !== 'APPROVED') await goBack.decide(role, person);
    expect(await goBack.ended()).toMatchObject({ status: 'SUCCEEDED' });
    const report = await goBack.report();
    expect(report.jobs.map(({ state, status }) => [state, status])).toEqual([
      [names.deployToProd, 'SUCCEEDED'],
    ]);
    expect(report.promotion.redrives).toBe(0);
    expect(report.deployments.map(({ commitId }) => commitId)).toEqual([first.commitId]);
    expect(report.approvals.map(({ approver }) => approver)).toEqual(['quinn', 'parker']);
    expect(await servedInProd(scenario)).toBe(first.commitId);
    expect(since()).not.toContain('"t":"imagebuilder.');
  };
});
