import fs from 'node:fs';
import path from 'node:path';
import type { DescribeAlarmsOutput, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { administrator, readOutbox } from '@lockstep/aws-emulator';
import { git } from '../../infra/local/run/git.ts';
import { startTrafficProbe } from '../../infra/local/run/traffic-probe.ts';
import { stateNames } from '../../workflows/state-names.ts';
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
let bad: ScenarioPromotion;
let served: string;
let liveBefore: string | undefined;
beforeAll(async () => {
  scenario = await startScenario();
  const good = await scenario.startPromotion();
  await approveBoth(good);
  served = good.commitId;
  liveBefore = (await seeFleet(scenario.run)).live;
});
afterAll(() => scenario.stop());

/** The alarms that are on. */
const alarmsOn = async (): Promise<readonly MetricAlarm[]> =>
  (
    await scenario.run.host.call<DescribeAlarmsOutput>(administrator, 'monitoring', 'DescribeAlarms', {
      StateValue: 'ALARM',
    })
  ).MetricAlarms ?? [];
const alarmMails = () =>
  readOutbox(scenario.run.host.store).filter(({ subject }) => subject.startsWith('ALARM:'));

/** Changes what the application's page answers; health checks and scripts look elsewhere. */
const answerWith = async (status: number) => {
  const file = path.join(scenario.source.directory, 'src/server.mjs');
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const marker = 'const path = request.url';
  fs.writeFileSync(
    file,
    lines
      .filter((line) => !line.includes('statusCode = 5'))
      .flatMap((line) =>
        line.includes(marker) && status >= 500
          ? [line, `  if (path === '/') return void response.writeHead(${status}).end(); // statusCode = 5`]
          : [line],
      )
      .join('\n'),
  );
  await git(scenario.source.directory, ['add', '--all']);
};

/** Answers to so many requests, each for the page and for the version that serves. */
const ask = async (count: number) => {
  const seen: { status: number; commit: string }[] = [];
  for (let sent = 0; sent < count; sent++) {
    const { status } = await fetch(scenario.application.prodUrl);
    const version = await fetch(`${scenario.application.prodUrl}/version`);
    seen.push({ status, commit: ((await version.json()) as { commit: string }).commit });
  }
  return seen;
};
/** Lets minutes pass one by one: a leap is a sleep of the machine, of which nothing is known. */
const pass = async (minutes: number) => {
  for (let passed = 0; passed < minutes; passed++) {
    scenario.advance({ minutes: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

it('fails a deployment whose version answers with errors after its health checks passed, and takes it back', async () => {
  await answerWith(500);
  bad = await scenario.startPromotion();
  const probe = startTrafficProbe(scenario.application.prodUrl);
  const end = await approveBoth(bad);
  await probe();
  expect(end).toMatchObject({ status: 'FAILED', error: 'DeploymentFailed' });
  expect((await bad.states()).at(-1)).toEqual([stateNames.deployToProd, 'FAILED']);
  const [alarm] = await alarmsOn();
  expect(alarm?.MetricName).toBe('HTTPCode_Target_5XX_Count');
  expect(end.cause).toContain('ALARM_ACTIVE');
  expect(end.cause).toContain(`Activated alarms: <${alarm?.AlarmName}>`);
});

it('no request fails after that: the instances of before serve, and nothing of the deployment is left', async () => {
  const { live, groups } = await prodInOrder(scenario, bad.id);
  expect(live).toBe(liveBefore);
  expect(groups.map(({ AutoScalingGroupName }) => AutoScalingGroupName)).toEqual([liveBefore]);
  expect(new Set((await ask(40)).map((one) => JSON.stringify(one)))).toEqual(
    new Set([JSON.stringify({ status: 200, commit: served })]),
  );
});

it('operators read which alarm it was, in the mail about it and about the promotion', async () => {
  const [mail, ...others] = alarmMails();
  expect(others).toEqual([]);
  expect(mail?.message).toContain('RUNBOOK.md#prod-answers-with-errors');
  const failure = await eventually('the mail about the failure', () =>
    readOutbox(scenario.run.host.store).find(({ subject }) => subject.startsWith('Failed: orders')),
  );
  expect(failure.message).toContain('ALARM_ACTIVE');
});

it('fails at once while the alarm is on, and makes no instance', async () => {
  await bad.redrive();
  const end = await bad.ended();
  expect(end).toMatchObject({ error: 'AlarmOn', cause: expect.stringContaining('Nothing was deployed') });
  const { groups } = await prodInOrder(scenario, bad.id, 1);
  expect(groups.map(({ AutoScalingGroupName }) => AutoScalingGroupName)).toEqual([liveBefore]);
});

it('a version that answers well is deployed once the alarm is off', async () => {
  await pass(17);
  await eventually('the alarm to go off', async () => ((await alarmsOn()).length === 0 ? true : undefined));
  await answerWith(200);
  const good = await scenario.startPromotion();
  const probe = startTrafficProbe(scenario.application.prodUrl);
  expect(await approveBoth(good)).toMatchObject({ status: 'SUCCEEDED' });
  expect((await probe()).failed).toBe(0);
});

it('T56: operators are called when every instance is gone, and the metric with them', async () => {
  const { live } = await seeFleet(scenario.run);
  await scenario.run.host.call(administrator, 'autoscaling', 'UpdateAutoScalingGroup', {
    AutoScalingGroupName: live,
    MinSize: 0,
    DesiredCapacity: 0,
  });
  await eventually('the instances to be gone', async () =>
    (await seeFleet(scenario.run)).instances.length === 0 ? true : undefined,
  );
  await pass(7);
  await eventually('the alarm to go on', async () =>
    (await alarmsOn()).some(
      ({ MetricName, Threshold }) => MetricName === 'HealthyHostCount' && Threshold === 1,
    )
      ? true
      : undefined,
  );
  await eventually(
    'its mail',
    () =>
      alarmMails().some(({ message }) => message.includes('RUNBOOK.md#prod-has-no-healthy-instance')) ||
      undefined,
  );
});
