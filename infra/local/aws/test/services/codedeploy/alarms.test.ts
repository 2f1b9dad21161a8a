import type { AutoScalingGroupsType } from '@aws-sdk/client-auto-scaling';
import type { GetDeploymentGroupOutput, GetDeploymentOutput } from '@aws-sdk/client-codedeploy';
import { applicationOf, appspecWith } from '../../instances/application.ts';
import {
  createFleetHost,
  deploy,
  ended,
  eventually,
  type FleetHost,
  get,
  setUpBlueGreen,
  setUpInPlace,
  targets,
} from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(60_000);

let fleet: FleetHost;
beforeEach(() => {
  fleet = createFleetHost();
});
afterEach(() => fleet.dispose());

/** Passes health checks, and answers everybody else with an error. */
const failing = `
const http = require('node:http');
http.createServer((request, response) => {
  response.statusCode = /HealthChecker|undefined/.test(request.headers['user-agent']) ? 200 : 500;
  response.end('failing');
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

/** An alarm on the first server error of an instance. */
const createAlarm = (loadBalancer: string) =>
  fleet.create('AWS::CloudWatch::Alarm', 'Errors', {
    AlarmName: 'errors',
    Namespace: 'AWS/ApplicationELB',
    MetricName: 'HTTPCode_Target_5XX_Count',
    Dimensions: [{ Name: 'LoadBalancer', Value: loadBalancer }],
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
  });

const watch = (name: string, events: readonly string[], autoScalingGroups: readonly string[] = []) =>
  fleet.call('codedeploy', 'UpdateDeploymentGroup', {
    applicationName: 'shop',
    currentDeploymentGroupName: name,
    ...(autoScalingGroups.length > 0 && { autoScalingGroups }),
    alarmConfiguration: { enabled: true, alarms: [{ name: 'errors' }] },
    autoRollbackConfiguration: { enabled: events.length > 0, events },
  });
const setAlarm = (StateValue: 'OK' | 'ALARM') =>
  fleet.call('monitoring', 'SetAlarmState', { AlarmName: 'errors', StateValue, StateReason: 'by hand' });
const groupNames = async () =>
  (
    await fleet.call<AutoScalingGroupsType>('autoscaling', 'DescribeAutoScalingGroups', {})
  ).AutoScalingGroups?.map(({ AutoScalingGroupName }) => AutoScalingGroupName);
const stopped = (message: unknown) => ({
  status: 'Stopped',
  errorInformation: { code: 'ALARM_ACTIVE', message },
});

describe('a blue/green deployment whose alarm goes off', () => {
  it.each([
    ['during the shift', false],
    ['while blue waits for its end', true],
  ])(
    'gives the traffic back to blue, which the deployment group names again: %s',
    async (_when, afterShift) => {
      const { url, seeds } = await setUpBlueGreen(fleet);
      await createAlarm(loadBalancerOf(fleet));
      await watch('prod', ['DEPLOYMENT_STOP_ON_ALARM'], ['seed']);
      const bad = applicationOf('bad', {
        'server.cjs': failing,
        // The alarm has time to go off while blue still takes requests.
        'appspec.yml': `${appspecWith('ApplicationStart', 'start.sh')}  AfterAllowTraffic:\n    - location: wait.sh\n`,
        'wait.sh': `#!/bin/sh\nsleep ${afterShift ? 0 : 1}\n`,
      });
      const deploymentId = await deploy(fleet, 'prod', await fleet.revision('bad.zip', bad));
      if (afterShift)
        await eventually(async () => {
          const { deploymentInfo } = await fleet.call<GetDeploymentOutput>('codedeploy', 'GetDeployment', {
            deploymentId,
          });
          return deploymentInfo?.instanceTerminationWaitTimeStarted || undefined;
        });
      let isOver = false;
      const probing = (async () => {
        while (!isOver) await get(url, { 'user-agent': 'probe' }).catch(() => undefined);
      })();
      const info = await ended(fleet, deploymentId);
      expect(info.instanceTerminationWaitTimeStarted).toBe(afterShift);
      expect(info).toMatchObject({
        ...stopped(expect.stringContaining('Activated alarms: <errors>')),
        rollbackInfo: { rollbackMessage: expect.stringContaining('back on the original instances') },
      });
      const after = await Promise.all(Array.from({ length: 20 }, () => get(url, { 'user-agent': 'probe' })));
      isOver = true;
      await probing;
      expect(after.filter(({ status }) => status !== 200)).toEqual([]);
      const { deploymentGroupInfo } = await fleet.call<GetDeploymentGroupOutput>(
        'codedeploy',
        'GetDeploymentGroup',
        {
          applicationName: 'shop',
          deploymentGroupName: 'prod',
        },
      );
      expect(deploymentGroupInfo?.autoScalingGroups).toMatchObject([{ name: 'seed' }]);
      const found = await targets(fleet, deploymentId);
      expect(found.slice(0, 2).map(({ targetId }) => targetId)).toEqual(seeds);
      // Green stays behind without traffic (T10).
      expect(await groupNames()).toEqual(['seed', `CodeDeploy_prod_${deploymentId}`]);
      expect(fleet.events.find(({ detail }) => detail.state === 'STOP')?.detail).toMatchObject({
        deploymentId,
      });
    },
  );

  it('stops before it starts if the alarm is on already, and touches nothing', async () => {
    const { url } = await setUpBlueGreen(fleet, 1);
    await createAlarm(loadBalancerOf(fleet));
    await watch('prod', ['DEPLOYMENT_STOP_ON_ALARM'], ['seed']);
    await setAlarm('ALARM');
    const revision = await fleet.revision('one.zip', applicationOf('one'));
    const first = await deploy(fleet, 'prod', revision);
    expect(await ended(fleet, first)).toMatchObject(stopped(expect.any(String)));
    expect(await groupNames()).toEqual(['seed']);
    await setAlarm('OK');
    expect((await ended(fleet, await deploy(fleet, 'prod', revision))).status).toBe('Succeeded');
    expect((await get(url)).body).toBe('one');
  });

  it('is not stopped by an alarm that the group does not watch', async () => {
    await setUpBlueGreen(fleet, 1);
    await createAlarm(loadBalancerOf(fleet));
    await setAlarm('ALARM');
    const deploymentId = await deploy(fleet, 'prod', await fleet.revision('one.zip', applicationOf('one')));
    expect((await ended(fleet, deploymentId)).status).toBe('Succeeded');
  });
});

