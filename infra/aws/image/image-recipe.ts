import { Stack } from 'aws-cdk-lib';
import { type InstanceArchitecture, InstanceType } from 'aws-cdk-lib/aws-ec2';
import { CfnImageRecipe } from 'aws-cdk-lib/aws-imagebuilder';
import { Construct } from 'constructs';
import { APPLICATION_TAG } from '../../../tasks/images/own-images.ts';
import type { InternetAccess } from '../../config.ts';
import { type Runtime, runtimes } from '../runtimes.ts';
import { builderLog } from './builder-log.ts';
import { Component, type ComponentDocument, contentVersion } from './component.ts';

/** How Image Builder's and SSM's public names spell the architecture. */
const spelling: Record<InstanceArchitecture, { managedImage: string; parameter: string }> = {
  x86_64: { managedImage: 'amazon-linux-2023-x86', parameter: 'x86_64' },
  arm64: { managedImage: 'amazon-linux-2023-arm64', parameter: 'arm64' },
};

/** The public SSM parameter that names the latest Amazon Linux 2023 image for an instance type. */
export const publicImageParameter = (instanceType: string): string =>
  `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${spelling[new InstanceType(instanceType).architecture].parameter}`;

interface ImageRecipeProps {
  readonly application: string;
  readonly runtime: Runtime;
  /** Decides the architecture. */
  readonly instanceType: string;
  readonly internetAccess: InternetAccess;
  /** What images are encrypted with. @default the account's own key, which no other account may use */
  readonly keyArn?: string;
}

/** What both environments' images are made of: today's Amazon Linux 2023, then the components in order. */
export class ImageRecipe extends Construct {
  readonly arn: string;
  /** Every build of the recipe's versions. */
  readonly imageArns: string;

  constructor(scope: Construct, id: string, props: ImageRecipeProps) {
    super(scope, id);
    const { application, runtime, instanceType, internetAccess, keyArn } = props;
    const documents: readonly (readonly [string, ComponentDocument])[] = [
      ['SecurityUpdates', 'security-updates'],
      ['CodeDeployAgent', 'codedeploy-agent'],
      ...(internetAccess === 'endpoints'
        ? ([['AgentByEndpoint', 'codedeploy-agent-by-endpoint']] as const)
        : []),
      ['Runtime', runtimes[runtime]],
    ];
    const components = documents.map(
      ([componentId, document]) => new Component(this, componentId, { application, document }),
    );
    const { managedImage } = spelling[new InstanceType(instanceType).architecture];
    const name = `lockstep-${application}`;
    const stack = Stack.of(this);
    builderLog(this, 'Log', name);
    this.arn = new CfnImageRecipe(this, 'Recipe', {
      name,
      version: contentVersion(
        [
          managedImage,
          'tagged',
          ...components.map(({ version }) => version),
          ...(keyArn ? ['key'] : []),
        ].join('\n'),
      ),
      // x.x.x: the newest at each build.
      parentImage: stack.formatArn({
        service: 'imagebuilder',
        account: 'aws',
        resource: 'image',
        resourceName: `${managedImage}/x.x.x`,
      }),
      components: components.map(({ arn }) => ({ componentArn: arn })),
      // Of the AMI where it is built; its distribution tags the one where it is used.
      amiTags: { [APPLICATION_TAG]: application },
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: {
            encrypted: true,
            ...(keyArn && { kmsKeyId: keyArn }),
            volumeType: 'gp3',
            deleteOnTermination: true,
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
