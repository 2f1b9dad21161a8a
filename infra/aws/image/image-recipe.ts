import { Stack } from 'aws-cdk-lib';
import { type InstanceArchitecture, InstanceType } from 'aws-cdk-lib/aws-ec2';
import { CfnImageRecipe } from 'aws-cdk-lib/aws-imagebuilder';
import { Construct } from 'constructs';
import { APPLICATION_TAG } from '../../../tasks/images/own-images.ts';
import type { InternetAccess } from '../../config.ts';
import { type ImageConfig, isDocument, isImageParameter } from '../../config.ts';
import { type Runtime, runtimes } from '../runtimes.ts';
import { builderLog } from './builder-log.ts';
import { Component, contentVersion } from './component.ts';
import { packagesDocument, readOwnDocument } from './own-documents.ts';
import { rootVolume } from './root-volume.ts';

/** How Image Builder's and SSM's public names spell the architecture. */
const spelling: Record<InstanceArchitecture, { managedImage: string; parameter: string }> = {
  x86_64: { managedImage: 'amazon-linux-2023-x86', parameter: 'x86_64' },
  arm64: { managedImage: 'amazon-linux-2023-arm64', parameter: 'arm64' },
};

/** The public SSM parameter that names the latest Amazon Linux 2023 image for an instance type. */
export const publicImageParameter = (instanceType: string): string =>
  `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${spelling[new InstanceType(instanceType).architecture].parameter}`;

/** A component document: one of ours by name, or an own one. */
type Document = ConstructorParameters<typeof Component>[2]['document'];

/** A component of the recipe. */
interface ComponentVersion {
  readonly arn: string;
  /** Another one for other content. */
  readonly version: string;
  /** Values of the document's parameters. @default none */
  readonly parameters?: Readonly<Record<string, string>>;
}

interface ImageRecipeProps {
  readonly application: string;
  readonly runtime: Runtime;
  readonly image: ImageConfig;
  /** Decides the architecture. */
  readonly instanceType: string;
  readonly internetAccess: InternetAccess;
  /** Where build instances upload reports of scanners. */
  readonly bucketName: string;
  /** What images are encrypted with. @default the account's own key, which no other account may use */
  readonly keyArn?: string;
}

/** What both environments' images are made of: the parent image, then the components in order. */
export class ImageRecipe extends Construct {
  readonly arn: string;
  /** In the order of their installation. */
  readonly componentArns: readonly string[];
  /** Every build of the recipe's versions. */
  readonly imageArns: string;

  constructor(scope: Construct, id: string, props: ImageRecipeProps) {
    super(scope, id);
    const { application, runtime, instanceType, internetAccess, keyArn, image, bucketName } = props;
    const add = (componentId: string, document: Document): ComponentVersion =>
      new Component(this, componentId, { application, document });
    const runtimeDocument = runtimes[runtime];
    /** Components that the configuration names, by key. */
    const named = (key: 'components' | 'tests'): readonly ComponentVersion[] =>
      image[key].map((one, index) => {
        if (!isDocument(one)) return { arn: one, version: one };
        const where = `lockstep.applications[${application}].image.${key}[${index}]`;
        const document = readOwnDocument(where, one, key === 'tests' ? 'test' : undefined);
        return add(document.name, document);
      });
    const isScannedByComponent = image.scan === 'component';
    const components: readonly ComponentVersion[] = [
      add('SecurityUpdates', 'security-updates'),
      add('CodeDeployAgent', 'codedeploy-agent'),
      ...(internetAccess === 'endpoints' ? [add('AgentByEndpoint', 'codedeploy-agent-by-endpoint')] : []),
      ...(runtimeDocument === undefined ? [] : [add('Runtime', runtimeDocument)]),
      ...(image.packages.length > 0 ? [add('Packages', packagesDocument(image.packages))] : []),
      ...(isScannedByComponent ? [add('ScanBegin', 'scan-begin')] : []),
      ...named('components'),
      ...named('tests'),
      // The last one: what a component installs is there, and its scan as well.
      ...(isScannedByComponent
        ? [{ ...add('ScanEnd', 'scan-end'), parameters: { Bucket: bucketName } }]
        : []),
    ];
    this.componentArns = components.map(({ arn }) => arn);
    const { managedImage } = spelling[new InstanceType(instanceType).architecture];
    const name = `lockstep-${application}`;
    const stack = Stack.of(this);
    const volume = rootVolume(image.volume);
    builderLog(this, 'Log', name);
    this.arn = new CfnImageRecipe(this, 'Recipe', {
      name,
      version: contentVersion(
        [
          image.parent ?? managedImage,
          'tagged',
          ...components.map(({ version }) => version),
          ...(keyArn ? ['key'] : []),
          ...(image.volume ? [JSON.stringify(volume)] : []),
        ].join('\n'),
      ),
      parentImage:
        image.parent === undefined
          ? // x.x.x: the newest at each build.
            stack.formatArn({
              service: 'imagebuilder',
              account: 'aws',
              resource: 'image',
              resourceName: `${managedImage}/x.x.x`,
            })
          : isImageParameter(image.parent)
            ? `ssm:${image.parent}`
            : image.parent,
      components: components.map(({ arn: componentArn, parameters }) => ({
        componentArn,
        ...(parameters && {
          parameters: Object.entries(parameters).map(([parameter, value]) => ({
            name: parameter,
            value: [value],
          })),
        }),
      })),
      // Of the AMI where it is built; its distribution tags the one where it is used.
      amiTags: { [APPLICATION_TAG]: application },
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: {
            encrypted: true,
            ...(keyArn && { kmsKeyId: keyArn }),
            ...volume,
          },
        },
      ],
    }).attrArn;
    this.imageArns = stack.formatArn({
      service: 'imagebuilder',
      resource: 'image',
      resourceName: `${name}/*`,
    });
  }
}
