import { randomUUID } from 'node:crypto';
import type {
  GetComponentRequest,
  GetComponentResponse,
  ListImagePackagesRequest,
  ListImagePackagesResponse,
} from '@aws-sdk/client-imagebuilder';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { found, type tablesOf } from './records.ts';

/** ListImagePackages gives so many packages at most, and as many if nothing is said (its API reference). */
const LARGEST_PAGE = 25;

/** ListImagePackages, GetComponent: what images have and are made with. */
export const imageContents = (
  host: Host,
  { images, packages, components }: ReturnType<typeof tablesOf>,
): Readonly<Record<string, Operation>> => {
  const listPackages: Operation<ListImagePackagesRequest, ListImagePackagesResponse> = {
    requires: ({ imageBuildVersionArn }) => ({
      action: 'imagebuilder:ListImagePackages',
      resource: imageBuildVersionArn ?? '*',
    }),
    run: ({ imageBuildVersionArn: arn = '', maxResults = LARGEST_PAGE, nextToken: token }) => {
      found(images.get(arn), 'image', arn);
      if (maxResults < 1 || maxResults > LARGEST_PAGE)
        throw new AwsError(
          'InvalidParameterValueException',
          `maxResults must be from 1 to ${LARGEST_PAGE}; received ${maxResults}.`,
        );
      const { items, nextToken } = page(packages.get(arn) ?? [], token, maxResults, {
        errorName: 'InvalidPaginationTokenException',
      });
      return {
        requestId: randomUUID(),
        imagePackageList: items.map(({ name, version }) => ({ packageName: name, packageVersion: version })),
        ...(nextToken !== undefined && { nextToken }),
      };
    },
  };

  const getComponent: Operation<GetComponentRequest, GetComponentResponse> = {
    requires: ({ componentBuildVersionArn }) => ({
      action: 'imagebuilder:GetComponent',
      resource: componentBuildVersionArn ?? '*',
    }),
    run: ({ componentBuildVersionArn: arn = '' }) => {
      const { name, version, description, platform, data, createdAt, tags } = found(
        components.get(arn),
        'component',
        arn,
      );
      return {
        requestId: randomUUID(),
        component: {
          arn,
          name,
          version,
          description,
          type: 'BUILD',
          platform: platform as 'Linux',
          owner: host.accountId,
          data,
          encrypted: true,
          dateCreated: new Date(createdAt).toISOString(),
          tags: { ...tags },
        },
      };
    },
  };

  return { ListImagePackages: listPackages, GetComponent: getComponent };
};
