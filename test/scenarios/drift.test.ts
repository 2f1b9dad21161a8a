import type { DescribeAlarmsOutput } from '@aws-sdk/client-cloudwatch';
import type { CreateDeploymentOutput, GetDeploymentOutput } from '@aws-sdk/client-codedeploy';
import { administrator, readOutbox } from '@lockstep/aws-emulator';
import { imageParameterName } from '../../infra/aws/names.ts';
import type { EnvironmentStatus } from '../../tasks/drift/environment-status.ts';
import { statusKey } from '../../tasks/ledger/stored.ts';
import type { Environment } from '../../tasks/payloads.ts';
import { seeFleet } from './support/prod-fleet.ts';
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
let second: ScenarioPromotion;
beforeAll(async () => {
  scenario = await startScenario();
  first = await scenario.startPromotion();
  await approveBoth(first);
  second = await scenario.startPromotion();
  await approveBoth(second);
});
afterAll(() => scenario?.stop());

const call = <Output>(service: string, operation: string, input: object) =>
  scenario.run.host.call<Output>(administrator, service, operation, input);
const status = (environment: Environment) =>
  scenario.system.ledger.environmentStatus(scenario.application.name, environment);
const mails = (beginning: string) =>
  readOutbox(scenario.run.host.store).filter(({ subject }) => subject.startsWith(beginning));

/** Looks now, as the schedule does every five minutes. */
const look = async () => {
  const [found] = scenario.run.stacks
    .resourcesOfType('AWS::Lambda::Function')
    .filter(({ state }) => /LookAtInstances/.test(state.physicalId));
  await call('lambda', 'Invoke', { FunctionName: found?.state.physicalId });
};
/** Looks again and again until it has seen something. */
const seen = (environment: Environment, what: string, is: (status: EnvironmentStatus) => boolean) =>
  eventually(
    what,
    async () => {
      await look();
      const found = await status(environment);
      return found !== undefined && is(found) ? found : undefined;
    },
    async () => JSON.stringify([await status(environment), scenario.run.host.accessReport().denied]),
  );
const serving = ({ instances }: EnvironmentStatus) => instances.filter(({ state }) => state === 'serves');
const drifting = ({ instances }: EnvironmentStatus) => instances.filter(({ drift }) => drift.length > 0);

it('sees after a promotion that every instance runs its image and commit', async () => {
  const promotion = await scenario.system.ledger.promotion(second.id);
  for (const environment of ['qat', 'prod'] as const) {
    // The end of the promotion woke it.
    const found = await eventually('a look at the second release', async () => {
      const one = await status(environment);
      return one?.release?.promotionId === second.id ? one : undefined;
    });
    expect(found).toMatchObject({ unread: [], alarms: [], told: [] });
    expect(serving(found)).not.toEqual([]);
    for (const one of serving(found))
      expect(one).toMatchObject({
        imageId: promotion?.images[environment],
        delivery: { deploymentId: promotion?.deployments[environment], commitId: second.commitId },
        drift: [],
      });
  }
  expect(mails('Drift')).toEqual([]);
});

it('calls an instance that Auto Scaling adds no drift (T29)', async () => {
  const { live } = await seeFleet(scenario.run);
  const before = serving((await status('prod')) as EnvironmentStatus).length;
  await call('autoscaling', 'UpdateAutoScalingGroup', {
    AutoScalingGroupName: live,
    DesiredCapacity: before + 1,
  });
  const found = await seen('prod', 'the added instance', (one) => serving(one).length === before + 1);
  expect(drifting(found)).toEqual([]);
  expect(new Set(serving(found).map(({ delivery }) => delivery?.deploymentId)).size).toBe(2);
  expect(mails('Drift')).toEqual([]);
});

