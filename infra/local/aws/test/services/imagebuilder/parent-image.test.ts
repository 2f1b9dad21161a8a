import { resolveParent } from '../../../services/imagebuilder/parent-image.ts';
import { serviceLinkedRole } from '../../../services/imagebuilder/records.ts';
import { sourceImagesOf } from '../../../services/shared/source-images.ts';
import { REGION, until } from '../shared/test-host.ts';
import { ARM_IMAGE, createImageWorld, type ImageWorld } from './image-world.ts';

const PUBLIC = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-';
const parameters: Readonly<Record<string, string>> = {
  [`${PUBLIC}x86_64`]: 'ami-0000000000000086a',
  [`${PUBLIC}arm64`]: 'ami-0000000000000064a',
  '/imagebuilder/golden': ARM_IMAGE,
};

describe('parent images', () => {
  let images: ImageWorld;
  beforeEach(() => {
    images = createImageWorld();
    images.world.played.ssm = {
      GetParameter: ({ Name }: { Name: string }) => {
        const Value = parameters[Name];
        if (Value === undefined) throw new Error(`no parameter ${Name}`);
        return { Parameter: { Value } };
      },
    };
  });
  afterEach(() => images.world.remove());

  it.each([
    ['ami-0123456789abcdef0', { imageId: 'ami-0123456789abcdef0', architecture: 'x86_64' }],
    ['ssm:/imagebuilder/golden', { imageId: ARM_IMAGE, architecture: 'arm64' }],
    [
      `arn:aws:imagebuilder:${REGION}:aws:image/amazon-linux-2023-x86/x.x.x`,
      { imageId: 'ami-0000000000000086a', architecture: 'x86_64' },
    ],
    [
      `arn:aws:imagebuilder:${REGION}:aws:image/amazon-linux-2023-arm64/x.x.x`,
      { imageId: 'ami-0000000000000064a', architecture: 'arm64' },
    ],
    [`arn:aws:imagebuilder:${REGION}:123456789012:image/golden/1.x.x`, { architecture: 'x86_64' }],
  ])('%s is resolved when a build needs it', async (parentImage, expected) => {
    const { process } = await images.open();
    expect(await resolveParent(process.host, serviceLinkedRole(process.host), parentImage)).toEqual(expected);
  });

  it('fails for a parameter that does not exist', async () => {
    const { process } = await images.open();
    await expect(
      resolveParent(process.host, serviceLinkedRole(process.host), 'ssm:/imagebuilder/none'),
    ).rejects.toThrow('no parameter');
  });

  it('an image remembers the AMI that it was made from', async () => {
    const { world, open, deploy, start, statusOf, registered } = images;
    const opened = await open();
    await deploy(opened);
    const build = await start(opened);
    await until(world, () => statusOf(build) === 'AVAILABLE');
    expect(sourceImagesOf(opened.process.host).get(registered[0]?.ImageId ?? '')).toBe(
      'ami-0123456789abcdef0',
    );
  });
});
