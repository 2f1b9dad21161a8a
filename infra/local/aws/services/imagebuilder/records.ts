import type { ImageScanStatus } from '@aws-sdk/client-imagebuilder';
import { AwsError, type Host, type Principal } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import type { KnownAbout } from '../shared/vulnerabilities.ts';
import type { ImagePackage } from './packages.ts';

interface Record {
  readonly arn: string;
  readonly name: string;
  readonly description: string;
  /** In ms. */
  readonly createdAt: number;
  readonly tags: Readonly<{ [key: string]: string }>;
  /** The CloudFormation resource that made it, `<stack>/<logical id>`. */
  readonly owner: string;
}

/** A component or recipe: never changed, only followed by another version. */
interface Versioned extends Record {
  readonly version: string;
  /** Hash of everything that is built from it. */
  readonly content: string;
}

export interface Component extends Versioned {
  readonly platform: string;
  readonly data: string;
}

export interface ImageRecipe extends Versioned {
  readonly componentArns: readonly string[];
  /** Values of the components' parameters, by component, then name. Absent in a store that an older version wrote. */
  readonly parameters?: { readonly [componentArn: string]: { readonly [name: string]: string } };
  readonly parentImage: string;
  readonly workingDirectory?: string;
  readonly amiTags: Readonly<{ [key: string]: string }>;
}

export interface Infrastructure extends Record {
  readonly instanceProfileName: string;
  readonly instanceTypes: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly subnetId?: string;
  readonly snsTopicArn?: string;
  readonly log?: { readonly bucket: string; readonly prefix: string };
  readonly terminatesOnFailure: boolean;
}

export interface Distribution extends Record {
  readonly amiName?: string;
  readonly amiDescription?: string;
  readonly amiTags: Readonly<{ [key: string]: string }>;
  /** Launch templates that get each image as a new version. Absent in a store that an older version wrote. */
  readonly launchTemplates?: readonly { readonly id: string; readonly setsDefault: boolean }[];
}

export interface ImagePipeline extends Record {
  readonly recipeArn: string;
  readonly infrastructureArn: string;
  readonly distributionArn?: string;
  readonly hasTests: boolean;
  /** Absent in a store that an older version wrote. */
  readonly isScanned?: boolean;
  readonly isEnabled: boolean;
}

export type ImageStatus =
  | 'PENDING'
  | 'BUILDING'
  | 'TESTING'
  | 'DISTRIBUTING'
  | 'AVAILABLE'
  | 'FAILED'
  | 'CANCELLED';

/** One build. */
export interface Image {
  readonly arn: string;
  readonly name: string;
  readonly version: string;
  readonly build: number;
  readonly pipelineArn: string;
  readonly recipeArn: string;
  readonly infrastructureArn: string;
  /** Of the build instance; absent in a store that an older version wrote. */
  readonly securityGroupIds?: readonly string[];
  readonly distributionArn?: string;
  readonly clientToken?: string;
  readonly status: ImageStatus;
  readonly reason?: string;
  /** In ms. */
  readonly createdAt: number;
  /** When the status was reached, in ms. */
  readonly changedAt: number;
  readonly ami?: { readonly imageId: string; readonly name: string };
  /** The container image that it became, where instances are containers. */
  readonly containerImage?: string;
  /** Asked for on the command line. */
  readonly isToFail: boolean;
  /** Until the topic has the message about its end. */
  readonly mustPublish: boolean;
  readonly tags: Readonly<{ [key: string]: string }>;
}

/** A scan and what it came to. */
export interface ImageScan {
  readonly status: ImageScanStatus;
  readonly reason: string;
  /** In ms. */
  readonly scannedAt: number;
  /** A snapshot, which later knowledge does not change. */
  readonly found: readonly KnownAbout[];
}

/** The tables of Image Builder, each by ARN. */
export const tablesOf = ({ store }: Host) => ({
  components: store.table<Component>('imagebuilder.components'),
  recipes: store.table<ImageRecipe>('imagebuilder.recipes'),
  infrastructures: store.table<Infrastructure>('imagebuilder.infrastructures'),
  distributions: store.table<Distribution>('imagebuilder.distributions'),
  pipelines: store.table<ImagePipeline>('imagebuilder.pipelines'),
  images: store.table<Image>('imagebuilder.images'),
  /** What each image has installed, by the image's ARN. */
  packages: store.table<readonly ImagePackage[]>('imagebuilder.packages'),
  /** What the scan of each image came to, by the image's ARN. */
  scans: store.table<ImageScan>('imagebuilder.scans'),
  /** The highest number of a deleted build, by the image's ARN without it: a number is not given again. */
  lastDeleted: store.table<number>('imagebuilder.lastDeleted'),
  /** The last patch number given for `1.0.x`, by kind, name and minor version. */
  patches: store.table<number>('imagebuilder.patches'),
});

/** The part of an ARN that Image Builder makes of a name. */
export const slug = (name: string): string => name.toLowerCase().replace(/[ _]/g, '-');

/** The role under which Image Builder registers images and publishes: AWS makes it and attaches its policy. */
export const serviceLinkedRole = (host: Host): Principal => ({
  kind: 'role',
  roleArn: `arn:${host.partition}:iam::${host.accountId}:role/aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder`,
  sessionName: 'EC2ImageBuilder',
});

/** An ARN of Image Builder in this account. */
export const imageBuilderArn = (host: Host, resource: string): string =>
  arnOf(host, 'imagebuilder', resource);

/** Whether AWS provides it (`…:aws:component/update-linux/x.x.x`). */
export const isAwsOwned = (arn: string): boolean =>
  /^arn:[^:]+:imagebuilder:[^:]*:(?:aws|aws-marketplace|third-party):/.test(arn);

/** @throws AwsError `ResourceNotFoundException` */
export const found = <Value>(value: Value | undefined, kind: string, arn: string): Value => {
  if (value === undefined)
    throw new AwsError('ResourceNotFoundException', `The ${kind} ${arn} does not exist.`, 404);
  return value;
};
