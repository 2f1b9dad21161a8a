import { AwsError, type Host, type Principal } from '../../host.ts';

/** The public parameter of Amazon Linux 2023, whose newest image Image Builder's own one stands for. */
const PUBLIC_IMAGES = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-';

/** A parent image as a build uses it. */
interface ResolvedParent {
  /** Absent if it is an image of Image Builder that is not known here. */
  readonly imageId?: string;
  readonly architecture: 'arm64' | 'x86_64';
}

/**
 * The AMI behind a recipe's parent image: an AMI's id, a parameter (`ssm:`) or an image of AWS, at the time of the build.
 * @param principal Image Builder's service-linked role
 * @throws AwsError if the parameter or AMI does not exist
 */
export async function resolveParent(
  host: Host,
  principal: Principal,
  parentImage: string,
): Promise<ResolvedParent> {
  const byName = /arm64|aarch64/.test(parentImage) ? 'arm64' : 'x86_64';
  const read = async (Name: string): Promise<string> => {
    const { Parameter } = await host.call<{ Parameter?: { Value?: string } }>(
      principal,
      'ssm',
      'GetParameter',
      { Name },
    );
    return Parameter?.Value ?? '';
  };
  if (parentImage.startsWith('arn:'))
    return /:image\/amazon-linux-2023-/.test(parentImage)
      ? { imageId: await read(`${PUBLIC_IMAGES}${byName}`), architecture: byName }
      : { architecture: byName };
  const imageId = parentImage.startsWith('ssm:') ? await read(parentImage.slice('ssm:'.length)) : parentImage;
  const { Images = [] } = await host.call<{
    Images?: readonly { readonly ImageId?: string; readonly Architecture?: string }[];
  }>(principal, 'ec2', 'DescribeImages', { ImageIds: [imageId] });
  const [image] = Images;
  if (image === undefined)
    throw new AwsError('InvalidAMIID.NotFound', `The image id '[${imageId}]' does not exist`);
  return { imageId, architecture: image.Architecture === 'arm64' ? 'arm64' : byName };
}
