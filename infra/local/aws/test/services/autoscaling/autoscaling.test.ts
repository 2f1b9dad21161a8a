import type {
  ActivitiesType,
  AutoScalingGroupsType,
  DescribeInstanceRefreshesAnswer,
  InstanceRefresh,
} from '@aws-sdk/client-auto-scaling';
import type { JournalLine } from '../../../journal-records.ts';
import { createMemoryStore } from '../../../store.ts';
import {
  baseImage,
  createFleetHost,
  eventually,
  type FleetHost,
  get,
  inService,
  roleNamed,
} from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(30_000);

let fleet: FleetHost;

beforeEach(() => {
  fleet = createFleetHost();
});

afterEach(() => fleet.dispose());

const call = <Output = object>(operation: string, input: object = {}) =>
  fleet.call<Output>('autoscaling', operation, { AutoScalingGroupName: 'web', ...input });

const template = (more: object = {}) =>
  fleet.create('AWS::EC2::LaunchTemplate', 'Web', {
    LaunchTemplateName: 'web',
    LaunchTemplateData: { ImageId: baseImage, UserData: 'IyEvYmluL3No', ...more },
  });

const create = async (more: object = {}) => {
  await template();
  await call('CreateAutoScalingGroup', {
    LaunchTemplate: { LaunchTemplateName: 'web', Version: '$Latest' },
    MinSize: 1,
    MaxSize: 3,
    Tags: [{ Key: 'fleet', Value: 'a', PropagateAtLaunch: true }],
    ...more,
  });
};

const refreshOf = async (id: string): Promise<InstanceRefresh> =>
  (await call<DescribeInstanceRefreshesAnswer>('DescribeInstanceRefreshes', { InstanceRefreshIds: [id] }))
    .InstanceRefreshes?.[0] ?? {};
const refresh = async () =>
  (
    await call<{ InstanceRefreshId: string }>('StartInstanceRefresh', {
      Preferences: { MinHealthyPercentage: 0, SkipMatching: false },
    })
  ).InstanceRefreshId;
const over = (id: string) =>
  eventually(async () => {
    const found = await refreshOf(id);
    return found.EndTime ? found : undefined;
  });
const told = (id: string) =>
  fleet.events
    .filter(({ detail }) => detail.InstanceRefreshId === id)
    .map((event) => `${event.source} ${event['detail-type']} ${event.detail.AutoScalingGroupName}`);

describe('a group', () => {
  it('writes nothing to the journal while nothing changes', async () => {
    const lines: JournalLine[] = [];
    await fleet.dispose();
    fleet = createFleetHost({ store: createMemoryStore([], (line) => lines.push(line)) });
    await create();
    await inService(fleet, 'web', 1);
    await fleet.clock.advance(10_000);
    const before = lines.length;
    for (let second = 0; second < 5; second++) {
      fleet.clock.advance(1_000);
      await call('DescribeAutoScalingGroups');
    }
    expect(lines.slice(before)).toEqual([]);
  });

  it('launches, grows, shrinks and replaces what has died', async () => {
    await create();
    const [first = ''] = await inService(fleet, 'web', 1);
    await call('SetDesiredCapacity', { DesiredCapacity: 3 });
    expect(await inService(fleet, 'web', 3)).toContain(first);
    await call('SetDesiredCapacity', { DesiredCapacity: 2 });
    const two = await inService(fleet, 'web', 2);
    expect(two).not.toContain(first);
    await fleet.call('ec2', 'TerminateInstances', { InstanceIds: [two[0]] });
    const replaced = await eventually(async () => {
      const now = await inService(fleet, 'web', 2);
      return now.includes(two[0] ?? '') ? undefined : now;
    });
    expect(replaced).toContain(two[1]);
  });

  it('is found by its tags and gives them to its instances', async () => {
    await create();
    const [id] = await inService(fleet, 'web', 1);
    const found = async (Values: string[]) =>
      (
        await fleet.call<AutoScalingGroupsType>('autoscaling', 'DescribeAutoScalingGroups', {
          Filters: [{ Name: 'tag:fleet', Values }],
        })
      ).AutoScalingGroups?.length;
    expect([await found(['a']), await found(['b'])]).toEqual([1, 0]);
    const { Reservations } = await fleet.call<{ Reservations: { Instances: { InstanceId: string }[] }[] }>(
      'ec2',
      'DescribeInstances',
      { Filters: [{ Name: 'tag:fleet', Values: ['a'] }] },
    );
    expect(Reservations[0]?.Instances[0]?.InstanceId).toBe(id);
  });

  it('is deleted with its instances only when forced', async () => {
    await create();
    await inService(fleet, 'web', 1);
    await expect(call('DeleteAutoScalingGroup')).rejects.toMatchObject({ name: 'ResourceInUse' });
    await call('DeleteAutoScalingGroup', { ForceDelete: true });
    await eventually(async () => {
      const { AutoScalingGroups } = await fleet.call<AutoScalingGroupsType>(
        'autoscaling',
        'DescribeAutoScalingGroups',
        {},
      );
      return AutoScalingGroups?.length === 0 ? true : undefined;
    });
    await expect(call('SetDesiredCapacity', { DesiredCapacity: 1 })).rejects.toMatchObject({
      name: 'ValidationError',
    });
  });

  it.each([
    [{ MinSize: 3, MaxSize: 2 }, /Max bound, 2/],
    [{ DesiredCapacity: 9 }, /Desired capacity:9 must be between the specified min size:1 and max size:3/],
  ])('fails for sizes that contradict each other: %j', async (more, text) => {
    await expect(create(more)).rejects.toThrow(text);
  });

  it('needs of its caller what a launch needs (T06)', async () => {
    await template();
    await fleet.role('Maker', 'lambda.amazonaws.com', [
      { Effect: 'Allow', Action: 'autoscaling:*', Resource: '*' },
    ]);
    const input = {
      AutoScalingGroupName: 'web',
      LaunchTemplate: { LaunchTemplateName: 'web', Version: '$Latest' },
      MinSize: 0,
      MaxSize: 1,
    };
    await expect(
      fleet.call('autoscaling', 'CreateAutoScalingGroup', input, roleNamed('Maker')),
    ).rejects.toMatchObject({ message: expect.stringMatching(/Maker.*ec2:RunInstances/s) });
  });

  it('writes down why it cannot launch, and launches when it can', async () => {
    await create({ MinSize: 0 });
    await template({ ImageId: 'resolve:ssm:/image' });
    await fleet.update(
      'AWS::EC2::LaunchTemplate',
      'Web',
      { LaunchTemplateName: 'web', LaunchTemplateData: { ImageId: 'resolve:ssm:/image' } },
      { state: await template(), properties: {} },
    );
    await call('SetDesiredCapacity', { DesiredCapacity: 1 });
    await eventually(async () => {
      const { Activities } = await call<ActivitiesType>('DescribeScalingActivities');
      return Activities?.some(({ StatusMessage }) => /\/image/.test(StatusMessage ?? '')) || undefined;
    });
    await fleet.create('AWS::SSM::Parameter', 'Image', { Name: '/image', Type: 'String', Value: baseImage });
    expect(await inService(fleet, 'web', 1)).toHaveLength(1);
  });
});

