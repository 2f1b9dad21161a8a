import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { GetInstanceProfileCommandOutput } from '@aws-sdk/client-iam';
import type { GetParametersCommandOutput } from '@aws-sdk/client-ssm';
import { type Access, AwsError, type Host, type Principal } from '../../host.ts';
import { imageNotFound, isLaunchable } from './images.ts';
import { findLaunchTemplate } from './launch-templates.ts';
import { type Ec2Tables, ec2Arn } from './records.ts';
import { requestTags, tagsFor } from './tags.ts';

const SSM_REFERENCE = 'resolve:ssm:';
const administrator: Principal = { kind: 'administrator' };

/** What a launch comes to when request and launch template are put together. */
interface LaunchPlan {
  /** As written: an AMI, or `resolve:ssm:/name`. */
  readonly image: string;
  readonly instanceType: string;
  readonly subnetId?: string;
  readonly instanceProfile?: { readonly Arn?: string | undefined; readonly Name?: string | undefined };
  /** In Base64. */
  readonly userData?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly launchTemplateId?: string;
}

/**
 * Puts a request and its launch template together; the request's values win.
 * @throws AwsError when the launch template is missing, or nobody names an image
 */
export const planLaunch = (tables: Ec2Tables, request: RunInstancesRequest): LaunchPlan => {
  const found = request.LaunchTemplate ? findLaunchTemplate(tables, request.LaunchTemplate) : undefined;
  const data = found?.version.data ?? {};
  const image = request.ImageId ?? data.ImageId;
  if (!image) throw new AwsError('MissingParameter', 'The request must contain the parameter ImageId');
  const profile = request.IamInstanceProfile ?? data.IamInstanceProfile;
  const userData = request.UserData ?? data.UserData;
  return {
    image,
    instanceType: request.InstanceType ?? data.InstanceType ?? 'm1.small',
    ...(request.SubnetId === undefined ? {} : { subnetId: request.SubnetId }),
    ...(profile ? { instanceProfile: profile } : {}),
    ...(userData ? { userData } : {}),
    tags: {
      ...tagsFor('instance', data.TagSpecifications),
      ...tagsFor('instance', request.TagSpecifications),
    },
    ...(found ? { launchTemplateId: found.template.id } : {}),
  };
};

/** The permissions that a launch needs of the caller, beside those that need the image or the profile looked up. */
export const launchAccess = (host: Host, plan: LaunchPlan): Access[] => [
  { action: 'ec2:RunInstances', resource: ec2Arn(host, 'instance/*'), context: requestTags(plan.tags) },
  { action: 'ec2:RunInstances', resource: ec2Arn(host, `subnet/${plan.subnetId ?? '*'}`) },
  ...(plan.launchTemplateId
    ? [{ action: 'ec2:RunInstances', resource: ec2Arn(host, `launch-template/${plan.launchTemplateId}`) }]
    : []),
  ...(Object.keys(plan.tags).length > 0
    ? [
        {
          action: 'ec2:CreateTags',
          resource: ec2Arn(host, 'instance/*'),
          context: { ...requestTags(plan.tags), 'ec2:CreateAction': 'RunInstances' },
        },
      ]
    : []),
];

/**
 * Resolves an image reference with the caller's permission to read the parameter.
 * @throws AwsError `InvalidAMIID.NotFound`, `InvalidParameterValue`, or what SSM answers
 */
export const resolveImage = async (
  host: Host,
  tables: Ec2Tables,
  principal: Principal,
  image: string,
): Promise<string> => {
  let imageId = image;
  if (image.startsWith(SSM_REFERENCE)) {
    const name = image.slice(SSM_REFERENCE.length);
    const { Parameters } = await host.call<GetParametersCommandOutput>(principal, 'ssm', 'GetParameters', {
      Names: [name],
    });
    const value = Parameters?.[0]?.Value;
    if (value === undefined) {
      throw new AwsError(
        'InvalidParameterValue',
        `The parameter ${name}, which the image ${image} names, does not exist in Systems Manager.`,
      );
    }
    imageId = value;
  }
  if (!isLaunchable(tables, imageId)) throw imageNotFound(imageId);
  return imageId;
};

/**
 * Looks up the instance profile and asks whether the caller may pass its role to EC2.
 * @throws AwsError `InvalidParameterValue` for an unknown profile, `AccessDeniedException`
 */
export const passInstanceProfile = async (
  host: Host,
  principal: Principal,
  profile: LaunchPlan['instanceProfile'],
): Promise<string | undefined> => {
  const name = profile?.Name ?? profile?.Arn?.split('/').at(-1);
  if (!name) return undefined;
  let found: GetInstanceProfileCommandOutput;
  try {
    found = await host.call(administrator, 'iam', 'GetInstanceProfile', { InstanceProfileName: name });
  } catch (error) {
    if (!(error instanceof AwsError) || error.name !== 'NoSuchEntity') throw error;
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
  for (const { Arn } of found.InstanceProfile?.Roles ?? []) {
    if (Arn === undefined) continue;
    const context = { 'iam:PassedToService': 'ec2.amazonaws.com' };
    host.authorize(principal, { action: 'iam:PassRole', resource: Arn, context });
  }
  return found.InstanceProfile?.Arn;
};
