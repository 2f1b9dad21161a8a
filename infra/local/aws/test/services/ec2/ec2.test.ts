import fs from 'node:fs';
import type {
  DeregisterImageResult,
  DescribeImagesResult,
  DescribeInstancesResult,
  DescribeInstanceTypesResult,
  Instance,
  Reservation,
} from '@aws-sdk/client-ec2';
import { isLaunchable } from '../../../services/ec2/images.ts';
import { ec2Tables } from '../../../services/ec2/records.ts';
import {
  baseImage,
  createFleetHost,
  eventually,
  type FleetHost,
  get,
  roleNamed,
} from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(30_000);

let fleet: FleetHost;

beforeEach(() => {
  fleet = createFleetHost();
});

afterEach(() => fleet.dispose());

const register = async (Name: string) =>
  (await fleet.call<{ ImageId: string }>('ec2', 'RegisterImage', { Name, Description: `image ${Name}` }))
    .ImageId;
const run = async (input: object, principal = roleNamed('Launcher')) =>
  (await fleet.call<Reservation>('ec2', 'RunInstances', { MinCount: 1, MaxCount: 1, ...input }, principal))
    .Instances?.[0] ?? {};
const find = async (id: string | undefined): Promise<Instance> => {
  const { Reservations } = await fleet.call<DescribeInstancesResult>('ec2', 'DescribeInstances', {
    InstanceIds: [id],
  });
  return Reservations?.[0]?.Instances?.[0] ?? {};
};
const inState = (id: string | undefined, state: string) =>
  eventually(async () => ((await find(id)).State?.Name === state ? true : undefined));

describe('the account', () => {
  const vcpusOf = async (...InstanceTypes: string[]) =>
    (
      await fleet.call<DescribeInstanceTypesResult>('ec2', 'DescribeInstanceTypes', { InstanceTypes })
    ).InstanceTypes?.map(({ VCpuInfo }) => VCpuInfo?.DefaultVCpus);

  it('has one region, which is enabled', async () => {
    expect(await fleet.call('ec2', 'DescribeRegions', { AllRegions: true })).toMatchObject({
      Regions: [{ RegionName: 'us-east-1', OptInStatus: 'opt-in-not-required' }],
    });
    await expect(fleet.call('ec2', 'DescribeRegions', { RegionNames: ['af-south-1'] })).rejects.toMatchObject(
      { name: 'InvalidParameterValue' },
    );
  });

  it('has instance types whose size says how many vCPUs they have', async () => {
    expect(await vcpusOf('t3.small', 'm5.xlarge', 'm7i-flex.2xlarge', 'c6gn.16xlarge')).toEqual([
      2, 4, 8, 64,
    ]);
  });

  it.each(['t3', 't3.huge', 'small'])('fails for the instance type %s', async (type) => {
    await expect(vcpusOf(type)).rejects.toMatchObject({ name: 'InvalidInstanceType' });
  });
});

describe('launch templates', () => {
  const data = (ImageId: string) => ({ LaunchTemplateName: 'web', LaunchTemplateData: { ImageId } });

  it('gain a version when their data change, and keep the default version (T11)', async () => {
    const properties = data(baseImage);
    const state = await fleet.create('AWS::EC2::LaunchTemplate', 'Web', properties);
    expect(state.attributes).toMatchObject({ LatestVersionNumber: '1', DefaultVersionNumber: '1' });
    const changed = await fleet.update('AWS::EC2::LaunchTemplate', 'Web', data('ami-00000000'), {
      state,
      properties,
    });
    expect(changed.physicalId).toBe(state.physicalId);
    expect(changed.attributes).toMatchObject({ LatestVersionNumber: '2', DefaultVersionNumber: '1' });
    const again = await fleet.update('AWS::EC2::LaunchTemplate', 'Web', data('ami-00000000'), {
      state,
      properties,
    });
    expect(again.attributes.LatestVersionNumber).toBe('2');
  });

  it('are replaced under another name, and fail for unknown properties', async () => {
    const state = await fleet.create('AWS::EC2::LaunchTemplate', 'Web', data(baseImage));
    const renamed = { ...data(baseImage), LaunchTemplateName: 'other' };
    const after = await fleet.update('AWS::EC2::LaunchTemplate', 'Web', renamed, {
      state,
      properties: data(baseImage),
    });
    expect(after.physicalId).not.toBe(state.physicalId);
    const odd = { LaunchTemplateData: { ImageId: baseImage, Image: 'x' } };
    await expect(fleet.create('AWS::EC2::LaunchTemplate', 'Odd', odd)).rejects.toThrow(
      /Odd.*LaunchTemplateData\.Image/,
    );
  });

  it('that do not exist are named', async () => {
    await expect(
      run({ LaunchTemplate: { LaunchTemplateName: 'no' } }, { kind: 'administrator' }),
    ).rejects.toMatchObject({
      name: 'InvalidLaunchTemplateName.NotFoundException',
    });
  });
});