describe('an instance refresh', () => {
  it('replaces every instance by one of the current image and tells so (T30)', async () => {
    await create({ MinSize: 2 });
    const before = await inService(fleet, 'web', 2);
    const id = await refresh();
    expect(await over(id)).toMatchObject({
      Status: 'Successful',
      PercentageComplete: 100,
      InstancesToUpdate: 0,
    });
    const after = await inService(fleet, 'web', 2);
    expect(after.filter((one) => before.includes(one))).toEqual([]);
    expect(told(id)).toEqual(['aws.autoscaling EC2 Auto Scaling Instance Refresh Succeeded web']);
  });

  it('fails while another goes on', async () => {
    await create();
    await inService(fleet, 'web', 1);
    const id = await refresh();
    await expect(refresh()).rejects.toMatchObject({ name: 'InstanceRefreshInProgress' });
    await over(id);
  });

  it('fails with a reason when --fail asked for it, and leaves the instances', async () => {
    await create();
    const before = await inService(fleet, 'web', 1);
    fleet.host.faults.arm('web', 1);
    const id = await refresh();
    expect(await over(id)).toMatchObject({
      Status: 'Failed',
      StatusReason: expect.stringContaining('--fail'),
    });
    expect(told(id)).toEqual(['aws.autoscaling EC2 Auto Scaling Instance Refresh Failed web']);
    expect(await inService(fleet, 'web', 1)).toEqual(before);
  });

  it('waits while the new image cannot be launched, and ends when it is cancelled', async () => {
    await create();
    await inService(fleet, 'web', 1);
    await fleet.update(
      'AWS::EC2::LaunchTemplate',
      'Web',
      { LaunchTemplateName: 'web', LaunchTemplateData: { ImageId: 'resolve:ssm:/none' } },
      { state: await template(), properties: {} },
    );
    const id = await refresh();
    await eventually(async () => {
      const { Activities = [] } = await call<ActivitiesType>('DescribeScalingActivities');
      return (
        Activities.filter(({ StatusMessage }) => /\/none/.test(StatusMessage ?? '')).length > 1 || undefined
      );
    });
    expect(await refreshOf(id)).toMatchObject({ Status: 'InProgress' });
    await call('CancelInstanceRefresh');
    expect(await over(id)).toMatchObject({ Status: 'Cancelled' });
  });

  it('ends when it is cancelled', async () => {
    await create();
    await inService(fleet, 'web', 1);
    await expect(call('CancelInstanceRefresh')).rejects.toMatchObject({
      name: 'ActiveInstanceRefreshNotFound',
    });
    const id = await refresh();
    await call('CancelInstanceRefresh');
    expect((await over(id)).Status).toBe('Cancelled');
    expect(told(id)).toEqual(['aws.autoscaling EC2 Auto Scaling Instance Refresh Cancelled web']);
  });

  it('goes on after a restart, replacing each instance once', async () => {
    await fleet.dispose();
    const store = createMemoryStore();
    fleet = createFleetHost({ store });
    await create({ MinSize: 2 });
    const before = await inService(fleet, 'web', 2);
    const id = await refresh();
    await eventually(async () => ((await refreshOf(id)).InstancesToUpdate === 1 ? true : undefined));
    await fleet.stop();
    fleet = createFleetHost({ store, stateDir: fleet.stateDir });
    await fleet.start();
    expect((await over(id)).Status).toBe('Successful');
    const after = await inService(fleet, 'web', 2);
    expect(after.filter((one) => before.includes(one))).toEqual([]);
    expect(store.table('ec2.instances').keys()).toHaveLength(4);
  });
});