it('a deployment in place stops before its first event, and rolls back only if the group says so', async () => {
  await setUpInPlace(fleet);
  await createAlarm('app/none/0');
  await watch('qat', []);
  await setAlarm('ALARM');
  const deploymentId = await deploy(fleet, 'qat', await fleet.revision('one.zip', applicationOf('one')));
  const info = await ended(fleet, deploymentId);
  expect(info).toMatchObject(stopped(expect.any(String)));
  expect(info.rollbackInfo).toBeUndefined();
});

it('fails for more than ten alarms, for one without a name, and for the same twice', async () => {
  await setUpInPlace(fleet);
  const update = (names: readonly string[]) =>
    fleet.call('codedeploy', 'UpdateDeploymentGroup', {
      applicationName: 'shop',
      currentDeploymentGroupName: 'qat',
      alarmConfiguration: { enabled: true, alarms: names.map((name) => ({ name })) },
    });
  const many = Array.from({ length: 11 }, (_, index) => `alarm ${index}`);
  await expect(update(many)).rejects.toThrow('can have 10 alarms; received 11');
  for (const names of [[], [''], ['same', 'same']])
    await expect(update(names)).rejects.toMatchObject({ name: 'InvalidAlarmConfigException' });
});

it('fails a deployment whose service role may not read alarms', async () => {
  await setUpInPlace(fleet);
  await createAlarm('app/none/0');
  await watch('qat', []);
  await fleet.role('CodeDeployRole', 'codedeploy.amazonaws.com', [
    { Effect: 'Allow', Action: ['ec2:*', 'autoscaling:*'], Resource: '*' },
  ]);
  const deploymentId = await deploy(fleet, 'qat', await fleet.revision('one.zip', applicationOf('one')));
  expect((await ended(fleet, deploymentId)).errorInformation).toMatchObject({
    code: 'IAM_ROLE_PERMISSIONS',
    message: expect.stringContaining('cloudwatch:DescribeAlarms'),
  });
});

/** The load balancer's name as a dimension of its metrics. */
const loadBalancerOf = ({ store }: FleetHost): string =>
  (store.table<{ arn: string }>('elb.loadBalancers').values()[0]?.arn ?? '').split(':loadbalancer/')[1] ?? '';
