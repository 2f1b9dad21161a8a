import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ActivitiesType, AutoScalingGroupsType } from '@aws-sdk/client-auto-scaling';
import type { GetDeploymentOutput, ListDeploymentsOutput } from '@aws-sdk/client-codedeploy';
import { openStore } from '../../../store.ts';
import { applicationOf } from '../../instances/application.ts';
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
} from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(90_000);

let stateDir: string;
const open: FleetHost[] = [];

beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-health-'));
});

afterEach(async () => {
  for (const fleet of open.splice(0)) await fleet.stop();
  fs.rmSync(stateDir, { recursive: true, force: true });
});

const start = () => {
  const store = openStore(stateDir);
  const fleet = createFleetHost({ store, stateDir });
  open.push(fleet);
  return fleet;
};

/** Kills the application's process on an instance, as a crash would end it. */
const killApplication = (fleet: FleetHost, instanceId: string) => {
  const pid = Number(fs.readFileSync(path.join(fleet.instances.root(instanceId), 'app.pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
};

/** Prod after a blue/green deployment, with health checks of that type. */
const deployed = async (fleet: FleetHost, HealthCheckType: string, HealthCheckGracePeriod = 0) => {
  const { url } = await setUpBlueGreen(fleet);
  const settings = { AutoScalingGroupName: 'seed', HealthCheckType, HealthCheckGracePeriod };
  await fleet.call('autoscaling', 'UpdateAutoScalingGroup', settings);
  const deploymentId = await deploy(fleet, 'prod', await fleet.revision('one.zip', applicationOf('one')));
  expect(await ended(fleet, deploymentId)).toMatchObject({ status: 'Succeeded' });
  const name = `CodeDeploy_prod_${deploymentId}`;
  return { url, name, instanceIds: await inService(fleet, name, 2) };
};

const launchDeployments = async (fleet: FleetHost) => {
  const { deployments = [] } = await fleet.call<ListDeploymentsOutput>('codedeploy', 'ListDeployments', {
    applicationName: 'shop',
    deploymentGroupName: 'prod',
  });
  const infos = await Promise.all(
    deployments.map((deploymentId) =>
      fleet.call<GetDeploymentOutput>('codedeploy', 'GetDeployment', { deploymentId }),
    ),
  );
  return infos.flatMap(({ deploymentInfo }) =>
    deploymentInfo?.creator === 'autoscaling' ? [deploymentInfo] : [],
  );
};

/** Waits until another instance than `gone` serves beside the one that stays. */
const replaced = (fleet: FleetHost, name: string, gone: string) =>
  eventually(async () => {
    const { AutoScalingGroups = [] } = await fleet.call<AutoScalingGroupsType>(
      'autoscaling',
      'DescribeAutoScalingGroups',
      { AutoScalingGroupNames: [name] },
    );
    const instances = AutoScalingGroups[0]?.Instances ?? [];
    const isWhole = instances.length === 2 && instances.every((one) => one.LifecycleState === 'InService');
    return isWhole && !instances.some(({ InstanceId }) => InstanceId === gone) ? true : undefined;
  }, 60);

const bodies = async (url: string) =>
  new Set(await Promise.all(Array.from({ length: 8 }, async () => (await get(url)).body)));

describe('an application process that dies in a group with health checks of the load balancer', () => {
  it('has its instance replaced and the revision deployed to the new one; until then it gets no requests', async () => {
    const fleet = start();
    const { url, name, instanceIds } = await deployed(fleet, 'ELB');
    const [dying = ''] = instanceIds;
    killApplication(fleet, dying);
    // The load balancer notices, and sends everything to the other one.
    await eventually(async () => ((await bodies(url)).size === 1 ? true : undefined));
    await replaced(fleet, name, dying);
    expect(await bodies(url)).toEqual(new Set(['one']));
    expect(await launchDeployments(fleet)).toMatchObject([{ status: 'Succeeded' }]);
    const { Activities = [] } = await fleet.call<ActivitiesType>('autoscaling', 'DescribeScalingActivities', {
      AutoScalingGroupName: name,
    });
    expect(Activities.map(({ Description, Cause }) => `${Description}: ${Cause}`)).toContain(
      `Replacing EC2 instance: ${dying}: It was taken out of service in response to an ELB system health check failure.`,
    );
  });

  it('is replaced by the next start when the run ends midway, once', async () => {
    const first = start();
    const { url, name, instanceIds } = await deployed(first, 'ELB');
    const [dying = ''] = instanceIds;
    killApplication(first, dying);
    await eventually(async () => {
      const { AutoScalingGroups = [] } = await first.call<AutoScalingGroupsType>(
        'autoscaling',
        'DescribeAutoScalingGroups',
        { AutoScalingGroupNames: [name] },
      );
      const states = AutoScalingGroups[0]?.Instances?.map((one) => one.LifecycleState) ?? [];
      return states.some((state) => state?.startsWith('Pending')) ? true : undefined;
    }, 60);
    await first.stop();
    first.store.close();
    open.length = 0;
    const second = start();
    await second.start();
    await replaced(second, name, dying);
    await eventually(async () => {
      const seen = await bodies(url);
      return seen.size === 1 && seen.has('one') ? true : undefined;
    });
    expect(await launchDeployments(second)).toMatchObject([{ status: 'Succeeded' }]);
  });

  it('is left alone during the grace period', async () => {
    const fleet = start();
    const { name, instanceIds } = await deployed(fleet, 'ELB', 3_600);
    const [dying = ''] = instanceIds;
    killApplication(fleet, dying);
    const health = () =>
      fleet.call<{ TargetHealthDescriptions: { Target: { Id: string }; TargetHealth: { State: string } }[] }>(
        'elasticloadbalancing',
        'DescribeTargetHealth',
        { TargetGroupArn: fleet.store.table('elb.targetGroups').keys()[0] },
      );
    await eventually(async () =>
      (await health()).TargetHealthDescriptions.some(
        ({ Target, TargetHealth }) => Target.Id === dying && TargetHealth.State === 'unhealthy',
      )
        ? true
        : undefined,
    );
    fleet.clock.advance(2_000);
    expect(await inService(fleet, name, 2)).toContain(dying);
    fleet.clock.advance(60_000);
    await replaced(fleet, name, dying);
  });
});

it('leaves an instance whose application dies as it is where health checks look at the instance alone', async () => {
  const fleet = start();
  const { instanceIds } = await setUpInPlace(fleet);
  const [instanceId = ''] = instanceIds;
  await ended(fleet, await deploy(fleet, 'qat', await fleet.revision('one.zip', applicationOf('one'))));
  const port = fleet.instances.machine(instanceId)?.port;
  killApplication(fleet, instanceId);
  await eventually(
    async () => (await get(`http://127.0.0.1:${port}/`).catch(() => 'gone')) === 'gone' || undefined,
  );
  for (let second = 0; second < 5; second++) fleet.clock.advance(1_000);
  expect(await inService(fleet, 'qat', 1)).toEqual([instanceId]);
  // The next deployment brings it back.
  await ended(fleet, await deploy(fleet, 'qat', await fleet.revision('two.zip', applicationOf('two'))));
  expect(await get(`http://127.0.0.1:${port}/`)).toMatchObject({ body: 'two' });
});