describe('images', () => {
  it('are registered once under a name, and described with their tags', async () => {
    const { ImageId } = await fleet.call<{ ImageId: string }>('ec2', 'RegisterImage', {
      Name: 'one',
      TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'build', Value: '7' }] }],
    });
    expect(ImageId).toMatch(/^ami-[0-9a-f]{17}$/);
    await expect(register('one')).rejects.toMatchObject({ name: 'InvalidAMIName.Duplicate' });
    const { Images } = await fleet.call<DescribeImagesResult>('ec2', 'DescribeImages', {
      Owners: ['self'],
      Filters: [{ Name: 'name', Values: ['o*'] }],
    });
    expect(Images).toMatchObject([
      {
        ImageId,
        Name: 'one',
        State: 'available',
        Tags: [{ Key: 'build', Value: '7' }],
        OwnerId: '000000000000',
      },
    ]);
  });

  it('of AWS count as available; malformed and deregistered ones do not exist', async () => {
    const tables = ec2Tables(fleet.host);
    expect(isLaunchable(tables, baseImage)).toBe(true);
    const { Images } = await fleet.call<DescribeImagesResult>('ec2', 'DescribeImages', {
      ImageIds: [baseImage],
    });
    expect(Images).toMatchObject([{ ImageId: baseImage, State: 'available', OwnerId: 'amazon' }]);
    await expect(fleet.call('ec2', 'DescribeImages', { ImageIds: ['ami-nothing'] })).rejects.toMatchObject({
      name: 'InvalidAMIID.Malformed',
    });
    await expect(
      fleet.call('ec2', 'DescribeImages', { ImageIds: ['ami-0123456789abcdef0000'] }),
    ).rejects.toMatchObject({
      name: 'InvalidAMIID.NotFound',
    });
  });
});

describe('deregistering an image', () => {
  const mine = { 'ec2:ResourceTag/application': 'orders' };
  const onMine = (Action: string) =>
    ({ Effect: 'Allow', Action, Resource: '*', Condition: { StringEquals: mine } }) as const;
  const registerTagged = async (name: string, application: string) => {
    const Tags = [{ Key: 'application', Value: application }];
    const { ImageId } = await fleet.call<{ ImageId: string }>('ec2', 'RegisterImage', {
      Name: name,
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: {} }],
      TagSpecifications: ['image', 'snapshot'].map((ResourceType) => ({ ResourceType, Tags })),
    });
    return ImageId;
  };
  const deregister = (ImageId: string, principal?: ReturnType<typeof roleNamed>) =>
    fleet.call<DeregisterImageResult>(
      'ec2',
      'DeregisterImage',
      { ImageId, DeleteAssociatedSnapshots: true },
      principal,
    );

  it('deletes its snapshots when asked to, and leaves nothing that starts from it', async () => {
    const image = await registerTagged('one', 'orders');
    const { Images } = await fleet.call<DescribeImagesResult>('ec2', 'DescribeImages', {
      Owners: ['self'],
      Filters: [{ Name: 'tag:application', Values: ['orders'] }],
    });
    const root = Images?.[0]?.BlockDeviceMappings?.[0];
    expect(root).toMatchObject({ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8, Encrypted: true } });
    const SnapshotId = root?.Ebs?.SnapshotId ?? '';
    expect(ec2Tables(fleet.host).snapshots.has(SnapshotId)).toBe(true);
    expect(await deregister(image)).toMatchObject({
      DeleteSnapshotResults: [{ SnapshotId, ReturnCode: 'success' }],
    });
    expect(ec2Tables(fleet.host).snapshots.keys()).toEqual([]);
    await expect(run({ ImageId: image }, { kind: 'administrator' })).rejects.toMatchObject({
      name: 'InvalidAMIID.NotFound',
    });
    await expect(deregister(image)).rejects.toMatchObject({ name: 'InvalidAMIID.Unavailable' });
    await expect(deregister('ami-0123456789abcdef0')).rejects.toMatchObject({
      name: 'InvalidAMIID.NotFound',
    });
  });

  it('is allowed by tags; without permission for the snapshot the image goes and the answer says so', async () => {
    const [own, other] = [await registerTagged('one', 'orders'), await registerTagged('two', 'shop')];
    await fleet.role('Launcher', 'lambda.amazonaws.com', [onMine('ec2:DeregisterImage')]);
    await expect(deregister(other, roleNamed('Launcher'))).rejects.toThrow(/ec2:DeregisterImage/);
    expect(await deregister(own, roleNamed('Launcher'))).toMatchObject({
      Return: true,
      DeleteSnapshotResults: [{ ReturnCode: 'missing-permissions' }],
    });
    expect(ec2Tables(fleet.host).snapshots.keys()).toHaveLength(2);
  });
});

