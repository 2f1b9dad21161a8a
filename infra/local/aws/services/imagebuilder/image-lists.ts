import { randomUUID } from 'node:crypto';
import type {
  ImageVersion,
  ListImageBuildVersionsRequest,
  ListImageBuildVersionsResponse,
  ListImagesRequest,
  ListImagesResponse,
} from '@aws-sdk/client-imagebuilder';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { summarizeImage } from './descriptions.ts';
import type { tablesOf } from './records.ts';

const PAGING = { fallback: 25, errorName: 'InvalidPaginationTokenException' };

/** An image's ARN without its build number. */
const versionArn = (arn: string): string => arn.slice(0, arn.lastIndexOf('/'));

/** ListImages, ListImageBuildVersions: they know images whose pipeline was deleted, too. */
export const imageLists = (
  host: Host,
  { images }: ReturnType<typeof tablesOf>,
): Readonly<Record<string, Operation>> => {
  const listImages: Operation<ListImagesRequest, ListImagesResponse> = {
    requires: () => ({ action: 'imagebuilder:ListImages', resource: '*' }),
    run: ({ filters = [], owner, maxResults, nextToken: token }) => {
      const other = filters.find(({ name }) => name !== 'name');
      if (other)
        throw new AwsError(
          'InvalidParameterValueException',
          `The emulator filters images by name, got ${other.name}.`,
        );
      const versions = new Map<string, ImageVersion>();
      if (owner === undefined || owner === 'Self')
        for (const { arn, name, version, createdAt } of images.values())
          if (filters.every(({ values }) => values?.includes(name)))
            versions.set(versionArn(arn), {
              arn: versionArn(arn),
              name,
              type: 'AMI',
              version,
              platform: 'Linux',
              owner: host.accountId,
              dateCreated: new Date(createdAt).toISOString(),
            });
      const { items, nextToken } = page([...versions.values()], token, maxResults, PAGING);
      return {
        requestId: randomUUID(),
        imageVersionList: items,
        ...(nextToken !== undefined && { nextToken }),
      };
    },
  };

  const listBuilds: Operation<ListImageBuildVersionsRequest, ListImageBuildVersionsResponse> = {
    requires: ({ imageVersionArn }) => ({
      action: 'imagebuilder:ListImageBuildVersions',
      resource: imageVersionArn ?? '*',
    }),
    run: ({ imageVersionArn: wanted, maxResults, nextToken: token }) => {
      const builds = images.values().filter(({ arn }) => versionArn(arn) === wanted);
      const { items, nextToken } = page(builds, token, maxResults, PAGING);
      return {
        requestId: randomUUID(),
        imageSummaryList: items.map((image) => summarizeImage(host, image)),
        ...(nextToken !== undefined && { nextToken }),
      };
    },
  };

  return { ListImages: listImages, ListImageBuildVersions: listBuilds };
};
