import {
  ResourceContentionFault,
  ResourceInUseFault,
  ScalingActivityInProgressFault,
} from '@aws-sdk/client-auto-scaling';
import type { CdkCustomResourceEvent, CdkCustomResourceIsCompleteEvent } from 'aws-lambda';
import fc from 'fast-check';
import { isComplete, onEvent } from '../../../tasks/prod-fleet/custom-resource.ts';
import type { ProdFleetProperties } from '../../../tasks/prod-fleet/fleet-properties.ts';
import { createFleetWorld, Killed, properties } from './fleet-world.ts';

type RequestType = 'Create' | 'Update' | 'Delete';
/** The event as CloudFormation sends it: numbers are text. */
const event = (RequestType: RequestType, fleet: object = properties, PhysicalResourceId = 'shop/prod') =>
  ({
    RequestType,
    PhysicalResourceId,
    ResourceProperties: Object.fromEntries(
      Object.entries({ ServiceToken: 'arn', ...fleet }).map(([name, value]) => [
        name,
        typeof value === 'number' ? String(value) : value,
      ]),
    ),
  }) as unknown as CdkCustomResourceEvent & CdkCustomResourceIsCompleteEvent;

/** Goes through a request as CDK's provider does: onEvent once, isComplete until it is done. */
const request = async (
  world: ReturnType<typeof createFleetWorld>,
  type: RequestType,
  fleet: Partial<ProdFleetProperties> = {},
): Promise<string | undefined> => {
  const of = event(type, { ...properties, ...fleet });
  const { PhysicalResourceId } = await onEvent(of);
  for (let writeAttempt = 0; writeAttempt < 10; writeAttempt += 1) {
    if ((await isComplete(world.dependencies)(of)).IsComplete) return PhysicalResourceId;
    world.pass();
  }
  throw new Error('never complete');
};

describe('creating the Prod fleet', () => {
  it('starts instances from the seed template, points the group at Prod’s, then makes the deployment group', async () => {
    const world = createFleetWorld();
    expect(await request(world, 'Create')).toBe('shop/prod');
    expect(world.log).toEqual([
      'create shop-prod-seed from lt-seed',
      'update shop-prod-seed',
      'create group on shop-prod-seed',
    ]);
    expect(world.groups.get('shop-prod-seed')).toMatchObject({
      LaunchTemplate: { LaunchTemplateId: 'lt-prod', Version: '$Latest' },
      MinSize: 2,
      MaxSize: 4,
      DesiredCapacity: 2,
      VPCZoneIdentifier: 'subnet-a,subnet-b',
      TargetGroupARNs: [properties.targetGroupArn],
      HealthCheckType: 'ELB',
      HealthCheckGracePeriod: 300,
      Tags: [
        { Key: 'Name', Value: 'shop-prod', PropagateAtLaunch: true },
        { Key: 'lockstep:fleet', Value: 'shop/prod', PropagateAtLaunch: true },
      ],
    });
    expect([...world.scaled]).toEqual(['shop-prod-seed']);
  });

  it('makes the deployment group as CodePipeline can use it (T02, T03)', async () => {
    const world = createFleetWorld();
    await request(world, 'Create');
    expect(world.deploymentGroups.get('shop/prod')).toEqual({
      applicationName: 'shop',
      deploymentGroupName: 'prod',
      serviceRoleArn: properties.serviceRoleArn,
      deploymentConfigName: 'CodeDeployDefault.OneAtATime',
      autoScalingGroups: [{ name: 'shop-prod-seed' }],
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      loadBalancerInfo: { targetGroupInfoList: [{ name: 'shop-prod' }] },
      autoRollbackConfiguration: {
        enabled: true,
        events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
      alarmConfiguration: { enabled: false, alarms: [] },
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 30 },
        greenFleetProvisioningOption: { action: 'COPY_AUTO_SCALING_GROUP' },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
      },
    });
  });

  it('is not complete while no instance is in service (T07)', async () => {
    const world = createFleetWorld();
    for (let writeAttempt = 0; writeAttempt < 3; writeAttempt += 1)
      expect(await isComplete(world.dependencies)(event('Create'))).toEqual({ IsComplete: false });
    expect(world.deploymentGroups.size).toBe(0);
  });
});

