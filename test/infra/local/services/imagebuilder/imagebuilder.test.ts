import { createImageBuilderService } from '../../../../../infra/local/services/imagebuilder/imagebuilder.ts';
import { createS3Service } from '../../../../../infra/local/services/s3/s3.ts';
import {
  ACCOUNT,
  administrator,
  context,
  create,
  createWorld,
  putRole,
  REGION,
  settle,
  startProcess,
  until,
  type World,
} from '../shared/test-host.ts';

const arn = (resource: string) => `arn:aws:imagebuilder:${REGION}:${ACCOUNT}:${resource}`;
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:qat-image`;
const PIPELINE = arn('image-pipeline/orders-qat');
const document = (command = 'dnf update -y') => `
name: patch
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - { name: update, action: ExecuteBash, inputs: { commands: ['${command}'] } }
`;

interface Registered {
  readonly ImageId: string;
  readonly Name: string;
  readonly Tags: { Key: string; Value: string }[];
}
interface ImageAnswer {
  readonly image: {
    readonly state: { status: string; reason?: string };
    readonly outputResources: { amis: { image: string; name: string; region: string; accountId: string }[] };
  };
}

describe('Image Builder', () => {
  let world: World;
  let registered: Registered[];
  let messages: { topic: string; text: string; by: unknown }[];

  beforeEach(() => {
    world = createWorld();
    registered = [];
    messages = [];
    world.played.ec2 = {
      DescribeImages: ({ Filters }: { Filters: { Name: string; Values: string[] }[] }) => ({
        Images: registered.filter(({ Name }) => Filters[0]?.Values.includes(Name)),
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
  });
  afterEach(() => world.remove());

  const buildPermissions = (log = 'arn:aws:s3:::logs/*') => [
    {
      Effect: 'Allow' as const,
      Action: ['imagebuilder:GetComponent', 'ssm:UpdateInstanceInformation'],
      Resource: '*',
    },
    { Effect: 'Allow' as const, Action: 's3:PutObject', Resource: log },
  ];
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
    { command, version = '1.0.x' }: { command?: string; version?: string } = {},
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
      Data: document(command),
    });
    const recipe = await create(builder, 'AWS::ImageBuilder::ImageRecipe', 'Recipe', {
      Name: 'orders',
      Version: version,
      Components: [{ ComponentArn: component.physicalId }],
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

  it('builds in the statuses of AWS, registers one image and tells events and topic (T14, T15)', async () => {
    const opened = await open();
    const { pipeline } = await deploy(opened);
    expect(pipeline.physicalId).toBe(PIPELINE);
    const build = await start(opened);
    expect(build).toBe(arn('image/orders/1.0.0/1'));
    await until(world, () => messages.length > 0);
    expect(statuses(build)).toEqual(['BUILDING', 'TESTING', 'DISTRIBUTING', 'AVAILABLE']);
    expect(world.events.at(-1)).toMatchObject({
      source: 'aws.imagebuilder',
      'detail-type': 'EC2 Image Builder Image State Change',
      detail: { 'previous-state': { status: 'DISTRIBUTING' }, state: { status: 'AVAILABLE' } },
    });
    expect(JSON.stringify(world.events)).not.toContain('ami-');
    const { image } = await opened.call<ImageAnswer>('GetImage', { imageBuildVersionArn: build });
    const ami = {
      region: REGION,
      image: 'ami-00000000000000001',
      accountId: ACCOUNT,
      name: 'orders-qat-2026-11-22T10-00-00.000Z',
    };
    expect(image.state).toEqual({ status: 'AVAILABLE' });
    expect(image.outputResources.amis).toEqual([expect.objectContaining(ami)]);
    expect(registered[0]?.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'Ec2ImageBuilderArn', Value: build },
        { Key: 'CreatedBy', Value: 'EC2 Image Builder' },
        { Key: 'application', Value: 'orders' },
      ]),
    );
    expect(messages).toEqual([
      {
        topic: TOPIC,
        text: expect.any(String),
        by: expect.objectContaining({ roleArn: expect.stringContaining('AWSServiceRoleForImageBuilder') }),
      },
    ]);
    const text = messages[0]?.text ?? '';
    expect(text).toMatch(/"semver":1237940039285380274899124225[,}]/);
    expect(JSON.parse(text)).toMatchObject({
      arn: build,
      versionlessArn: arn('image/orders'),
      version: '1.0.0',
      buildVersion: 1,
      state: { status: 'AVAILABLE' },
      outputResources: { amis: [ami] },
      sourcePipelineArn: PIPELINE,
    });
    const log = await opened.process.inner.call<{ Body: Uint8Array }>(administrator, 's3', 'GetObject', {
      Bucket: 'logs',
      Key: 'qat/orders/1.0.0/1/console.log',
    });
    expect(Buffer.from(log.Body).toString()).toContain('the document was checked, nothing was executed');
  });

  it('gives the same build for the same client token, another for another (T13)', async () => {
    const opened = await open();
    await deploy(opened);
    const first = await start(opened, 'attempt-1');
    expect(await start(opened, 'attempt-1')).toBe(first);
    expect(await start(opened, 'attempt-2')).toBe(arn('image/orders/1.0.0/2'));
    const other = { imagePipelineArn: PIPELINE, clientToken: 'x'.repeat(37) };
    await expect(opened.call('StartImagePipelineExecution', other)).rejects.toThrow('received 37');
    await expect(
      opened.call('StartImagePipelineExecution', { imagePipelineArn: `${PIPELINE}2` }),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('fails a build that was asked to fail, tells so, and gives the failed build for its token again', async () => {
    const opened = await open();
    await deploy(opened);
    opened.process.host.faults.arm(PIPELINE, 1);
    const build = await start(opened);
    await until(world, () => messages.length > 0);
    expect(statuses(build)).toEqual(['BUILDING', 'FAILED']);
    expect(JSON.parse(messages[0]?.text ?? '')).toMatchObject({
      arn: build,
      state: { status: 'FAILED', reason: expect.stringContaining('--fail') },
    });
    expect(await start(opened)).toBe(build);
    const next = await start(opened, 'token-2');
    await until(world, () => statusOf(next) === 'AVAILABLE');
    expect(registered).toHaveLength(1);
  });

  it('fails a build whose instance may not write the log (T17) or whose profile does not exist', async () => {
    const opened = await open();
    await deploy(opened);
    putRole(world, 'build', 'ec2.amazonaws.com', buildPermissions('arn:aws:s3:::other/*'));
    const build = await start(opened);
    await until(world, () => statusOf(build) === 'FAILED');
    const { image } = await opened.call<ImageAnswer>('GetImage', { imageBuildVersionArn: build });
    expect(image.state.reason).toContain(
      's3:PutObject on resource: arn:aws:s3:::logs/qat/orders/1.0.0/1/console.log',
    );
    expect(image.outputResources.amis).toEqual([]);
    world.store.table('iam.instanceProfiles').delete('build');
    const second = await start(opened, 'two');
    await until(world, () => statusOf(second) === 'FAILED');
  });

  it('cancels a build without telling the topic (T14)', async () => {
    const opened = await open();
    await deploy(opened);
    const build = await start(opened);
    await opened.call('CancelImageCreation', { imageBuildVersionArn: build });
    await settle(world, 2000);
    expect(statuses(build)).toEqual(['CANCELLED']);
    expect(messages).toEqual([]);
    await expect(opened.call('CancelImageCreation', { imageBuildVersionArn: build })).rejects.toThrow(
      'CANCELLED',
    );
  });

  it('leaves the image available when its topic cannot be reached', async () => {
    world.played.sns = {
      Publish: () => {
        throw new Error('no topic');
      },
    };
    const opened = await open();
    await deploy(opened);
    const build = await start(opened);
    await until(world, () => world.logs.some(({ message }) => message.includes('could not be published')));
    expect(statusOf(build)).toBe('AVAILABLE');
  });

  it('goes on after a crash and registers one image, whichever write it comes after', async () => {
    const first = await open();
    await deploy(first);
    const before = first.process.writes();
    await start(first, 'count');
    await until(world, () => messages.length > 0);
    await settle(world, 200);
    const writes = first.process.writes() - before;
    first.process.kill();
    expect(writes).toBeGreaterThanOrEqual(6);
    for (let life = 1; life <= writes; life++) {
      messages.length = 0;
      registered.length = 0;
      const dying = await open(life);
      // A process that dies in the call gives no answer: the caller asks again with the same token.
      void start(dying, `life-${life}`);
      await until(world, () => dying.process.isDead(), `death ${life}`);
      await settle(world, 100);
      const after = await open();
      after.builder.start?.();
      const build = await start(after, `life-${life}`);
      expect(build).toBe(arn(`image/orders/1.0.0/${life + 1}`));
      await until(world, () => statusOf(build) === 'AVAILABLE' && messages.length > 0, `end of life ${life}`);
      await settle(world, 200);
      expect(registered).toHaveLength(1);
      expect(statuses(build)).toEqual(['BUILDING', 'TESTING', 'DISTRIBUTING', 'AVAILABLE']);
      after.process.kill();
    }
  });

  it('counts up versions of changed content, and keeps unchanged ones (T12)', async () => {
    const opened = await open();
    const first = await deploy(opened);
    expect(first.component.physicalId).toBe(arn('component/patch-os/1.0.0/1'));
    const same = await deploy(opened);
    expect(same).toEqual(first);
    const changed = await deploy(opened, { command: 'dnf upgrade -y' });
    expect(changed.component.physicalId).toBe(arn('component/patch-os/1.0.1/1'));
    expect(changed.recipe.physicalId).toBe(arn('image-recipe/orders/1.0.1'));
    const build = await start(opened);
    expect(build).toBe(arn('image/orders/1.0.1/1'));
  });

  it('refuses other content under the same version (T12)', async () => {
    const opened = await open();
    const { component } = await deploy(opened, { version: '1.0.0' });
    await expect(deploy(opened, { version: '1.0.0', command: 'other' })).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
      message: expect.stringContaining("'Patch OS' version 1.0.0 already exists"),
    });
    const provider = opened.builder.resources['AWS::ImageBuilder::Component'];
    const properties = { Name: 'Patch OS', Version: '1.0.0', Platform: 'Linux', Data: document() };
    const before = { state: component, properties };
    expect(await provider?.update({ ...properties, Tags: { a: 'b' } }, context('Patch'), before)).toEqual(
      component,
    );
  });

  it('names what is wrong with a resource', async () => {
    const opened = await open();
    await deploy(opened);
    const make = (type: string, properties: object) =>
      create(opened.builder, `AWS::ImageBuilder::${type}`, 'Bad', { Name: 'bad', ...properties });
    await expect(
      make('Component', { Version: '1.0.0', Platform: 'Linux', Data: 'schemaVersion: 3' }),
    ).rejects.toThrow(/AWS::ImageBuilder::Component Test\/Bad: property Data .*schemaVersion/);
    await expect(make('Component', { Version: '1', Platform: 'Linux', Data: document() })).rejects.toThrow(
      'Version must be like 1.0.0',
    );
    await expect(
      make('ImageRecipe', {
        Version: '1.0.0',
        ParentImage: 'ami-1',
        Components: [{ ComponentArn: arn('component/none/1.0.0/1') }],
      }),
    ).rejects.toThrow('Components[0].ComponentArn');
    await expect(
      make('ImagePipeline', { ImageRecipeArn: 'arn:none', InfrastructureConfigurationArn: 'arn:none' }),
    ).rejects.toThrow('ImageRecipeArn');
    await expect(
      make('DistributionConfiguration', { Distributions: [{ Region: 'eu-west-1' }] }),
    ).rejects.toThrow('one region');
    await expect(
      create(opened.builder, 'AWS::ImageBuilder::ImagePipeline', 'Other', { Name: 'orders-qat' }),
    ).rejects.toThrow('already exists');
  });

  it('lists pipelines, images and builds', async () => {
    const opened = await open();
    const { component, recipe } = await deploy(opened);
    const build = await start(opened);
    await until(world, () => statusOf(build) === 'AVAILABLE');
    expect(await opened.call('ListImagePipelines')).toMatchObject({
      imagePipelineList: [{ arn: PIPELINE, status: 'ENABLED' }],
    });
    expect(await opened.call('GetImagePipeline', { imagePipelineArn: PIPELINE })).toMatchObject({
      imagePipeline: { imageRecipeArn: recipe.physicalId },
    });
    expect(await opened.call('ListImages')).toMatchObject({
      imageVersionList: [{ arn: arn('image/orders/1.0.0') }],
    });
    const summary = { imageSummaryList: [{ arn: build, state: { status: 'AVAILABLE' } }] };
    expect(
      await opened.call('ListImageBuildVersions', { imageVersionArn: arn('image/orders/1.0.0') }),
    ).toMatchObject(summary);
    expect(await opened.call('ListImagePipelineImages', { imagePipelineArn: PIPELINE })).toMatchObject(
      summary,
    );
    expect(
      await opened.call('GetComponent', { componentBuildVersionArn: component.physicalId }),
    ).toMatchObject({ component: { data: document() } });
    expect(await opened.call('GetImageRecipe', { imageRecipeArn: recipe.physicalId })).toMatchObject({
      imageRecipe: { components: [{ componentArn: component.physicalId }] },
    });
    await expect(opened.call('GetImage', { imageBuildVersionArn: `${build}0` })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      statusCode: 404,
    });
  });
});
