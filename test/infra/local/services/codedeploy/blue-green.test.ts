import type { AutoScalingGroupsType } from '@aws-sdk/client-auto-scaling';
import type { GetDeploymentGroupOutput } from '@aws-sdk/client-codedeploy';
import { applicationOf } from '../../instances/application.ts';
import {
  createFleetHost,
  deploy,
  ended,
  type FleetHost,
  get,
  setUpBlueGreen,
  targets,
} from '../../instances/fleet-host.ts';

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
});