describe('creating the Prod fleet in an account with a small quota', () => {
  const failedLaunch = {
    ActivityId: 'a',
    AutoScalingGroupName: 'shop-prod-seed',
    Cause: 'The desired capacity was not met.',
    Description: 'Launching a new EC2 instance.  Status Reason: You have requested more vCPU capacity.',
    StatusCode: 'Failed' as const,
    StatusMessage: 'You have requested more vCPU capacity than your current vCPU limit of 5 allows.',
    StartTime: new Date('2026-01-01T00:00:00Z'),
  };

  it("T57: fails with Auto Scaling's own message after three launches failed, not with a time-out", async () => {
    const world = createFleetWorld();
    expect(await isComplete(world.dependencies)(event('Create'))).toEqual({ IsComplete: false });
    world.activities.push(failedLaunch, failedLaunch);
    expect(await isComplete(world.dependencies)(event('Create'))).toEqual({ IsComplete: false });
    world.activities.push(failedLaunch);
    await expect(isComplete(world.dependencies)(event('Create'))).rejects.toThrow(
      /^The Auto Scaling group shop-prod-seed cannot start its 2 instances: You have requested more vCPU capacity than your current vCPU limit of 5 allows\. .*deploy again/,
    );
  });
});

describe('updating the Prod fleet', () => {
  it('changes the group that serves now, and resends it to the deployment group (T04)', async () => {
    const world = createFleetWorld();
    await request(world, 'Create');
    world.deploy('d-1');
    expect(await request(world, 'Update', { maxSize: 6, deploymentConfigName: 'Other' })).toBe('shop/prod');
    expect([...world.groups.keys()]).toEqual(['CodeDeploy_prod_d-1']);
    expect(world.groups.get('CodeDeploy_prod_d-1')).toMatchObject({
      MinSize: 2,
      MaxSize: 6,
      DesiredCapacity: 2,
    });
    expect(world.deploymentGroups.get('shop/prod')).toMatchObject({
      deploymentConfigName: 'Other',
      autoScalingGroups: [{ name: 'CodeDeploy_prod_d-1' }],
    });
  });

  it('waits for a running deployment, which is replacing that group', async () => {
    const world = createFleetWorld();
    await request(world, 'Create');
    world.running.add('d-1');
    const before = world.log.length;
    expect(await isComplete(world.dependencies)(event('Update'))).toEqual({ IsComplete: false });
    expect(world.log.slice(before)).toEqual([]);
  });

  it('moves the group that serves to another target group, the new one first', async () => {
    const world = createFleetWorld();
    await request(world, 'Create');
    world.deploy('d-1');
    const before = world.log.length;
    await request(world, 'Update', { targetGroupArn: 'arn:other', targetGroupName: 'other' });
    const name = 'CodeDeploy_prod_d-1';
    expect(world.groups.get(name)?.TargetGroupARNs).toEqual(['arn:other']);
    expect(world.log.slice(before)).toEqual([
      `update ${name}`,
      `attach arn:other to ${name}`,
      `detach ${properties.targetGroupArn} from ${name}`,
      `update group on ${name}`,
    ]);
  });

  it('starts over from the seed if the group that served is gone', async () => {
    const world = createFleetWorld();
    await request(world, 'Create');
    world.groups.clear();
    await request(world, 'Update');
    expect(world.deploymentGroups.get('shop/prod')?.autoScalingGroups).toEqual([{ name: 'shop-prod-seed' }]);
  });

  it('makes another fleet for other names, so that the old one is deleted', async () => {
    const world = createFleetWorld();
    await request(world, 'Create');
    expect(await request(world, 'Update', { deploymentGroupName: 'live' })).toBe('shop/live');
    await request(world, 'Delete');
    expect([...world.groups.keys()]).toEqual(['shop-live-seed']);
    expect([...world.deploymentGroups.keys()]).toEqual(['shop/live']);
  });
});

