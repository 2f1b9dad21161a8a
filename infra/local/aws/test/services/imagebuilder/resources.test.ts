import type { GetImagePipelineResponse, GetImageRecipeResponse } from '@aws-sdk/client-imagebuilder';
import { context, create, until } from '../shared/test-host.ts';
import { arn, createImageWorld, document, type ImageWorld } from './image-world.ts';

describe('Image Builder resources', () => {
  let images: ImageWorld;
  beforeEach(() => {
    images = createImageWorld();
  });
  afterEach(() => images.world.remove());

  it('counts up versions of changed content, and keeps unchanged ones (T12)', async () => {
    const { open, deploy, start } = images;
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

  it('fails for other content under the same version (T12)', async () => {
    const { open, deploy } = images;
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
    const { open, deploy } = images;
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

  it('gives a pipeline with its recipe, and the recipe with its components', async () => {
    const { open, deploy } = images;
    const opened = await open();
    const deployed = await deploy(opened);
    const pipeline = deployed.pipeline.physicalId;
    const { imagePipeline } = await opened.call<GetImagePipelineResponse>('GetImagePipeline', {
      imagePipelineArn: pipeline,
    });
    expect(imagePipeline).toMatchObject({ arn: pipeline, name: 'orders-qat', status: 'ENABLED' });
    const { imageRecipe } = await opened.call<GetImageRecipeResponse>('GetImageRecipe', {
      imageRecipeArn: imagePipeline?.imageRecipeArn,
    });
    expect(imageRecipe?.arn).toBe(imagePipeline?.imageRecipeArn);
    expect(imageRecipe?.components?.length).toBeGreaterThan(0);
    await expect(opened.call('GetImagePipeline', { imagePipelineArn: `${pipeline}0` })).rejects.toMatchObject(
      { name: 'ResourceNotFoundException' },
    );
  });

  it('gives a build by its ARN alone', async () => {
    const { world, open, deploy, start, statusOf } = images;
    const opened = await open();
    await deploy(opened);
    const build = await start(opened);
    await until(world, () => statusOf(build) === 'AVAILABLE');
    await expect(opened.call('GetImage', { imageBuildVersionArn: `${build}0` })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      statusCode: 404,
    });
  });
});
