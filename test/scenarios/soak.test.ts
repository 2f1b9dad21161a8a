import fs from 'node:fs';
import path from 'node:path';
import type { DescribeAlarmsOutput } from '@aws-sdk/client-cloudwatch';
import type { GetDeploymentGroupOutput } from '@aws-sdk/client-codedeploy';
import { administrator } from '@lockstep/aws-emulator';
import { signInAs } from '../../infra/local/run/approver.ts';
import { git } from '../../infra/local/run/git.ts';
import { startTrafficProbe } from '../../infra/local/run/traffic-probe.ts';
import type { EvidenceFile } from '../../tasks/evidence/evidence-file.ts';
import type { Job } from '../../tasks/ledger/items.ts';
import { prodDeployments } from '../../tasks/promotions/metrics.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { lockstep as runLockstep } from './support/command-line.ts';
import { prodInOrder, seeFleet } from './support/prod-fleet.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(400_000);

let scenario: Scenario;
let first: ScenarioPromotion;
beforeAll(async () => {
  scenario = await startScenario({ soak: true });
});
afterAll(() => scenario?.stop());

/** While this file is there, versions that look for it answer with errors. */
const sickness = () => path.join(scenario.stateDir, 'sick');
/** Changes what the application's page answers; health checks, scripts and `/version` look elsewhere. */
const answerWith = async (what: 'pages' | 'errors' | 'errors while sick') => {
  const file = path.join(scenario.source.directory, 'src/server.mjs');
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const bad = `  if (path === '/'${what === 'errors' ? '' : ` && existsSync(${JSON.stringify(sickness())})`}) return void response.writeHead(500).end(); // sick`;
  fs.writeFileSync(
    file,
    [
      ...(what === 'errors while sick' ? ["import { existsSync } from 'node:fs'; // sick"] : []),
      ...lines
        .filter((line) => !line.endsWith('// sick'))
        .flatMap((line) =>
          what !== 'pages' && line.includes('const path = request.url') ? [line, bad] : [line],
        ),
    ].join('\n'),
  );
  await git(scenario.source.directory, ['add', '--all']);
};

/** The command line against the local run, with all that it prints. */
const lockstep = async (...args: string[]) => {
  const { code, out, error } = await runLockstep(scenario, ...args);
  return { code, text: out + error };
};
const pageOf = async (id: string, person = 'olga') => {
  const reader = await signInAs(person, scenario.system.siteUrl);
  return { reader, page: await reader.open(`${scenario.system.siteUrl}/promotions/${id}`) };
};
/** Approves and waits for the end; a test may fail before it. */
const ending = (promotion: ScenarioPromotion) => {
  const end = approveBoth(promotion);
  end.catch(() => undefined);
  return end;
};
/** Waits until the promotion's page shows the soak. */
const soaking = async (id: string): Promise<string> => {
  const { reader } = await pageOf(id);
  return eventually('the soak', async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const page = await reader.open(`${scenario.system.siteUrl}/promotions/${id}`);
    return page.document.querySelector('.soak-card')?.text;
  });
};
const prodJob = async (id: string): Promise<Job | undefined> =>
  prodDeployments(await scenario.system.ledger.jobs(id)).at(-1);
const alarmsOn = async () =>
  (
    await scenario.run.host.call<DescribeAlarmsOutput>(administrator, 'monitoring', 'DescribeAlarms', {
      StateValue: 'ALARM',
    })
  ).MetricAlarms ?? [];
