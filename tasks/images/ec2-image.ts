import { DescribeImagesCommand, type EC2Client, type Image } from '@aws-sdk/client-ec2';

/** Errors of an id that EC2 has no image of, or no longer (EC2's API reference, "Client error codes"). */
const noSuchImage = new Set(['InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable']);

/** Reads one AMI; undefined if it is gone, or not to be seen from this account. A disabled one has the state `disabled` (EC2's user guide). */
export function createImages(client: Pick<EC2Client, 'send'>) {
  return async function image(imageId: string): Promise<Image | undefined> {
    try {
      const { Images = [] } = await client.send(
        new DescribeImagesCommand({ ImageIds: [imageId], IncludeDisabled: true }),
      );
      return Images[0];
    } catch (error) {
      if (noSuchImage.has((error as Error).name)) return undefined;
      throw error;
    }
  };
}
