import type {
  DescribeImagesRequest,
  DescribeImagesResult,
  Image,
  RegisterImageRequest,
  RegisterImageResult,
} from '@aws-sdk/client-ec2';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { resourceId } from '../../instances/instances.ts';
import type { Ec2Tables } from './records.ts';
import { passes, tagList, tagsFor } from './tags.ts';

const knownFilters = ['image-id', 'name', 'state', 'owner-alias', 'architecture', 'is-public'];

/**
 * Whether an AMI can be launched: registered here, or one of AWS's public base images, for which every well-formed id
 * that was never registered here counts, since the catalog of public images is not known locally.
 */
export const isLaunchable = (tables: Ec2Tables, imageId: string): boolean => {
  const registered = tables.images.get(imageId);
  return registered ? registered.state === 'available' : /^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(imageId);
};

/** The error for an AMI that cannot be launched. */
export const imageNotFound = (imageId: string): AwsError =>
  /^ami-[0-9a-f]+$/.test(imageId)
    ? new AwsError('InvalidAMIID.NotFound', `The image id '[${imageId}]' does not exist`)
    : new AwsError('InvalidAMIID.Malformed', `Invalid id: "${imageId}" (expecting "ami-...")`);

/** RegisterImage, DescribeImages. */
export const imageOperations = (host: Host, tables: Ec2Tables): Record<string, Operation> => {
  const imageArn = (id: string) => `arn:${host.partition}:ec2:${host.region}::image/${id}`;

  const describe = (imageId: string): Image => {
    const own = tables.images.get(imageId);
    const common = {
      ImageId: imageId,
      State: 'available',
      ImageType: 'machine',
      RootDeviceType: 'ebs',
      VirtualizationType: 'hvm',
      Tags: tagList(tables.tags.get(imageId)),
    } as const;
    if (!own)
      return {
        ...common,
        Name: `public-base-image-${imageId}`,
        OwnerId: 'amazon',
        ImageOwnerAlias: 'amazon',
        Public: true,
      };
    return {
      ...common,
      Name: own.name,
      Description: own.description,
      Architecture: own.architecture as 'x86_64',
      RootDeviceName: own.rootDeviceName,
      OwnerId: host.accountId,
      Public: false,
      CreationDate: new Date(own.createdAt).toISOString(),
    };
  };

  const registerImage: Operation<RegisterImageRequest, RegisterImageResult> = {
    requires: () => ({ action: 'ec2:RegisterImage', resource: imageArn('*') }),
    run: ({ Name = '', Description, Architecture, RootDeviceName, TagSpecifications }) => {
      const taken = tables.images.values().find(({ name, state }) => name === Name && state === 'available');
      if (!Name) throw new AwsError('MissingParameter', 'The request must contain the parameter Name');
      if (taken)
        throw new AwsError(
          'InvalidAMIName.Duplicate',
          `AMI name ${Name} is already in use by AMI ${taken.imageId}`,
        );
      const imageId = resourceId('ami', `${host.accountId} ${Name} ${tables.images.keys().length}`);
      tables.tags.put(imageId, tagsFor('image', TagSpecifications));
      tables.images.put(imageId, {
        imageId,
        name: Name,
        description: Description ?? '',
        architecture: Architecture ?? 'x86_64',
        rootDeviceName: RootDeviceName ?? '/dev/xvda',
        state: 'available',
        createdAt: host.clock.now(),
      });
      return { ImageId: imageId };
    },
  };
  const describeImages: Operation<DescribeImagesRequest, DescribeImagesResult> = {
    requires: () => ({ action: 'ec2:DescribeImages', resource: '*' }),
    run: ({ ImageIds, Owners, Filters }) => {
      for (const id of ImageIds ?? []) if (!isLaunchable(tables, id)) throw imageNotFound(id);
      const ids = ImageIds ?? tables.images.keys().filter((id) => isLaunchable(tables, id));
      const ownedBy = ({ OwnerId, ImageOwnerAlias }: Image) =>
        !Owners?.length ||
        Owners.some(
          (owner) =>
            owner === OwnerId ||
            owner === ImageOwnerAlias ||
            (owner === 'self' && OwnerId === host.accountId),
        );
      return {
        Images: ids
          .map(describe)
          .filter(ownedBy)
          .filter((image) =>
            passes(Filters, tables.tags.get(image.ImageId ?? ''), knownFilters, (name) => {
              const values: Record<string, string | undefined> = {
                'image-id': image.ImageId,
                name: image.Name,
                state: image.State,
                'owner-alias': image.ImageOwnerAlias,
                architecture: image.Architecture,
                'is-public': String(image.Public),
              };
              return values[name];
            }),
          ),
      };
    },
  };
  return { RegisterImage: registerImage, DescribeImages: describeImages };
};
