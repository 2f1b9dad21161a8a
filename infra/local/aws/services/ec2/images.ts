import type {
  BlockDeviceMapping,
  DeleteSnapshotReturnCode,
  DeregisterImageRequest,
  DeregisterImageResult,
  DescribeImagesRequest,
  DescribeImagesResult,
  Image,
  RegisterImageRequest,
  RegisterImageResult,
} from '@aws-sdk/client-ec2';
import { AwsError, type Host, type Operation, type Principal } from '../../host.ts';
import { instancesOf, resourceId } from '../../instances/instances.ts';
import { sourceImagesOf } from '../shared/source-images.ts';
import type { Ec2Tables } from './records.ts';
import { passes, resourceTags, tagList, tagsFor } from './tags.ts';

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

/** In GiB: the root volume of Amazon Linux 2023. */
const ROOT_VOLUME = 8;

/** RegisterImage, DescribeImages, DeregisterImage. */
export const imageOperations = (host: Host, tables: Ec2Tables): Record<string, Operation> => {
  // Images and snapshots have no account in their ARNs (Service Authorization Reference, Amazon EC2).
  const imageArn = (id: string) => `arn:${host.partition}:ec2:${host.region}::image/${id}`;
  const snapshotArn = (id: string) => `arn:${host.partition}:ec2:${host.region}::snapshot/${id}`;

  const describe = (imageId: string): Image => {
    const own = tables.images.get(imageId);
    const source = sourceImagesOf(host).get(imageId);
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
      ...(source !== undefined && { SourceImageId: source, SourceImageRegion: host.region }),
      BlockDeviceMappings:
        own.snapshotId === undefined ? [] : [rootDevice(own.rootDeviceName, own.snapshotId)],
    };
  };
  const rootDevice = (DeviceName: string, SnapshotId: string): BlockDeviceMapping => ({
    DeviceName,
    Ebs: {
      SnapshotId,
      VolumeSize: tables.snapshots.get(SnapshotId)?.volumeSize ?? ROOT_VOLUME,
      VolumeType: 'gp3',
      Encrypted: true,
      DeleteOnTermination: true,
    },
  });

  const registerImage: Operation<RegisterImageRequest, RegisterImageResult> = {
    requires: () => ({ action: 'ec2:RegisterImage', resource: imageArn('*') }),
    run: ({
      Name = '',
      Description,
      Architecture,
      RootDeviceName,
      TagSpecifications,
      BlockDeviceMappings,
    }) => {
      const taken = tables.images.values().find(({ name, state }) => name === Name && state === 'available');
      if (!Name) throw new AwsError('MissingParameter', 'The request must contain the parameter Name');
      if (taken)
        throw new AwsError(
          'InvalidAMIName.Duplicate',
          `AMI name ${Name} is already in use by AMI ${taken.imageId}`,
        );
      const imageId = resourceId('ami', `${host.accountId} ${Name} ${tables.images.keys().length}`);
      tables.tags.put(imageId, tagsFor('image', TagSpecifications));
      // CreateImage makes the snapshot of an instance's root volume and tags it; here it comes with the image.
      const root = BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs;
      const snapshotId = root && resourceId('snap', `${host.accountId} ${imageId}`);
      if (snapshotId !== undefined) {
        tables.tags.put(snapshotId, tagsFor('snapshot', TagSpecifications));
        tables.snapshots.put(snapshotId, { snapshotId, volumeSize: root?.VolumeSize ?? ROOT_VOLUME });
      }
      tables.images.put(imageId, {
        ...(snapshotId !== undefined && { snapshotId }),
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

  /** Permission that is missing leaves the snapshot, and the answer says so (EC2 API reference, DeleteSnapshotReturnCode). */
  const deleteSnapshot = (principal: Principal, SnapshotId: string): DeleteSnapshotReturnCode => {
    try {
      host.authorize(principal, {
        action: 'ec2:DeleteSnapshot',
        resource: snapshotArn(SnapshotId),
        context: resourceTags(tables.tags.get(SnapshotId)),
      });
    } catch (error) {
      if (error instanceof AwsError) return { SnapshotId, ReturnCode: 'missing-permissions' };
      throw error;
    }
    tables.snapshots.delete(SnapshotId);
    tables.tags.delete(SnapshotId);
    return { SnapshotId, ReturnCode: 'success' };
  };

  const deregisterImage: Operation<DeregisterImageRequest, DeregisterImageResult> = {
    requires: ({ ImageId = '' }) => ({
      action: 'ec2:DeregisterImage',
      resource: imageArn(ImageId),
      context: resourceTags(tables.tags.get(ImageId)),
    }),
    run: ({ ImageId = '', DeleteAssociatedSnapshots = false }, { principal }) => {
      const image = tables.images.get(ImageId);
      if (image === undefined) throw imageNotFound(ImageId);
      if (image.state === 'deregistered')
        throw new AwsError('InvalidAMIID.Unavailable', `The image ID '${ImageId}' is no longer available`);
      const { snapshotId, ...rest } = image;
      tables.images.put(ImageId, { ...rest, state: 'deregistered' });
      tables.tags.delete(ImageId);
      void instancesOf(host).workshop?.discard(ImageId);
      if (!DeleteAssociatedSnapshots || snapshotId === undefined) return { Return: true };
      return { Return: true, DeleteSnapshotResults: [deleteSnapshot(principal, snapshotId)] };
    },
  };

  return {
    RegisterImage: registerImage,
    DescribeImages: describeImages,
    DeregisterImage: deregisterImage,
  };
};
