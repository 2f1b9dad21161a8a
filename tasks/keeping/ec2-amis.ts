import {
  DeregisterImageCommand,
  DescribeImagesCommand,
  type EC2Client,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { allItems } from '../all-items.ts';
import { ownImages, snapshotGib } from '../images/own-images.ts';
import type { Ami, AmiPlace } from './delete-unused-images.ts';

/** Image Builder tags the AMIs that it puts out with their build (its user guide, "Tag Image Builder output resources"). */
const BUILD_TAG = 'Ec2ImageBuilderArn';

/** Values that one filter of EC2 takes (EC2 API reference, "Filter"). */
const MOST_VALUES = 200;

/** States of instances that may still run, or run again. */
const NOT_TERMINATED = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];

/** The AMI was deregistered, and a snapshot of it was left. */
class SnapshotNotDeletedError extends Error {
  override readonly name = 'SnapshotNotDeleted';
}

/**
 * Whether an AMI is gone that could not be deregistered: another run was faster. EC2 may say that it does not exist, or that
 * nobody may deregister what has no tags any more.
 */
async function isGone(client: EC2Client, ImageId: string): Promise<boolean> {
  const { Images = [] } = await client.send(
    new DescribeImagesCommand({ Owners: ['self'], Filters: [{ Name: 'image-id', Values: [ImageId] }] }),
  );
  return Images.length === 0;
}

/** The AMIs of an application in an account and region. */
export const createAmiPlace = (client: EC2Client, application: string, region: string): AmiPlace => ({
  region,
  list: async () => {
    const images = await ownImages(client, application);
    return images.flatMap((image): Ami[] => {
      const { ImageId, CreationDate, Tags = [] } = image;
      const build = Tags.find(({ Key }) => Key === BUILD_TAG)?.Value;
      return ImageId === undefined || CreationDate === undefined
        ? []
        : [
            {
              imageId: ImageId,
              ...(build !== undefined && { build }),
              createdAt: new Date(CreationDate),
              size: snapshotGib(image),
            },
          ];
    });
  },
  running: async (imageIds) => {
    const running = new Set<string>();
    for (let from = 0; from < imageIds.length; from += MOST_VALUES) {
      const Values = imageIds.slice(from, from + MOST_VALUES);
      const reservations = await allItems(
        paginateDescribeInstances(
          { client },
          {
            Filters: [
              { Name: 'image-id', Values },
              { Name: 'instance-state-name', Values: NOT_TERMINATED },
            ],
          },
        ),
        (page) => page.Reservations,
      );
      for (const { Instances = [] } of reservations)
        for (const { ImageId } of Instances) if (ImageId !== undefined) running.add(ImageId);
    }
    return [...running];
  },
  remove: async (ImageId) => {
    const answer = await client
      .send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }))
      .catch(async (error: unknown) => {
        if (!(await isGone(client, ImageId))) throw error;
      });
    // `skipped`: another AMI is made from it as well, and deletes it.
    const left = (answer?.DeleteSnapshotResults ?? []).filter(
      ({ ReturnCode }) => ReturnCode !== 'success' && ReturnCode !== 'skipped',
    );
    if (left.length > 0)
      throw new SnapshotNotDeletedError(
        `${ImageId} is deregistered, but EC2 left ${left.map(({ SnapshotId, ReturnCode }) => `${SnapshotId} (${ReturnCode})`).join(', ')} in ${region}. Delete it by hand.`,
      );
  },
});
