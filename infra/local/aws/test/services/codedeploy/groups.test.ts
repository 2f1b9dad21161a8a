import type { GetDeploymentGroupOutput } from '@aws-sdk/client-codedeploy';
import fc from 'fast-check';
import { autoScalingTables } from '../../../services/autoscaling/records.ts';
import { minimumHealthy } from '../../../services/codedeploy/in-place.ts';
import { applicationOf } from '../../instances/application.ts';
import {
  createFleetHost,
  type FleetHost,
  roleNamed,
  setUpBlueGreen,
  setUpInPlace,
  setUpLaunch,
} from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(60_000);

let fleet: FleetHost;

beforeEach(() => {
  fleet = createFleetHost();
});

afterEach(() => fleet.dispose());

const named = { applicationName: 'shop', currentDeploymentGroupName: 'prod' };

describe('a blue/green deployment group', () => {
  it.each([
    [
      'with an Auto Scaling group',
      { AutoScalingGroups: ['seed'] },
      'Property AutoScalingGroups cannot be specified',
    ],
    ['without one', {}, 'Exactly one AutoScaling group must be specified'],
  ])('in a template %s fails as in CloudFormation (T01)', async (_, more, text) => {
    const properties = {
      ApplicationName: 'shop',
      ServiceRoleArn: 'arn:aws:iam::000000000000:role/R',
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      ...more,
    };
    await expect(fleet.create('AWS::CodeDeploy::DeploymentGroup', 'Prod', properties)).rejects.toThrow(text);
  });

  it('must be told exactly one Auto Scaling group that exists at each update (T04)', async () => {
    await setUpBlueGreen(fleet, 1);
    const update = (more: object) => fleet.call('codedeploy', 'UpdateDeploymentGroup', { ...named, ...more });
    await expect(update({})).rejects.toMatchObject({ name: 'InvalidAutoScalingGroupException' });
    await expect(update({ autoScalingGroups: ['gone'] })).rejects.toThrow('gone does not exist');
    await update({ autoScalingGroups: ['seed'] });
    const { deploymentGroupInfo } = await fleet.call<GetDeploymentGroupOutput>(
      'codedeploy',
      'GetDeploymentGroup',
      {
        applicationName: 'shop',
        deploymentGroupName: 'prod',
      },
    );
    expect(deploymentGroupInfo).toMatchObject({
      autoScalingGroups: [{ name: 'seed' }],
      deploymentConfigName: 'CodeDeployDefault.OneAtATime',
      loadBalancerInfo: { targetGroupInfoList: [{ name: 'web' }] },
    });
  });

  it('leaves no lifecycle hook when it is deleted', async () => {
    await setUpBlueGreen(fleet, 1);
    const hooks = () => autoScalingTables(fleet.host).groups.get('seed')?.hooks;
    expect(hooks()).toHaveLength(1);
    await fleet.call('codedeploy', 'DeleteDeploymentGroup', {
      applicationName: 'shop',
      deploymentGroupName: 'prod',
    });
    expect(hooks()).toHaveLength(0);
  });

  it('needs leave to pass its service role', async () => {
    const { serviceRoleArn } = await setUpLaunch(fleet);
    await fleet.role('Fleet', 'lambda.amazonaws.com', [
      { Effect: 'Allow', Action: 'codedeploy:*', Resource: '*' },
    ]);
    const input = { applicationName: 'shop', deploymentGroupName: 'prod', serviceRoleArn };
    await expect(
      fleet.call('codedeploy', 'CreateDeploymentGroup', input, roleNamed('Fleet')),
    ).rejects.toMatchObject({ message: expect.stringMatching(/iam:PassRole.*CodeDeployRole/s) });
  });
});

describe('applications and revisions', () => {
  it('tells what does not exist', async () => {
    await setUpInPlace(fleet);
    const revision = await fleet.revision('one.zip', applicationOf('one'));
    const create = (more: object) =>
      fleet.call('codedeploy', 'CreateDeployment', {
        applicationName: 'shop',
        deploymentGroupName: 'qat',
        revision,
        ...more,
      });
    await expect(create({ applicationName: 'no' })).rejects.toMatchObject({
      name: 'ApplicationDoesNotExistException',
    });
    await expect(create({ deploymentGroupName: 'no' })).rejects.toMatchObject({
      name: 'DeploymentGroupDoesNotExistException',
    });
    await expect(create({ deploymentConfigName: 'no' })).rejects.toMatchObject({
      name: 'DeploymentConfigDoesNotExistException',
    });
    await expect(create({ revision: { revisionType: 'GitHub' } })).rejects.toMatchObject({
      name: 'InvalidRevisionException',
    });
    await expect(fleet.call('codedeploy', 'GetDeployment', { deploymentId: 'd-NONE' })).rejects.toMatchObject(
      {
        name: 'DeploymentDoesNotExistException',
      },
    );
  });
});

describe('the instances that must stay healthy', () => {
  it.each([
    ['all at once', 0, 3, 0],
    ['half at a time', 50, 3, 2],
    ['one at a time', 99, 3, 2],
    ['one at a time with one instance', 99, 1, 0],
  ])('%s', (_, value, total, least) => {
    expect(minimumHealthy({ type: 'FLEET_PERCENT', value }, total)).toBe(least);
  });

  it('always leave one to deploy to', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('FLEET_PERCENT' as const, 'HOST_COUNT' as const),
        fc.nat(100),
        fc.integer({ min: 1, max: 50 }),
        (type, value, total) => {
          const least = minimumHealthy({ type, value }, total);
          return least >= 0 && least < total;
        },
      ),
    );
  });
});
