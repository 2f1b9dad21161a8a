import { createImageBuilderService } from '../../../services/imagebuilder/imagebuilder.ts';
import { createS3Service } from '../../../services/s3/s3.ts';
import {
  ACCOUNT,
  administrator,
  create,
  createWorld,
  putRole,
  REGION,
  startProcess,
} from '../shared/test-host.ts';

/** ARN of an Image Builder resource. */
export const arn = (resource: string) => `arn:aws:imagebuilder:${REGION}:${ACCOUNT}:${resource}`;
export const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:qat-image`;
/** The AMI for Graviton. */
export const ARM_IMAGE = 'ami-00000000000000a64';
export const PIPELINE = arn('image-pipeline/orders-qat');
/** A component document that runs one command. */
export const document = (command = 'dnf update -y') => `
name: patch
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - { name: update, action: ExecuteBash, inputs: { commands: ['${command}'] } }
`;

/** An image that EC2 was asked to register. */
interface Registered {
  readonly ImageId: string;
  readonly Name: string;
  readonly Tags: { Key: string; Value: string }[];
}
/** What GetImage answers, as far as the tests look. */
export interface ImageAnswer {
  readonly image: {
    readonly state: { status: string; reason?: string };
    readonly outputResources: { amis: { image: string; name: string; region: string; accountId: string }[] };
  };
}

/** What an image build's instance may do. @param log ARN of the objects that it may write */
export const buildPermissions = (log = 'arn:aws:s3:::logs/*') => [
  {
    Effect: 'Allow' as const,
    Action: ['imagebuilder:GetComponent', 'ssm:UpdateInstanceInformation'],
    Resource: '*',
  },
  { Effect: 'Allow' as const, Action: 's3:PutObject', Resource: log },
];

/** Image Builder over a store of its own, with EC2 and SNS played. */
export const createImageWorld = () => {
  const world = createWorld();
  const registered: Registered[] = [];
  const messages: { topic: string; text: string; by: unknown }[] = [];
  world.played.ec2 = {
    DescribeImages: ({
      Filters,
      ImageIds,
    }: {
      Filters?: { Name: string; Values: string[] }[];
      ImageIds?: string[];
    }) => ({
      Images: ImageIds
        ? ImageIds.map((ImageId) => ({ ImageId, Architecture: ImageId === ARM_IMAGE ? 'arm64' : 'x86_64' }))
        : registered.filter(({ Name }) => Filters?.[0]?.Values.includes(Name)),
    }),
    RegisterImage: ({
      Name,
      TagSpecifications,
    }: {
      Name: string;
      TagSpecifications: { Tags: Registered['Tags'] }[];
    }) => {
      const ImageId = `ami-${String(registered.length + 1).padStart(17, '0')}`;
      registered.push({ ImageId, Name, Tags: TagSpecifications[0]?.Tags ?? [] });
      return { ImageId };
    },
  };
  world.played.sns = {
    Publish: ({ TopicArn, Message }: { TopicArn: string; Message: string }, by) => {
      messages.push({ topic: TopicArn, text: Message, by });
      return {};
    },
  };

  const open = async (writesToLive?: number) => {
    const process = startProcess(world, writesToLive);
    const s3 = process.register(createS3Service);
    const builder = process.register(createImageBuilderService);
    const call = <Output = Record<string, unknown>>(
      name: string,
      input: object = {},
      principal = administrator,
    ) => process.inner.call<Output>(principal, 'imagebuilder', name, input);
    return { process, s3, builder, call };
  };
  type Opened = Awaited<ReturnType<typeof open>>;
  const deploy = async (
    { s3, builder }: Opened,
    {
      command,
      version = '1.0.x',
      scans,
      data = document(command),
      parameters = [],
    }: {
      command?: string;
      version?: string;
      scans?: boolean;
      data?: string;
      parameters?: readonly { readonly Name: string; readonly Value: readonly string[] }[];
    } = {},
  ) => {
    putRole(world, 'build', 'ec2.amazonaws.com', buildPermissions());
    world.store.table('iam.instanceProfiles').put('build', {
      arn: 'arn:aws:iam::000000000000:instance-profile/build',
      instanceProfileName: 'build',
      instanceProfileId: 'AIPA',
      path: '/',
      createdAt: 0,
      roleNames: ['build'],
    });
    await create(s3, 'AWS::S3::Bucket', 'Logs', { BucketName: 'logs' });
    const component = await create(builder, 'AWS::ImageBuilder::Component', 'Patch', {
      Name: 'Patch OS',
      Version: version,
      Platform: 'Linux',
      Data: data,
    });
    const recipe = await create(builder, 'AWS::ImageBuilder::ImageRecipe', 'Recipe', {
      Name: 'orders',
      Version: version,
      Components: [{ ComponentArn: component.physicalId, Parameters: parameters }],
      ParentImage: 'ami-0123456789abcdef0',
    });
    const infrastructure = await create(
      builder,
      'AWS::ImageBuilder::InfrastructureConfiguration',
      'Infrastructure',
      {
        Name: 'orders-qat',
        InstanceProfileName: 'build',
        SnsTopicArn: TOPIC,
        Logging: { S3Logs: { S3BucketName: 'logs', S3KeyPrefix: 'qat' } },
      },
    );
    const distribution = await create(
      builder,
      'AWS::ImageBuilder::DistributionConfiguration',
      'Distribution',
      {
        Name: 'orders-qat',
        Distributions: [
          {
            Region: REGION,
            AmiDistributionConfiguration: {
              Name: 'orders-qat-{{ imagebuilder:buildDate }}',
              AmiTags: { application: 'orders' },
            },
          },
        ],
      },
    );
    const pipeline = await create(builder, 'AWS::ImageBuilder::ImagePipeline', 'Pipeline', {
      Name: 'orders-qat',
      ImageRecipeArn: recipe.physicalId,
      InfrastructureConfigurationArn: infrastructure.physicalId,
      DistributionConfigurationArn: distribution.physicalId,
      ...(scans !== undefined && { ImageScanningConfiguration: { ImageScanningEnabled: scans } }),
    });
    return { component, recipe, pipeline };
  };
  const start = async ({ call }: Opened, clientToken = 'token-1') =>
    (
      await call<{ imageBuildVersionArn: string }>('StartImagePipelineExecution', {
        imagePipelineArn: PIPELINE,
        clientToken,
      })
    ).imageBuildVersionArn;
  const statusOf = (build: string) =>
    world.store.table<{ status: string; reason?: string }>('imagebuilder.images').get(build)?.status;
  const statuses = (build: string) =>
    world.events
      .filter(({ resources }) => resources[0] === build)
      .map(({ detail }) => (detail.state as { status: string }).status);

  return { world, registered, messages, open, deploy, start, statusOf, statuses };
};

/** What {@link createImageWorld} makes. */
export type ImageWorld = ReturnType<typeof createImageWorld>;