describe('instances', () => {
  const launchFrom = async (ImageId: string, more: object = {}) => {
    await fleet.create('AWS::EC2::LaunchTemplate', 'Web', {
      LaunchTemplateName: 'web',
      LaunchTemplateData: { ImageId, ...more },
    });
    return { LaunchTemplate: { LaunchTemplateName: 'web' } };
  };

  it('resolve their image through SSM with the launching role’s permission (T06, T11)', async () => {
    const image = await register('one');
    await fleet.create('AWS::SSM::Parameter', 'Image', { Name: '/image', Type: 'String', Value: image });
    const input = await launchFrom('resolve:ssm:/image');
    const allowed = { Effect: 'Allow', Action: ['ec2:*', 'ssm:GetParameters'], Resource: '*' } as const;
    await fleet.role('Launcher', 'lambda.amazonaws.com', [allowed]);
    expect(await run(input)).toMatchObject({ ImageId: image, State: { Name: 'pending' } });
    await fleet.role('Launcher', 'lambda.amazonaws.com', [{ ...allowed, Action: 'ec2:*' }]);
    await expect(run(input)).rejects.toMatchObject({
      message: expect.stringMatching(/Launcher.*ssm:GetParameters/s),
    });
  });

  it('need leave to pass the role of their profile, and to be tagged', async () => {
    await fleet.role('InstanceRole', 'ec2.amazonaws.com');
    const profile = await fleet.create('AWS::IAM::InstanceProfile', 'Profile', { Roles: ['InstanceRole'] });
    const input = await launchFrom(baseImage, { IamInstanceProfile: { Arn: profile.attributes.Arn } });
    const runOnly = { Effect: 'Allow', Action: 'ec2:RunInstances', Resource: '*' } as const;
    await fleet.role('Launcher', 'lambda.amazonaws.com', [runOnly]);
    await expect(run(input)).rejects.toMatchObject({
      message: expect.stringMatching(/iam:PassRole.*InstanceRole/s),
    });
    const tagged = {
      ...input,
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
    };
    await expect(run(tagged)).rejects.toMatchObject({ message: expect.stringContaining('ec2:CreateTags') });
  });

  it('are launched once for one client token', async () => {
    const input = { ...(await launchFrom(baseImage)), ClientToken: 'once' };
    const administrator = { kind: 'administrator' } as const;
    const [one, two] = await Promise.all([run(input, administrator), run(input, administrator)]);
    expect(one.InstanceId).toBe(two.InstanceId);
  });

  it('of a base image with user data answer on their port; terminated ones are gone from this machine', async () => {
    const { InstanceId = '' } = await run(await launchFrom(baseImage, { UserData: 'IyEvYmluL3No' }), {
      kind: 'administrator',
    });
    await inState(InstanceId, 'running');
    const port = fleet.instances.machine(InstanceId)?.port;
    expect(await get(`http://127.0.0.1:${port}/health`)).toMatchObject({ status: 200 });
    await fleet.call('ec2', 'TerminateInstances', { InstanceIds: [InstanceId] });
    await inState(InstanceId, 'terminated');
    await expect(get(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(fs.existsSync(fleet.instances.directory(InstanceId))).toBe(false);
  });

  it('that are terminated while they boot do not come up', async () => {
    const { InstanceId } = await run(await launchFrom(baseImage), { kind: 'administrator' });
    await fleet.call('ec2', 'TerminateInstances', { InstanceIds: [InstanceId] });
    await inState(InstanceId, 'terminated');
    expect(fleet.instances.machine(InstanceId ?? '')).toBeUndefined();
  });

  it('are found by tags and states, and an unknown filter fails', async () => {
    const { InstanceId } = await run(await launchFrom(baseImage), { kind: 'administrator' });
    ec2Tables(fleet.host).tags.put(InstanceId ?? '', { env: 'qat' });
    const ids = async (Filters: object[]) =>
      (
        await fleet.call<DescribeInstancesResult>('ec2', 'DescribeInstances', { Filters })
      ).Reservations?.flatMap(({ Instances }) => Instances?.map((one) => one.InstanceId));
    expect(await ids([{ Name: 'tag:env', Values: ['q*'] }])).toEqual([InstanceId]);
    expect(await ids([{ Name: 'tag:env', Values: ['prod'] }])).toEqual([]);
    expect(await ids([{ Name: 'instance-state-name', Values: ['terminated'] }])).toEqual([]);
    await expect(ids([{ Name: 'colour', Values: ['red'] }])).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });
});