describe('deleting the Prod fleet', () => {
  it('stops deployments, deletes the group, then all its Auto Scaling groups', async () => {
    const world = createFleetWorld();
    await request(world, 'Create');
    world.deploy('d-1');
    world.groups.set('left-behind', {
      ...world.groups.get('CodeDeploy_prod_d-1'),
      AutoScalingGroupName: 'left-behind',
    } as never);
    world.groups.set('somebody-else', { AutoScalingGroupName: 'somebody-else' } as never);
    world.running.add('d-2');
    const before = world.log.length;
    await request(world, 'Delete');
    expect(new Set(world.log.slice(before))).toEqual(
      new Set(['stop d-2', 'remove group', 'remove CodeDeploy_prod_d-1', 'remove left-behind']),
    );
    expect([...world.groups.keys()]).toEqual(['somebody-else']);
  });

  it('needs nothing but the names, and deletes what is deleted already', async () => {
    const world = createFleetWorld();
    const names = { applicationName: 'shop', deploymentGroupName: 'prod' };
    expect(await onEvent(event('Delete', names))).toEqual({
      PhysicalResourceId: 'shop/prod',
    });
    expect(await isComplete(world.dependencies)(event('Delete', names))).toEqual({ IsComplete: true });
  });
});

it.each([ResourceContentionFault, ResourceInUseFault, ScalingActivityInProgressFault])(
  'asks again when Auto Scaling is busy: %p',
  async (Fault) => {
    const world = createFleetWorld();
    await request(world, 'Create');
    const remove = () => Promise.reject(new Fault({ message: 'later', $metadata: {} }));
    const busy = { ...world.dependencies, groups: { ...world.dependencies.groups, remove } };
    expect(await isComplete(busy)(event('Delete'))).toEqual({ IsComplete: false });
    await request(world, 'Delete');
    expect(world.groups.size).toBe(0);
  },
);

it('a request that cannot be taken up has changed nothing, for its rollback deletes nothing', async () => {
  const world = createFleetWorld();
  expect(await onEvent(event('Create'))).toEqual({ PhysicalResourceId: 'shop/prod' });
  expect(world.log).toEqual([]);
});

it('comes to the same fleet, killed at any point and asked again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 8 }), async (kills) => {
      const world = createFleetWorld();
      for (const type of ['Create', 'Update', 'Delete'] as const) {
        for (const kill of kills) {
          world.killAt(kill);
          await isComplete(world.dependencies)(event(type)).catch((error: unknown) => {
            if (!(error instanceof Killed)) throw error;
          });
          world.pass();
        }
        world.killAt(undefined);
        await request(world, type);
        expect([...world.groups.keys()]).toEqual(type === 'Delete' ? [] : ['shop-prod-seed']);
        expect(world.deploymentGroups.size).toBe(type === 'Delete' ? 0 : 1);
      }
      expect(world.log.filter((line) => line.startsWith('create'))).toHaveLength(2);
    }),
    { numRuns: 100 },
  );
});

describe('properties of the Prod fleet', () => {
  it.each<[string, object, RegExp]>([
    ['a missing text', { serviceRoleArn: undefined }, /property serviceRoleArn is undefined; give a text/],
    ['no subnets', { subnetIds: [] }, /property subnetIds is \[\]; give at least one/],
    ['a number that is none', { maxSize: 'many' }, /property maxSize is "many"; give a whole number/],
    [
      'no instance to copy',
      { minSize: 0, desiredCapacity: 0 },
      /desiredCapacity is "0"; give a number from 1 to 4/,
    ],
    ['more than the most', { desiredCapacity: 5 }, /desiredCapacity is "5"; give a number from 2 to 4/],
    ['tags that are no text', { tags: { Name: 1 } }, /property tags is .*; give texts by name/],
  ])('fails on %s', async (_, change, message) => {
    const world = createFleetWorld();
    const asked = onEvent(event('Create', { ...properties, ...change }));
    await expect(asked).rejects.toThrow(message);
    expect(world.log).toEqual([]);
  });
});
