import type { Image } from '@aws-sdk/client-ec2';
import { parentReader } from '../../../tasks/images/parent-image.ts';

const images: Readonly<Record<string, Image>> = {
  'ami-made': { ImageId: 'ami-made', SourceImageId: 'ami-parent' },
  'ami-orphan': { ImageId: 'ami-orphan', SourceImageId: 'ami-gone' },
  'ami-copied': { ImageId: 'ami-copied' },
  'ami-parent': {
    ImageId: 'ami-parent',
    Name: 'al2023-ami-2023.9',
    CreationDate: '2026-11-03T00:00:00.000Z',
  },
};

it.each([
  ['ami-made', { imageId: 'ami-parent', name: 'al2023-ami-2023.9', createdAt: '2026-11-03T00:00:00.000Z' }],
  // Its owner has taken it back since.
  ['ami-orphan', { imageId: 'ami-gone' }],
  ['ami-copied', undefined],
  ['ami-elsewhere', undefined],
])('the parent image of %s is what EC2 says', async (imageId, expected) => {
  expect(await parentReader(async (id) => images[id])(imageId)).toEqual(expected);
});
