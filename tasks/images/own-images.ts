import { type EC2Client, type Image, paginateDescribeImages } from '@aws-sdk/client-ec2';
import { allItems } from '../all-items.ts';

/** Tag of an application's AMIs, in every account that they are copied to. */
export const APPLICATION_TAG = 'lockstep:application';

/** The account's own AMIs that are of an application. @default of any */
export const ownImages = (client: EC2Client, application?: string): Promise<readonly Image[]> =>
  allItems(
    paginateDescribeImages(
      { client },
      {
        Owners: ['self'],
        Filters: [
          application === undefined
            ? { Name: 'tag-key', Values: [APPLICATION_TAG] }
            : { Name: `tag:${APPLICATION_TAG}`, Values: [application] },
        ],
      },
    ),
    (page) => page.Images,
  );

/** How much an AMI's snapshots hold at most, in GiB. */
export const snapshotGib = ({ BlockDeviceMappings = [] }: Image): number =>
  BlockDeviceMappings.reduce((sum, { Ebs }) => sum + (Ebs?.VolumeSize ?? 0), 0);
