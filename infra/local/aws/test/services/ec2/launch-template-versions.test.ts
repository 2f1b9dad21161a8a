import type {
  CreateLaunchTemplateVersionResult,
  DescribeLaunchTemplateVersionsResult,
} from '@aws-sdk/client-ec2';
import { keepLaunchTemplate } from '../../../services/ec2/launch-template-versions.ts';
import { createFleetHost, type FleetHost } from '../../instances/fleet-host.ts';

let fleet: FleetHost;
beforeEach(() => {
  fleet = createFleetHost();
});
afterEach(() => fleet.dispose());

const LaunchTemplateId = 'lt-0123456789abcdef0';
const addVersion = async (ImageId: string, more: object = {}) =>
  (
    await fleet.call<CreateLaunchTemplateVersionResult>('ec2', 'CreateLaunchTemplateVersion', {
      LaunchTemplateId,
      LaunchTemplateData: { ImageId },
      ...more,
    })
  ).LaunchTemplateVersion?.VersionNumber;
const versions = async (...Versions: string[]) =>
  (
    await fleet.call<DescribeLaunchTemplateVersionsResult>('ec2', 'DescribeLaunchTemplateVersions', {
      LaunchTemplateId,
      Versions,
    })
  ).LaunchTemplateVersions;

describe('versions of a launch template', () => {
  it('take what they do not name from their source, and the default changes only when asked for', async () => {
    keepLaunchTemplate(fleet.host, LaunchTemplateId);
    expect(await addVersion('ami-1', { LaunchTemplateData: { ImageId: 'ami-1', KeyName: 'ours' } })).toBe(2);
    expect(await addVersion('ami-2', { SourceVersion: '$Latest', VersionDescription: 'newer' })).toBe(3);
    expect(await addVersion('ami-3')).toBe(4);
    expect(await versions('$Default', '3', '$Latest')).toMatchObject([
      { VersionNumber: 1, DefaultVersion: true, LaunchTemplateData: {} },
      {
        VersionDescription: 'newer',
        DefaultVersion: false,
        LaunchTemplateData: { ImageId: 'ami-2', KeyName: 'ours' },
      },
      { VersionNumber: 4, LaunchTemplateData: { ImageId: 'ami-3' } },
    ]);
    await fleet.call('ec2', 'ModifyLaunchTemplate', { LaunchTemplateId, DefaultVersion: '3' });
    expect(await versions('$Default')).toMatchObject([{ VersionNumber: 3, DefaultVersion: true }]);
  });

  it('are added once for a client token', async () => {
    keepLaunchTemplate(fleet.host, LaunchTemplateId);
    const token = { ClientToken: 'build-7' };
    expect([await addVersion('ami-1', token), await addVersion('ami-1', token)]).toEqual([2, 2]);
    expect(await addVersion('ami-2', { ClientToken: 'build-8' })).toBe(3);
  });

  it('fail for a template or version that does not exist, and for no version', async () => {
    await expect(addVersion('ami-1')).rejects.toMatchObject({ name: 'InvalidLaunchTemplateId.NotFound' });
    keepLaunchTemplate(fleet.host, LaunchTemplateId);
    await expect(addVersion('ami-1', { SourceVersion: '7' })).rejects.toThrow('it has versions 1 to 1');
    const modify = (input: object) =>
      fleet.call('ec2', 'ModifyLaunchTemplate', { LaunchTemplateId, ...input });
    await expect(modify({ DefaultVersion: '2' })).rejects.toThrow('it has versions 1 to 1');
    await expect(modify({})).rejects.toMatchObject({ name: 'MissingParameter' });
  });
});

it('a launch template that is kept stays as it is when it is asked for again', async () => {
  expect(keepLaunchTemplate(fleet.host, LaunchTemplateId)).toBe(true);
  await addVersion('ami-1');
  expect(keepLaunchTemplate(fleet.host, LaunchTemplateId)).toBe(false);
  expect(await versions('$Latest')).toMatchObject([{ VersionNumber: 2 }]);
});
