import fs from 'node:fs';
import path from 'node:path';
import type { AutoScalingGroupsType } from '@aws-sdk/client-auto-scaling';
import type {
  GetDeploymentGroupOutput,
  GetDeploymentOutput,
  ListDeploymentsOutput,
} from '@aws-sdk/client-codedeploy';
import type { DescribeInstancesResult } from '@aws-sdk/client-ec2';
import { applicationOf, appspecWith } from '../../instances/application.ts';
import {
  createFleetHost,
  deploy,
  ended,
  eventually,
  type FleetHost,
  get,
  inService,
  setUpBlueGreen,
  targets,
} from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(60_000);

let fleet: FleetHost;

beforeEach(() => {
  fleet = createFleetHost();
});

afterEach(() => fleet.dispose());

const groups = async () =>
  (await fleet.call<AutoScalingGroupsType>('autoscaling', 'DescribeAutoScalingGroups', {}))
    .AutoScalingGroups ?? [];

describe('a blue/green deployment', () => {
  it('moves the traffic to a copied group without failing a request, and deletes the original', async () => {
    const { url, seeds, targetGroupArn } = await setUpBlueGreen(fleet);
    let isOver = false;
    const seen: { status: number; body: string }[] = [];
    const probing = Promise.all(
      ['', 'slow'].map(async (path) => {
        while (!isOver) seen.push(await get(url + path));
      }),
    );
    const deploymentId = await deploy(fleet, 'prod', await fleet.revision('one.zip', applicationOf('one')));
    const info = await ended(fleet, deploymentId);
    isOver = true;
    await probing;
    expect(info.errorInformation).toBeUndefined();
    expect(info.status).toBe('Succeeded');
    expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
    expect(seen.at(-1)?.body).toBe('one');
    const name = `CodeDeploy_prod_${deploymentId}`;
    expect(await groups()).toMatchObject([
      {
        AutoScalingGroupName: name,
        MinSize: 2,
        DesiredCapacity: 2,
        MaxSize: 4,
        TargetGroupARNs: [targetGroupArn],
        Tags: [{ Key: 'fleet', Value: 'shop/prod' }],
      },
    ]);
    const { deploymentGroupInfo } = await fleet.call<GetDeploymentGroupOutput>(
      'codedeploy',
      'GetDeploymentGroup',
      {
        applicationName: 'shop',
        deploymentGroupName: 'prod',
      },
    );
    expect(deploymentGroupInfo?.autoScalingGroups).toMatchObject([{ name }]);
    const found = await targets(fleet, deploymentId);
    expect(found.map(({ status, instanceLabel }) => `${instanceLabel} ${status}`)).toEqual([
      'Blue Succeeded',
      'Blue Succeeded',
      'Green Succeeded',
      'Green Succeeded',
    ]);
    expect(found.slice(0, 2).map(({ targetId }) => targetId)).toEqual(seeds);
    expect(await get(url)).toMatchObject({ status: 200, body: 'one' });
  });

  it('replaces a fleet that it made before, whose own revision’s scripts lose the traffic', async () => {
    const { url } = await setUpBlueGreen(fleet, 1);
    const marking = (version: string) =>
      applicationOf(version, {
        'appspec.yml': appspecWith('ApplicationStart', 'start.sh').concat(
          '  BeforeBlockTraffic:\n    - location: block.sh\n',
        ),
        'block.sh': `#!/bin/sh\necho ${version} >> "${fleet.stateDir}/blocked"\n`,
      });
    await ended(fleet, await deploy(fleet, 'prod', await fleet.revision('one.zip', marking('one'))));
    const second = await deploy(fleet, 'prod', await fleet.revision('two.zip', marking('two')));
    expect((await ended(fleet, second)).status).toBe('Succeeded');
    expect(fs.readFileSync(path.join(fleet.stateDir, 'blocked'), 'utf8')).toBe('one\n');
    expect((await groups()).map((group) => group.AutoScalingGroupName)).toEqual([
      `CodeDeploy_prod_${second}`,
    ]);
    expect((await get(url)).body).toBe('two');
  });

  describe('after a revision whose scripts fail when it loses its traffic', () => {
    const appspec = appspecWith('ApplicationStart', 'start.sh').concat(
      '  AfterBlockTraffic:\n    - location: blocked.sh\n',
    );
    const promote = async (version: string, files: Record<string, string> = {}, more: object = {}) => {
      const id = await deploy(
        fleet,
        'prod',
        await fleet.revision(`${version}.zip`, applicationOf(version, files)),
        more,
      );
      return { id, info: await ended(fleet, id), found: await targets(fleet, id) };
    };
    const failures = (found: Awaited<ReturnType<typeof targets>>) =>
      found.flatMap(({ instanceLabel, targetId = '', lifecycleEvents = [] }) =>
        lifecycleEvents
          .filter(({ status }) => status === 'Failed')
          .map(({ lifecycleEventName, diagnostics }) => ({
            instanceLabel,
            targetId,
            lifecycleEventName,
            diagnostics,
          })),
      );
    const broken = { 'appspec.yml': appspec, 'blocked.sh': '#!/bin/sh\necho no such file\nexit 7\n' };

    it('fails on blue, no matter what the next one brings, until its script is repaired on the instance', async () => {
      const { url } = await setUpBlueGreen(fleet, 1);
      expect((await promote('one', broken)).info.status).toBe('Succeeded');
      const { info, found } = await promote('two');
      expect(info).toMatchObject({ status: 'Failed', errorInformation: { code: 'HEALTH_CONSTRAINTS' } });
      const [failure, ...others] = failures(found);
      expect(others).toEqual([]);
      expect(failure).toMatchObject({
        instanceLabel: 'Blue',
        lifecycleEventName: 'AfterBlockTraffic',
        diagnostics: {
          errorCode: 'ScriptFailed',
          scriptName: 'blocked.sh',
          logTail: expect.stringContaining('no such file'),
        },
      });
      expect((await get(url)).body).toBe('one');
      // Where the agent itself looks for the revision that it installed last.
      const root = path.join(
        fleet.instances.root(failure?.targetId ?? ''),
        'opt/codedeploy-agent/deployment-root',
      );
      const pointers = fs
        .readdirSync(path.join(root, 'deployment-instructions'))
        .filter((name) => name.endsWith('_last_successful_install'));
      const [last = ''] = pointers.map((name) =>
        fs.readFileSync(path.join(root, 'deployment-instructions', name), 'utf8'),
      );
      fs.writeFileSync(path.join(last, 'deployment-archive', 'blocked.sh'), '#!/bin/sh\n');
      expect((await promote('three')).info.status).toBe('Succeeded');
      expect((await get(url)).body).toBe('three');
    });

    it('goes on in a deployment that ignores it', async () => {
      const { url } = await setUpBlueGreen(fleet, 1);
      await promote('one', broken);
      const { info } = await promote('two', {}, { ignoreApplicationStopFailures: true });
      expect(info).toMatchObject({ status: 'Succeeded', ignoreApplicationStopFailures: true });
      expect((await get(url)).body).toBe('two');
    });
  });

  it('leaves green behind and blue serving when a script fails (T10), and another deployment works', async () => {
    const { url } = await setUpBlueGreen(fleet, 1);
    const bad = applicationOf('bad', { 'start.sh': '#!/bin/sh\necho no such module\nexit 1\n' });
    const failed = await deploy(fleet, 'prod', await fleet.revision('bad.zip', bad));
    const info = await ended(fleet, failed);
    expect(info).toMatchObject({
      status: 'Failed',
      errorInformation: { code: 'HEALTH_CONSTRAINTS', message: expect.stringContaining('no such module') },
      rollbackInfo: { rollbackMessage: expect.stringContaining('never left') },
    });
    expect((await groups()).map((group) => group.AutoScalingGroupName)).toEqual([
      'seed',
      `CodeDeploy_prod_${failed}`,
    ]);
    expect((await get(url)).status).toBe(200);
    const good = await deploy(fleet, 'prod', await fleet.revision('good.zip', applicationOf('good')));
    expect((await ended(fleet, good)).status).toBe('Succeeded');
    expect((await get(url)).body).toBe('good');
  });

  it('gives the traffic back to blue when it fails after green had some', async () => {
    const { url, seeds } = await setUpBlueGreen(fleet, 1);
    const files = applicationOf('bad', {
      'appspec.yml': appspecWith('ApplicationStart', 'start.sh').concat(
        '  AfterAllowTraffic:\n    - location: check.sh\n',
      ),
      'check.sh': '#!/bin/sh\nexit 1\n',
    });
    const info = await ended(fleet, await deploy(fleet, 'prod', await fleet.revision('bad.zip', files)));
    expect(info.status).toBe('Failed');
    expect(info.rollbackInfo?.rollbackMessage).toContain('1 replacement instances lost theirs');
    expect((await get(url)).body).toContain(`Instance ${seeds[0]} waits`);
  });

  it('fails when the copied group has no healthy instance (T07)', async () => {
    await setUpBlueGreen(fleet, 1);
    await fleet.call('autoscaling', 'UpdateAutoScalingGroup', {
      AutoScalingGroupName: 'seed',
      MinSize: 0,
      DesiredCapacity: 0,
    });
    await inService(fleet, 'seed', 0);
    const id = await deploy(fleet, 'prod', await fleet.revision('one.zip', applicationOf('one')));
    expect((await ended(fleet, id)).errorInformation).toMatchObject({
      code: 'NO_INSTANCES',
      message: expect.stringContaining('no instances were found for your deployment group'),
    });
  });

  it.each([
    ['ec2:RunInstances', 'ec2:RunInstances'],
    ['iam:PassRole', 'iam:PassRole'],
    ['autoscaling:CreateAutoScalingGroup', 'autoscaling:CreateAutoScalingGroup'],
    ['ssm:GetParameters', 'ssm:GetParameters'],
  ])('fails at provisioning when the service role lacks %s (T06)', async (_, action) => {
    const { template, serviceRoleArn, imageId, launchTemplateId } = await setUpBlueGreen(fleet, 1);
    expect(serviceRoleArn).toContain('CodeDeployRole');
    await fleet.create('AWS::SSM::Parameter', 'Image', { Name: '/image', Type: 'String', Value: imageId });
    const resolving = {
      ...template,
      LaunchTemplateData: { ...template.LaunchTemplateData, ImageId: 'resolve:ssm:/image' },
    };
    const state = { physicalId: launchTemplateId, attributes: {} };
    await fleet.update('AWS::EC2::LaunchTemplate', 'Template', resolving, { state, properties: template });
    await fleet.role('CodeDeployRole', 'codedeploy.amazonaws.com', [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: action, Resource: '*' },
    ]);
    const id = await deploy(fleet, 'prod', await fleet.revision('one.zip', applicationOf('one')));
    expect((await ended(fleet, id)).errorInformation).toMatchObject({
      code: 'IAM_ROLE_PERMISSIONS',
      message: expect.stringMatching(new RegExp(`CodeDeployRole.*${action}`, 's')),
    });
    expect((await groups()).map((group) => group.AutoScalingGroupName)).toEqual(['seed']);
  });

  it('launches green from what the image parameter says then, under the service role', async () => {
    const { template, launchTemplateId } = await setUpBlueGreen(fleet, 1);
    const { ImageId: approved } = await fleet.call<{ ImageId: string }>('ec2', 'RegisterImage', {
      Name: 'approved',
    });
    await fleet.create('AWS::SSM::Parameter', 'Image', { Name: '/image', Type: 'String', Value: approved });
    const resolving = {
      ...template,
      LaunchTemplateData: { ...template.LaunchTemplateData, ImageId: 'resolve:ssm:/image' },
    };
    const state = { physicalId: launchTemplateId, attributes: {} };
    await fleet.update('AWS::EC2::LaunchTemplate', 'Template', resolving, { state, properties: template });
    const id = await deploy(fleet, 'prod', await fleet.revision('one.zip', applicationOf('one')));
    expect((await ended(fleet, id)).status).toBe('Succeeded');
    const green = (await targets(fleet, id)).find(({ instanceLabel }) => instanceLabel === 'Green');
    const { Reservations } = await fleet.call<DescribeInstancesResult>('ec2', 'DescribeInstances', {
      InstanceIds: [green?.targetId ?? ''],
    });
    expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({
      ImageId: approved,
      State: { Name: 'running' },
    });
  });

  describe('when the group stops what nobody continues', () => {
    let url: string;
    let deploymentId: string;
    const statusOf = async () =>
      (await fleet.call<GetDeploymentOutput>('codedeploy', 'GetDeployment', { deploymentId })).deploymentInfo
        ?.status;
    const goOn = () =>
      fleet.call('codedeploy', 'ContinueDeployment', { deploymentId, deploymentWaitType: 'READY_WAIT' });
    beforeEach(async () => {
      ({ url } = await setUpBlueGreen(fleet, 1));
      await fleet.call('codedeploy', 'UpdateDeploymentGroup', {
        applicationName: 'shop',
        currentDeploymentGroupName: 'prod',
        autoScalingGroups: ['seed'],
        blueGreenDeploymentConfiguration: {
          deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 60 },
          greenFleetProvisioningOption: { action: 'COPY_AUTO_SCALING_GROUP' },
        },
      });
      deploymentId = await deploy(fleet, 'prod', await fleet.revision('one.zip', applicationOf('one')));
      await eventually(async () => ((await statusOf()) === 'Ready' ? true : undefined));
    });

    it('waits for ContinueDeployment, tells of it (T28), and then moves the traffic', async () => {
      const told = () => fleet.events.map(({ detail }) => detail).filter(({ state }) => state === 'READY');
      await eventually(async () => (told().length > 0 ? true : undefined));
      expect(told()).toMatchObject([{ deploymentId, application: 'shop', deploymentGroup: 'prod' }]);
      expect((await get(url)).body).not.toBe('one');
      await goOn();
      expect((await ended(fleet, deploymentId)).status).toBe('Succeeded');
      expect((await get(url)).body).toBe('one');
      await expect(goOn()).rejects.toMatchObject({ name: 'DeploymentAlreadyCompletedException' });
    });

    it('is stopped after the wait, and no traffic has moved', async () => {
      fleet.clock.advance(59 * 60_000);
      expect(await statusOf()).toBe('Ready');
      fleet.clock.advance(2 * 60_000);
      expect((await ended(fleet, deploymentId)).status).toBe('Stopped');
      expect((await get(url)).body).not.toBe('one');
    });
  });

  it('gives the last good revision to instances that Auto Scaling adds (T29)', async () => {
    const { url } = await setUpBlueGreen(fleet, 1);
    const id = await deploy(fleet, 'prod', await fleet.revision('one.zip', applicationOf('one')));
    await ended(fleet, id);
    const name = `CodeDeploy_prod_${id}`;
    await fleet.call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: name, DesiredCapacity: 2 });
    const added = (await inService(fleet, name, 2))[1] ?? '';
    const port = fleet.instances.machine(added)?.port;
    expect((await get(`http://127.0.0.1:${port}/`)).body).toBe('one');
    const { deployments } = await fleet.call<ListDeploymentsOutput>('codedeploy', 'ListDeployments', {
      applicationName: 'shop',
      deploymentGroupName: 'prod',
      includeOnlyStatuses: ['Succeeded'],
    });
    expect(deployments).toHaveLength(2);
    const [launched = ''] = deployments?.filter((one) => one !== id) ?? [];
    const { deploymentInfo } = await fleet.call<GetDeploymentOutput>('codedeploy', 'GetDeployment', {
      deploymentId: id,
    });
    expect(await ended(fleet, launched)).toMatchObject({
      creator: 'autoscaling',
      revision: deploymentInfo?.revision,
    });
    expect(await fleet.call('codedeploy', 'ListDeploymentTargets', { deploymentId: launched })).toMatchObject(
      { targetIds: [added] },
    );
    await eventually(async () => {
      await get(url);
      const served = new Set(fleet.elasticloadbalancing.accessLog().map(({ instanceId }) => instanceId));
      return served.has(added) ? true : undefined;
    });
  });
});
