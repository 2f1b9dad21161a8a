import type { GetDeploymentGroupOutput, GetDeploymentOutput } from '@aws-sdk/client-codedeploy';
import { applicationOf } from '../../instances/application.ts';
import {
  createFleetHost,
  deploy,
  ended,
  eventually,
  type FleetHost,
  get,
  setUpBlueGreen,
} from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(60_000);

let fleet: FleetHost;
let url: string;
let deploymentId: string;
beforeEach(async () => {
  fleet = createFleetHost({ waitsAsAsked: true });
  ({ url } = await setUpBlueGreen(fleet, 1));
  deploymentId = await deploy(fleet, 'prod', await fleet.revision('one.zip', applicationOf('one')));
  await eventually(async () => (await info())?.instanceTerminationWaitTimeStarted || undefined);
});
afterEach(() => fleet.dispose());

const info = async () =>
  (await fleet.call<GetDeploymentOutput>('codedeploy', 'GetDeployment', { deploymentId })).deploymentInfo;
const endWait = () =>
  fleet.call('codedeploy', 'ContinueDeployment', { deploymentId, deploymentWaitType: 'TERMINATION_WAIT' });
const groups = async () =>
  (
    await fleet.call<{ AutoScalingGroups: { AutoScalingGroupName: string }[] }>(
      'autoscaling',
      'DescribeAutoScalingGroups',
      {},
    )
  ).AutoScalingGroups.map(({ AutoScalingGroupName }) => AutoScalingGroupName);

it('is in progress for as many minutes as the group says, then ends without blue', async () => {
  expect((await get(url)).body).toBe('one');
  fleet.clock.advance(4 * 60_000);
  expect(await info()).toMatchObject({ status: 'InProgress' });
  expect(await groups()).toContain('seed');
  fleet.clock.advance(2 * 60_000);
  expect((await ended(fleet, deploymentId)).status).toBe('Succeeded');
  expect(await groups()).not.toContain('seed');
});

it('ends when ContinueDeployment says so, and then no more', async () => {
  await endWait();
  expect((await ended(fleet, deploymentId)).status).toBe('Succeeded');
  await expect(endWait()).rejects.toMatchObject({ name: 'DeploymentAlreadyCompletedException' });
});

it('gives the traffic back to blue when it is stopped with a rollback', async () => {
  const before = await groups();
  await fleet.call('codedeploy', 'StopDeployment', { deploymentId, autoRollbackEnabled: true });
  const stopped = await ended(fleet, deploymentId);
  expect(stopped).toMatchObject({
    status: 'Stopped',
    rollbackInfo: { rollbackMessage: expect.stringContaining('back on the original instances') },
  });
  expect(stopped.errorInformation).toBeUndefined();
  expect((await get(url)).body).not.toBe('one');
  const { deploymentGroupInfo } = await fleet.call<GetDeploymentGroupOutput>(
    'codedeploy',
    'GetDeploymentGroup',
    { applicationName: 'shop', deploymentGroupName: 'prod' },
  );
  expect(deploymentGroupInfo?.autoScalingGroups).toMatchObject([{ name: 'seed' }]);
  expect(await groups()).toEqual(before);
});