describe('lifecycle hooks', () => {
  it('hold a launch until it is answered', async () => {
    await create({ MinSize: 0 });
    await call('PutLifecycleHook', {
      LifecycleHookName: 'h',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    });
    await call('SetDesiredCapacity', { DesiredCapacity: 1 });
    const { detail } = await eventually(() =>
      fleet.events.find((event) => event['detail-type'] === 'EC2 Instance-launch Lifecycle Action'),
    );
    const { AutoScalingGroups } = await fleet.call<AutoScalingGroupsType>(
      'autoscaling',
      'DescribeAutoScalingGroups',
      {},
    );
    expect(AutoScalingGroups?.[0]?.Instances?.[0]).toMatchObject({ LifecycleState: 'Pending:Wait' });
    await call('CompleteLifecycleAction', {
      LifecycleHookName: 'h',
      InstanceId: detail.EC2InstanceId,
      LifecycleActionResult: 'CONTINUE',
    });
    expect(await inService(fleet, 'web', 1)).toEqual([detail.EC2InstanceId]);
  });

  it('give the instance up when nobody answers in time', async () => {
    await create({ MinSize: 0 });
    await call('PutLifecycleHook', {
      LifecycleHookName: 'h',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      HeartbeatTimeout: 600,
    });
    await call('SetDesiredCapacity', { DesiredCapacity: 1 });
    const waiting = (count: number) =>
      eventually(() => {
        const found = fleet.events.filter(
          (event) => event['detail-type'] === 'EC2 Instance-launch Lifecycle Action',
        );
        return found.length >= count ? found : undefined;
      });
    const [first] = await waiting(1);
    fleet.clock.advance(600_000);
    const [, second] = await waiting(2);
    expect(second?.detail.EC2InstanceId).not.toBe(first?.detail.EC2InstanceId);
  });
});

describe('a group of a template', () => {
  const properties = {
    AutoScalingGroupName: 'qat',
    LaunchTemplate: { LaunchTemplateName: 'web', Version: '$Latest' },
    MinSize: '1',
    MaxSize: '1',
  };

  it('without a load balancer has a front door to its instance, until it is deleted', async () => {
    await template();
    const state = await fleet.create('AWS::AutoScaling::AutoScalingGroup', 'Qat', properties);
    await inService(fleet, 'qat', 1);
    const port = fleet.autoscaling.frontDoorPort('qat');
    expect((await get(`http://localhost:${port}/`)).body).toContain('waits for its first deployment');
    await fleet.remove('AWS::AutoScaling::AutoScalingGroup', 'Qat', state, properties);
    await expect(get(`http://localhost:${port}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await fleet.remove('AWS::AutoScaling::AutoScalingGroup', 'Qat', state, properties);
  });

  it('answers 503 at its front door while no instance is in service', async () => {
    await template();
    await fleet.create('AWS::AutoScaling::AutoScalingGroup', 'Qat', { ...properties, MinSize: '0' });
    expect(await get(`http://localhost:${fleet.autoscaling.frontDoorPort('qat')}/`)).toMatchObject({
      status: 503,
    });
  });

  it('changes in place, and is replaced under another name', async () => {
    await template();
    const state = await fleet.create('AWS::AutoScaling::AutoScalingGroup', 'Qat', properties);
    const before = { state, properties };
    const update = (more: object) =>
      fleet.update('AWS::AutoScaling::AutoScalingGroup', 'Qat', { ...properties, ...more }, before);
    expect((await update({ MaxSize: '2', DesiredCapacity: '2' })).physicalId).toBe('qat');
    await inService(fleet, 'qat', 2);
    expect((await update({ AutoScalingGroupName: 'other' })).physicalId).toBe('other');
  });
});