/** Names of the alarms that watch Prod's deployments. */
const watching = async () => {
  const [fleet] = scenario.run.stacks.resourcesOfType('Custom::LockstepProdFleet');
  const { applicationName, deploymentGroupName } = fleet?.properties ?? {};
  const { deploymentGroupInfo } = await scenario.run.host.call<GetDeploymentGroupOutput>(
    administrator,
    'codedeploy',
    'GetDeploymentGroup',
    { applicationName, deploymentGroupName },
  );
  return (deploymentGroupInfo?.alarmConfiguration?.alarms ?? []).map(({ name }) => name);
};
const ask = async (address: string, count: number) => {
  const statuses: number[] = [];
  for (let sent = 0; sent < count; sent++)
    statuses.push((await fetch(new URL(address, scenario.application.prodUrl))).status);
  return statuses;
};
/** Lets minutes pass one by one: a leap is a sleep of the machine, of which nothing is known. */
const pass = async (minutes: number) => {
  for (let passed = 0; passed < minutes; passed++) {
    scenario.advance({ minutes: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const evidenceOf = async (id: string) => {
  const file = path.join(scenario.stateDir, `${id}.json`);
  fs.rmSync(file, { force: true });
  await eventually('the seal', async () => {
    const { code } = await lockstep('evidence', id, '--out', file);
    return code === 0 || undefined;
  });
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as EvidenceFile).entries;
};

it('keeps the old instances for five minutes after the cut-over, then ends by itself', async () => {
  first = await scenario.startPromotion();
  const end = ending(first);
  const text = await soaking(first.id);
  expect(text).toMatch(/The old ones are kept until .* UTC\. 5 min/);
  expect(text).toContain('Send traffic back now');
  const { groups } = await seeFleet(scenario.run);
  expect(groups).toHaveLength(2);
  await pass(6);
  expect(await end).toMatchObject({ status: 'SUCCEEDED' });
  expect((await seeFleet(scenario.run)).groups).toHaveLength(1);
});

describe('a release that gets sick', () => {
  let second: ScenarioPromotion;
  let whole: readonly (string | undefined)[];
  beforeAll(async () => {
    whole = await watching();
    await answerWith('errors while sick');
    second = await scenario.startPromotion();
  });

  it('an operator ends its soak, whose alarms are quiet, and evidence says who', async () => {
    const end = ending(second);
    await soaking(second.id);
    const { reader, page } = await pageOf(second.id);
    const form = page.document.querySelector('form[action$="/end-soak"]');
    if (!form) throw new Error(`no form: ${page.document.text}`);
    expect((await reader.submit(page, form, {})).status).toBe(200);
    expect(await end).toMatchObject({ status: 'SUCCEEDED' });
    expect(await evidenceOf(second.id)).toContainEqual(
      expect.objectContaining({
        kind: 'end-soak-asked',
        actor: expect.objectContaining({ name: 'olga' }),
      }),
    );
  });

  it('once its alarm is on, a push is not deployed to Prod, and its failure names the alarm and the cure', async () => {
    fs.writeFileSync(sickness(), '');
    await ask('/', 20);
    const [alarm] = await eventually('the alarm', async () => {
      const on = await alarmsOn();
      return on.length > 0 ? on : undefined;
    });
    await answerWith('pages');
    const third = await scenario.startPromotion();
    const end = await approveBoth(third);
    expect(end).toMatchObject({ status: 'FAILED', error: 'AlarmOn' });
    expect(end.cause).toContain(`${alarm?.AlarmName} is on since`);
    expect(end.cause).toContain('go back to an earlier release');
    expect(await prodJob(third.id)).toMatchObject({ status: 'FAILED' });
    expect((await prodJob(third.id))?.externalId).toBeUndefined();
    await prodInOrder(scenario, third.id);
  });

  it('a go-back cures it: the alarm that is on does not stop it, the others watch, and a restart in its soak changes nothing', async () => {
    const probe = startTrafficProbe(new URL('/version', scenario.application.prodUrl).href);
    // On the page: its function has the run's clock, which is ahead of the machine's.
    const { reader, page } = await pageOf(`${first.id}/go-back`);
    const form = page.document.querySelector('form[action$="/go-back"]');
    if (!form) throw new Error(`no form: ${page.document.text}`);
    const answer = await reader.submit(page, form, { reason: 'It is sick' });
    const promotionId = new URL(answer.url).pathname.split('/').at(-1) ?? '';
    const arn = first.executionArn.replace(first.id, promotionId);
    let goBack = scenario.promotionOf(arn, first.commitId);
    approveBoth(goBack).catch(() => undefined);
    const shown = await soaking(promotionId);
    const [alarm] = await alarmsOn();
    expect(shown).toContain(`${alarm?.AlarmName} was on before the deployment began`);
    expect(await watching()).toEqual(whole.filter((name) => name !== alarm?.AlarmName));
    expect(await ask('/', 20)).toEqual(Array(20).fill(200));
    expect((await probe()).failed).toBe(0);

    const { stateDir } = scenario;
    await scenario.stop('keep');
    scenario = await startScenario({ stateDir, soak: true });
    goBack = scenario.promotionOf(arn, first.commitId);
    await soaking(promotionId);
    expect(await lockstep('end-soak', promotionId)).toMatchObject({ code: 0 });
    expect(await goBack.ended()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await watching()).toEqual(whole);
    expect(await evidenceOf(promotionId)).toContainEqual(
      expect.objectContaining({
        kind: 'job-started',
        what: expect.objectContaining({
          state: stateNames.deployToProd,
          alarmsLeftOut: [alarm?.AlarmName],
        }),
      }),
    );
    fs.rmSync(sickness());
  });
});

describe('a release that is bad', () => {
  beforeAll(async () => {
    await pass(17);
    await eventually('the alarm to go off', async () => ((await alarmsOn()).length === 0 ? true : undefined));
  });

  it('an operator sends the traffic back in the soak: the promotion fails in their name, and Prod is restored', async () => {
    await answerWith('pages');
    const promotion = await scenario.startPromotion();
    const end = ending(promotion);
    await soaking(promotion.id);
    const { reader, page } = await pageOf(promotion.id);
    const asked = await reader.open(`${page.url}/send-back`);
    const form = asked.document.querySelector('form[action$="/send-back"]');
    if (!form) throw new Error(`no form: ${asked.document.text}`);
    expect((await reader.submit(asked, form, { reason: 'The cart is empty' })).status).toBe(200);
    const { status, error, cause } = await end;
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'SentBack' });
    expect(cause).toMatch(/^olga sent the traffic back to the old instances, .*: The cart is empty/);
    await prodInOrder(scenario, promotion.id);
    const served = await (await fetch(new URL('/version', scenario.application.prodUrl))).json();
    expect(served).toMatchObject({ commit: first.commitId });
    expect(await evidenceOf(promotion.id)).toContainEqual(
      expect.objectContaining({
        kind: 'send-back-asked',
        actor: expect.objectContaining({ name: 'olga' }),
        what: expect.objectContaining({ reason: 'The cart is empty' }),
      }),
    );
    expect(await lockstep('send-back', promotion.id, '--reason', 'Again')).toMatchObject({
      code: 1,
      text: expect.stringContaining('does not soak'),
    });
  });

  it('an alarm takes it back in the soak: the failure names the alarm, with a graph that stays', async () => {
    await answerWith('errors');
    const promotion = await scenario.startPromotion();
    const end = ending(promotion);
    await soaking(promotion.id);
    await ask('/', 20);
    const { status, error, cause } = await end;
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'DeploymentFailed' });
    const [alarm] = await alarmsOn();
    expect(cause).toMatch(new RegExp(`^The alarm ${alarm?.AlarmName} went off, .* UTC: Instances of orders`));
    expect(cause).toMatch(/Sum of HTTPCode_Target_5XX_Count in 5 minutes, alarm at ≥ \d+\. Highest of/);
    const { alarms } = (await prodJob(promotion.id)) ?? {};
    expect(alarms).toMatchObject([
      { name: alarm?.AlarmName, graph: { metric: 'HTTPCode_Target_5XX_Count' } },
    ]);
    expect(Math.max(...(alarms?.[0]?.graph?.points ?? []).map(({ value }) => value))).toBeGreaterThanOrEqual(
      alarms?.[0]?.graph?.threshold ?? Number.POSITIVE_INFINITY,
    );
    await prodInOrder(scenario, promotion.id);
    expect(await ask('/', 20)).toEqual(Array(20).fill(200));
    const { page } = await pageOf(promotion.id, 'quinn');
    expect(page.document.querySelector('.fired-alarms svg title')?.text).toContain('alarm at ≥');
    expect((await scenario.system.ledger.lock('orders', 'prod')).holder).toBeUndefined();
  });
});
