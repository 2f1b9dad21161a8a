import { createHash } from 'node:crypto';
import { EC2Client } from '@aws-sdk/client-ec2';
import {
  GetComponentCommand,
  type ImagebuilderClient,
  paginateListImagePackages,
} from '@aws-sdk/client-imagebuilder';
import { createImages } from '../images/ec2-image.ts';
import { parentReader } from '../images/parent-image.ts';
import { createImageBuilds } from '../jobs/imagebuilder-builds.ts';
import type { ImageContentsSource } from './inspect-image.ts';
import type { Package } from './inventory.ts';

/** ListImagePackages gives so many packages at a time at most (its API reference). */
const LARGEST_PAGE = 25;

/** Whether an ARN names one version of a component, and no pattern as `x.x.x`. */
const isOneVersion = (arn: string): boolean => /\/\d+\.\d+\.\d+\/\d+$/.test(arn);

/** Reads what is in images, in Image Builder and EC2. */
export const createImageContents = (
  client: ImagebuilderClient,
  ec2 = new EC2Client({}),
): ImageContentsSource => ({
  image: createImageBuilds(client).image,
  packages: async (imageBuildVersionArn) => {
    const found: Package[] = [];
    for await (const { imagePackageList = [] } of paginateListImagePackages(
      { client, pageSize: LARGEST_PAGE },
      { imageBuildVersionArn },
    ))
      for (const { packageName = '', packageVersion = '' } of imagePackageList)
        found.push({ name: packageName, version: packageVersion });
    return found;
  },
  componentDigest: async (componentArn) => {
    if (!isOneVersion(componentArn)) return undefined;
    const { component } = await client.send(
      new GetComponentCommand({ componentBuildVersionArn: componentArn }),
    );
    const { data } = component ?? {};
    return data === undefined ? undefined : createHash('sha256').update(data, 'utf8').digest('hex');
  },
  parent: parentReader(createImages(ec2)),
});
