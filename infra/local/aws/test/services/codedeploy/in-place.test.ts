import fs from 'node:fs';
import path from 'node:path';
import { applicationOf, appspecWith, type BundleFile } from '../../instances/application.ts';
import {
  createFleetHost,
  deploy,
  ended,
  eventually,
  type FleetHost,
  get,
  inService,
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

const portOf = (instanceId: string) => fleet.instances.machine(instanceId)?.port;
const answerOf = async (instanceId: string) => (await get(`http://127.0.0.1:${portOf(instanceId)}/`)).body;

/** Deploys a bundle and gives how it ended with the first failed event, if any. */
const outcome = async (files: Record<string, BundleFile>, more: object = {}) => {
  const id = await deploy(fleet, 'qat', await fleet.revision(`${Math.random()}.zip`, files), more);
  const info = await ended(fleet, id);
  const failed = (await targets(fleet, id)).flatMap(({ lifecycleEvents }) =>
    (lifecycleEvents ?? []).filter(({ status }) => status === 'Failed'),
  )[0];
  return { id, info, event: failed?.lifecycleEventName, diagnostics: failed?.diagnostics };
};

describe('an in-place deployment', () => {
  it('runs the hooks in order, starts the application, and is reached through the front door', async () => {
    const [instanceId = ''] = (await setUpInPlace(fleet)).instanceIds;
    const { id, info } = await outcome(applicationOf('one'));
    expect(info).toMatchObject({
      status: 'Succeeded',
      creator: 'user',
      deploymentOverview: { Succeeded: 1, Failed: 0 },
      deploymentStyle: { deploymentType: 'IN_PLACE', deploymentOption: 'WITHOUT_TRAFFIC_CONTROL' },
    });
    const [target] = await targets(fleet, id);
    expect(target?.lifecycleEvents?.map((event) => [event.lifecycleEventName, event.status])).toEqual(
      [
        'ApplicationStop',
        'DownloadBundle',
        'BeforeInstall',
        'Install',
        'AfterInstall',
        'ApplicationStart',
        'ValidateService',
      ].map((name) => [name, 'Succeeded']),
    );
    expect(await answerOf(instanceId)).toBe('one');
    const door = fleet.autoscaling.frontDoorPort('qat');
    expect(await get(`http://localhost:${door}/`)).toMatchObject({ status: 200, body: 'one' });
  });

  it('gives scripts CodeDeploy’s variables, its place on this machine, and nothing of this process', async () => {
    const [instanceId = ''] = (await setUpInPlace(fleet)).instanceIds;
    const script = '#!/bin/sh\nenv | sort > "$DESTDIR/env"; pwd > "$DESTDIR/pwd"\n';
    process.env.AWS_SECRET_ACCESS_KEY = 'not for scripts';
    const files = applicationOf('one', {
      'appspec.yml': appspecWith('AfterInstall', 'env.sh'),
      'env.sh': script,
    });
    const { id, info } = await outcome(files).finally(() => {
      delete process.env.AWS_SECRET_ACCESS_KEY;
    });
    expect(info.status).toBe('Succeeded');
    const root = fleet.instances.root(instanceId);
    const lines = fs.readFileSync(path.join(root, 'env'), 'utf8').trim().split('\n');
    const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
    expect(env).toMatchObject({
      LIFECYCLE_EVENT: 'AfterInstall',
      DEPLOYMENT_ID: id,
      APPLICATION_NAME: 'shop',
      DEPLOYMENT_GROUP_NAME: 'qat',
      DESTDIR: root,
      PORT: String(portOf(instanceId)),
    });
    expect(Object.keys(env)).not.toContain('AWS_SECRET_ACCESS_KEY');
    expect(fs.readFileSync(path.join(root, 'pwd'), 'utf8').trim()).toBe(fs.realpathSync(root));
  });

  it('stops the previous revision by its own script (T31)', async () => {
    const [instanceId = ''] = (await setUpInPlace(fleet)).instanceIds;
    const marking = (version: string) => ({
      'stop.sh': `#!/bin/sh\necho stopped ${version} >> "$DESTDIR/stops"\nkill "$(cat "$DESTDIR/app.pid")"\n`,
    });
    await outcome(applicationOf('one', marking('one')));
    expect((await outcome(applicationOf('two', marking('two')))).info.status).toBe('Succeeded');
    expect(fs.readFileSync(path.join(fleet.instances.root(instanceId), 'stops'), 'utf8')).toBe(
      'stopped one\n',
    );
    expect(await answerOf(instanceId)).toBe('two');
  });

  it('A21: stops by the script of the revision that it installed last, even if that one failed later', async () => {
    const [instanceId = ''] = (await setUpInPlace(fleet)).instanceIds;
    const marking = (version: string) => ({
      'stop.sh': `#!/bin/sh\necho stopped ${version} >> "$DESTDIR/stops"\nkill "$(cat "$DESTDIR/app.pid")"; true\n`,
    });
    await outcome(applicationOf('one', marking('one')));
    const failed = await outcome(
      applicationOf('two', { ...marking('two'), 'start.sh': '#!/bin/sh\nexit 3\n' }),
    );
    expect(failed.event).toBe('ApplicationStart');
    expect((await outcome(applicationOf('three', marking('three')))).info.status).toBe('Succeeded');
    expect(fs.readFileSync(path.join(fleet.instances.root(instanceId), 'stops'), 'utf8')).toBe(
      'stopped one\nstopped two\n',
    );
  });

  it('fails where --fail asked for it, and says so', async () => {
    await setUpInPlace(fleet);
    fleet.host.faults.arm('shop/qat', 1);
    const { info, event, diagnostics } = await outcome(applicationOf('one'));
    expect(event).toBe('ApplicationStop');
    expect(diagnostics?.message).toContain('asked for by --fail');
    expect(info.errorInformation?.message).toContain('asked for by --fail');
    expect((await outcome(applicationOf('one'))).info.status).toBe('Succeeded');
  });

  it('rolls back to the last good revision as a deployment of its own', async () => {
    const [instanceId = ''] = (await setUpInPlace(fleet, { rollback: true })).instanceIds;
    await outcome(applicationOf('one'));
    const { id, info } = await outcome(applicationOf('two', { 'start.sh': '#!/bin/sh\nexit 3\n' }));
    expect(info.status).toBe('Failed');
    const rollback = await ended(fleet, info.rollbackInfo?.rollbackDeploymentId ?? '');
    expect(rollback).toMatchObject({
      status: 'Succeeded',
      creator: 'codeDeployRollback',
      rollbackInfo: { rollbackTriggeringDeploymentId: id },
    });
    expect(await answerOf(instanceId)).toBe('one');
  });

  it('takes a new deployment while a rollback goes on, and runs it afterwards', async () => {
    const [instanceId = ''] = (await setUpInPlace(fleet, { rollback: true })).instanceIds;
    await outcome(applicationOf('one'));
    await outcome(applicationOf('two', { 'start.sh': '#!/bin/sh\nexit 3\n' }));
    expect((await outcome(applicationOf('three'))).info.status).toBe('Succeeded');
    expect(await answerOf(instanceId)).toBe('three');
  });

  it('fails for a second deployment to the same group (T08)', async () => {
    await setUpInPlace(fleet);
    const revision = await fleet.revision('one.zip', applicationOf('one'));
    const first = await deploy(fleet, 'qat', revision);
    await expect(deploy(fleet, 'qat', revision)).rejects.toMatchObject({
      name: 'DeploymentLimitExceededException',
      message: expect.stringContaining(first),
    });
    await ended(fleet, first);
  });

  it('stops between lifecycle events when asked to', async () => {
    const [instanceId = ''] = (await setUpInPlace(fleet)).instanceIds;
    const files = applicationOf('one', { 'start.sh': '#!/bin/sh\ntouch "$DESTDIR/started"; sleep 1\n' });
    const id = await deploy(fleet, 'qat', await fleet.revision('one.zip', files));
    const started = path.join(fleet.instances.root(instanceId), 'started');
    await eventually(() => fs.existsSync(started) || undefined);
    await fleet.call('codedeploy', 'StopDeployment', { deploymentId: id });
    const info = await ended(fleet, id);
    expect(info.status).toBe('Stopped');
    const [target] = await targets(fleet, id);
    expect(target?.lifecycleEvents?.at(-1)).toMatchObject({
      lifecycleEventName: 'ValidateService',
      status: 'Skipped',
    });
  });

  it('tells of its start and end on the event bus (T28)', async () => {
    await setUpInPlace(fleet);
    const { id } = await outcome(applicationOf('one'));
    const states = fleet.events
      .filter((event) => event['detail-type'] === 'CodeDeploy Deployment State-change Notification')
      .map(({ source, detail }) => ({ source, ...detail }));
    const common = {
      source: 'aws.codedeploy',
      deploymentId: id,
      application: 'shop',
      deploymentGroup: 'qat',
    };
    expect(states).toMatchObject([
      { ...common, state: 'START' },
      { ...common, state: 'SUCCESS' },
    ]);
  });
});

describe('with a load balancer', () => {
  it('takes each instance out of the traffic before it changes and in again afterwards', async () => {
    const { url, serviceRoleArn, targetGroupArn } = await setUpBlueGreen(fleet, 2);
    await fleet.call('autoscaling', 'CreateAutoScalingGroup', {
      AutoScalingGroupName: 'web',
      LaunchTemplate: { LaunchTemplateName: 'web', Version: '$Latest' },
      MinSize: 2,
      MaxSize: 2,
      TargetGroupARNs: [targetGroupArn],
    });
    await inService(fleet, 'web', 2);
    await fleet.create('AWS::CodeDeploy::DeploymentGroup', 'Web', {
      ApplicationName: 'shop',
      DeploymentGroupName: 'qat',
      ServiceRoleArn: serviceRoleArn,
      AutoScalingGroups: ['web'],
      DeploymentStyle: { DeploymentType: 'IN_PLACE', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      LoadBalancerInfo: { TargetGroupInfoList: [{ Name: 'web' }] },
    });
    let isOver = false;
    const statuses: number[] = [];
    const probing = (async () => {
      while (!isOver) statuses.push((await get(url)).status);
    })();
    const { id, info } = await outcome(applicationOf('one'));
    isOver = true;
    await probing;
    expect(info.status).toBe('Succeeded');
    const [target] = await targets(fleet, id);
    expect(target?.lifecycleEvents?.map((event) => event.lifecycleEventName)).toEqual([
      'BeforeBlockTraffic',
      'BlockTraffic',
      'AfterBlockTraffic',
      'ApplicationStop',
      'DownloadBundle',
      'BeforeInstall',
      'Install',
      'AfterInstall',
      'ApplicationStart',
      'ValidateService',
      'BeforeAllowTraffic',
      'AllowTraffic',
      'AfterAllowTraffic',
    ]);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });
});

describe('one at a time', () => {
  const failingOn = (count: number) => ({
    'start.sh': `#!/bin/sh\nn=$(ls "${fleet.stateDir}"/deployed 2>/dev/null | wc -l)\nmkdir -p "${fleet.stateDir}/deployed"; touch "${fleet.stateDir}/deployed/$PORT"\n[ "$n" -ne ${count} ]\n`,
  });

  it('fails with the first instance that fails, and leaves the others alone', async () => {
    await setUpInPlace(fleet, { size: 2, config: 'CodeDeployDefault.OneAtATime' });
    const { id, info } = await outcome(applicationOf('one', failingOn(0)));
    expect(info.errorInformation?.code).toBe('HEALTH_CONSTRAINTS');
    expect((await targets(fleet, id)).map(({ status }) => status)).toEqual(['Failed', 'Skipped']);
  });

  it('succeeds when only the last instance fails', async () => {
    await setUpInPlace(fleet, { size: 2, config: 'CodeDeployDefault.OneAtATime' });
    const { id, info } = await outcome(applicationOf('one', failingOn(1)));
    expect(info.status).toBe('Succeeded');
    expect((await targets(fleet, id)).map(({ status }) => status)).toEqual(['Succeeded', 'Failed']);
  });
});