it('says which instance runs another image than what was approved, and mails operators once', async () => {
  const Name = imageParameterName(scenario.application.name, 'prod');
  const { images: { prod: approved, qat: other } = {} } =
    (await scenario.system.ledger.promotion(second.id)) ?? {};
  const put = (Value: string | undefined) =>
    call('ssm', 'PutParameter', { Name, Value, Overwrite: true, Type: 'String', DataType: 'aws:ec2:image' });
  await put(other);
  const [victim] = serving((await status('prod')) as EnvironmentStatus);
  await call('ec2', 'TerminateInstances', { InstanceIds: [victim?.instanceId] });
  const found = await seen('prod', 'drift', (one) => drifting(one).length > 0);
  expect(drifting(found).map(({ drift }) => drift)).toEqual([[`runs image ${other}, not ${approved}`]]);
  await look();
  await look();
  const [mail, ...more] = mails('Drift');
  expect(more).toEqual([]);
  expect(mail?.message).toContain(`${drifting(found)[0]?.instanceId} runs image ${other}, not ${approved}`);
  expect(mail?.message).toContain('Terminate the instances that differ');

  await put(approved);
  await call('ec2', 'TerminateInstances', { InstanceIds: drifting(found).map((one) => one.instanceId) });
  await seen('prod', 'no drift', (one) => drifting(one).length === 0 && one.told.length === 0);
  await look();
  expect(mails('No drift any more')).toHaveLength(1);
  expect(mails('Drift')).toHaveLength(1);
});

it('says which commit somebody deployed by hand, and by which deployment', async () => {
  const { deployments } = (await scenario.system.ledger.promotion(first.id)) ?? {};
  const { deploymentInfo } = await call<GetDeploymentOutput>('codedeploy', 'GetDeployment', {
    deploymentId: deployments?.qat,
  });
  const { deploymentId } = await call<CreateDeploymentOutput>('codedeploy', 'CreateDeployment', {
    applicationName: deploymentInfo?.applicationName,
    deploymentGroupName: deploymentInfo?.deploymentGroupName,
    revision: deploymentInfo?.revision,
  });
  const found = await seen('qat', 'drift', (one) => drifting(one).length > 0);
  expect(drifting(found)[0]?.drift).toEqual([
    `runs commit ${first.commitId.slice(0, 8)}, by deployment ${deploymentId}, not commit ${second.commitId.slice(0, 8)}`,
  ]);
  await look();
  expect(mails('Drift: QAT')).toHaveLength(1);
});

it('shows an alarm while it is on', async () => {
  const { MetricAlarms = [] } = await call<DescribeAlarmsOutput>('monitoring', 'DescribeAlarms', {});
  const slow = MetricAlarms.find(({ AlarmDescription }) => AlarmDescription?.includes('took longer'));
  await call('monitoring', 'SetAlarmState', {
    AlarmName: slow?.AlarmName,
    StateValue: 'ALARM',
    StateReason: 'Set by hand.',
  });
  const found = await seen('prod', 'the alarm', ({ alarms }) => alarms.length > 0);
  expect(found.alarms).toMatchObject([
    { name: slow?.AlarmName, meaning: slow?.AlarmDescription?.replace(/ See \S+$/, '') },
  ]);
  expect(found.unread).toEqual([]);
});

it('says what could not be read, and never that all is well', async () => {
  const { deployments } = (await scenario.system.ledger.promotion(second.id)) ?? {};
  const { deploymentInfo } = await call<GetDeploymentOutput>('codedeploy', 'GetDeployment', {
    deploymentId: deployments?.qat,
  });
  await call('codedeploy', 'DeleteDeploymentGroup', {
    applicationName: deploymentInfo?.applicationName,
    deploymentGroupName: deploymentInfo?.deploymentGroupName,
  });
  const found = await seen('qat', 'what is unread', ({ unread }) => unread.length > 0);
  expect(found.unread[0]).toMatch(/^The deployments could not be read: DeploymentGroupDoesNotExist/);
  // What operators were told stays told.
  expect(found.told).toHaveLength(1);
  expect(mails('No drift any more')).toHaveLength(1);
});

it('keeps one item for each environment, which is bounded', async () => {
  const key = statusKey(scenario.application.name, 'prod');
  expect(key.sk).toBe('STATUS#prod');
  expect(JSON.stringify(await status('prod')).length).toBeLessThan(10_000);
});
