import { randomUUID } from 'node:crypto';
import type {
  CancelImageCreationRequest,
  CancelImageCreationResponse,
  GetComponentRequest,
  GetComponentResponse,
  GetDistributionConfigurationRequest,
  GetDistributionConfigurationResponse,
  GetImagePipelineRequest,
  GetImagePipelineResponse,
  GetImageRecipeRequest,
  GetImageRecipeResponse,
  GetImageRequest,
  GetImageResponse,
  GetInfrastructureConfigurationRequest,
  GetInfrastructureConfigurationResponse,
  ListImageBuildVersionsRequest,
  ListImageBuildVersionsResponse,
  ListImagePipelineImagesRequest,
  ListImagePipelineImagesResponse,
  ListImagePipelinesRequest,
  ListImagePipelinesResponse,
  ListImagesRequest,
  ListImagesResponse,
  StartImagePipelineExecutionRequest,
  StartImagePipelineExecutionResponse,
} from '@aws-sdk/client-imagebuilder';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { createBuilds } from './builds.ts';
import {
  describeDistribution,
  describeImage,
  describeInfrastructure,
  describePipeline,
  describeRecipe,
  summarizeImage,
} from './descriptions.ts';
import { found, type Image, imageBuilderArn, slug, tablesOf } from './records.ts';
import { createImageBuilderResources } from './resources.ts';

/** Creates Image Builder: documents are checked, builds are simulated and take about 0.7 s; nothing is executed. */
export const createImageBuilderService = (host: Host): Service => {
  const tables = tablesOf(host);
  const builds = createBuilds(host);
  const pageError = { fallback: 25, errorName: 'InvalidPaginationTokenException' };
  const access = (action: string, resource = '*') => ({ action: `imagebuilder:${action}`, resource });

  const start: Operation<StartImagePipelineExecutionRequest, StartImagePipelineExecutionResponse> = {
    requires: ({ imagePipelineArn }) => access('StartImagePipelineExecution', imagePipelineArn),
    run: ({ imagePipelineArn = '', clientToken, tags = {} }) => {
      const pipeline = found(tables.pipelines.get(imagePipelineArn), 'image pipeline', imagePipelineArn);
      if (clientToken !== undefined && (clientToken.length < 1 || clientToken.length > 36))
        throw new AwsError(
          'InvalidParameterValueException',
          `clientToken must have 1 to 36 characters; received ${clientToken.length}.`,
        );
      const known = tables.images
        .values()
        .find((image) => image.clientToken !== undefined && image.clientToken === clientToken);
      // The same token gives the same build, also a failed one (T13).
      if (known && known.pipelineArn !== imagePipelineArn)
        throw new AwsError(
          'IdempotentParameterMismatchException',
          `The client token ${clientToken} was used for ${known.pipelineArn} before.`,
        );
      const image = known ?? newImage(pipeline, clientToken, tags);
      if (!known) {
        tables.images.put(image.arn, image);
        builds.follow(image);
      }
      return {
        requestId: randomUUID(),
        ...(clientToken !== undefined && { clientToken }),
        imageBuildVersionArn: image.arn,
      };
    },
  };

  const newImage = (
    pipeline: {
      readonly arn: string;
      readonly recipeArn: string;
      readonly infrastructureArn: string;
      readonly distributionArn?: string;
    },
    clientToken: string | undefined,
    tags: Readonly<Record<string, string>>,
  ): Image => {
    const recipe = found(tables.recipes.get(pipeline.recipeArn), 'image recipe', pipeline.recipeArn);
    const base = imageBuilderArn(host, `image/${slug(recipe.name)}/${recipe.version}`);
    const builtBefore = tables.images.keys().filter((arn) => arn.startsWith(`${base}/`)).length;
    const now = host.clock.now();
    const arn = `${base}/${builtBefore + 1}`;
    return {
      arn,
      name: recipe.name,
      version: recipe.version,
      build: builtBefore + 1,
      pipelineArn: pipeline.arn,
      recipeArn: recipe.arn,
      infrastructureArn: pipeline.infrastructureArn,
      ...(pipeline.distributionArn !== undefined && { distributionArn: pipeline.distributionArn }),
      ...(clientToken !== undefined && { clientToken }),
      status: 'PENDING',
      createdAt: now,
      changedAt: now,
      isToFail: host.faults.take(pipeline.arn, arn, tables.images.has),
      mustPublish: false,
      tags,
    };
  };

  const getImage: Operation<GetImageRequest, GetImageResponse> = {
    requires: ({ imageBuildVersionArn }) => access('GetImage', imageBuildVersionArn),
    run: ({ imageBuildVersionArn: arn = '' }) => ({
      requestId: randomUUID(),
      image: describeImage(host, found(tables.images.get(arn), 'image', arn)),
    }),
  };

  const cancel: Operation<CancelImageCreationRequest, CancelImageCreationResponse> = {
    requires: ({ imageBuildVersionArn }) => access('CancelImageCreation', imageBuildVersionArn),
    run: ({ imageBuildVersionArn: arn = '', clientToken }) => {
      const image = found(tables.images.get(arn), 'image', arn);
      if (['AVAILABLE', 'FAILED', 'CANCELLED'].includes(image.status))
        throw new AwsError(
          'InvalidRequestException',
          `The image ${arn} is ${image.status} and cannot be cancelled.`,
        );
      builds.cancel(image);
      return {
        requestId: randomUUID(),
        ...(clientToken !== undefined && { clientToken }),
        imageBuildVersionArn: arn,
      };
    },
  };

  const listImages: Operation<ListImagesRequest, ListImagesResponse> = {
    requires: () => access('ListImages'),
    run: ({ nextToken: token, maxResults }) => {
      const versions = new Map(tables.images.values().map((image) => [versionArn(image), image]));
      const { items, nextToken } = page([...versions], token, maxResults, pageError);
      return {
        requestId: randomUUID(),
        imageVersionList: items.map(([arn, image]) => ({
          arn,
          name: image.name,
          type: 'AMI',
          version: image.version,
          platform: 'Linux',
          owner: host.accountId,
          dateCreated: new Date(image.createdAt).toISOString(),
          buildType: 'USER_INITIATED',
        })),
        ...(nextToken && { nextToken }),
      };
    },
  };
  const versionArn = ({ arn }: Image) => arn.slice(0, arn.lastIndexOf('/'));

  const listBuilds: Operation<ListImageBuildVersionsRequest, ListImageBuildVersionsResponse> = {
    requires: ({ imageVersionArn }) => access('ListImageBuildVersions', imageVersionArn),
    run: ({ imageVersionArn, nextToken: token, maxResults }) => {
      const wanted = tables.images
        .values()
        .filter((image) => imageVersionArn === undefined || versionArn(image) === imageVersionArn);
      const { items, nextToken } = page(wanted, token, maxResults, pageError);
      return {
        requestId: randomUUID(),
        imageSummaryList: items.map((image) => summarizeImage(host, image)),
        ...(nextToken && { nextToken }),
      };
    },
  };

  const listPipelineImages: Operation<ListImagePipelineImagesRequest, ListImagePipelineImagesResponse> = {
    requires: ({ imagePipelineArn }) => access('ListImagePipelineImages', imagePipelineArn),
    run: ({ imagePipelineArn = '', nextToken: token, maxResults }) => {
      found(tables.pipelines.get(imagePipelineArn), 'image pipeline', imagePipelineArn);
      const own = tables.images.values().filter((image) => image.pipelineArn === imagePipelineArn);
      const { items, nextToken } = page(own, token, maxResults, pageError);
      return {
        requestId: randomUUID(),
        imageSummaryList: items.map((image) => summarizeImage(host, image)),
        ...(nextToken && { nextToken }),
      };
    },
  };

  const listPipelines: Operation<ListImagePipelinesRequest, ListImagePipelinesResponse> = {
    requires: () => access('ListImagePipelines'),
    run: ({ nextToken: token, maxResults }) => {
      const { items, nextToken } = page(tables.pipelines.values(), token, maxResults, pageError);
      return {
        requestId: randomUUID(),
        imagePipelineList: items.map(describePipeline),
        ...(nextToken && { nextToken }),
      };
    },
  };

  const getPipeline: Operation<GetImagePipelineRequest, GetImagePipelineResponse> = {
    requires: ({ imagePipelineArn }) => access('GetImagePipeline', imagePipelineArn),
    run: ({ imagePipelineArn: arn = '' }) => ({
      requestId: randomUUID(),
      imagePipeline: describePipeline(found(tables.pipelines.get(arn), 'image pipeline', arn)),
    }),
  };

  const getComponent: Operation<GetComponentRequest, GetComponentResponse> = {
    requires: ({ componentBuildVersionArn }) => access('GetComponent', componentBuildVersionArn),
    run: ({ componentBuildVersionArn: arn = '' }) => {
      const component = found(tables.components.get(arn), 'component', arn);
      return {
        requestId: randomUUID(),
        component: {
          arn,
          name: component.name,
          version: component.version,
          description: component.description,
          type: 'BUILD',
          platform: component.platform as 'Linux',
          owner: host.accountId,
          data: component.data,
          encrypted: true,
          dateCreated: new Date(component.createdAt).toISOString(),
          tags: { ...component.tags },
        },
      };
    },
  };

  const getRecipe: Operation<GetImageRecipeRequest, GetImageRecipeResponse> = {
    requires: ({ imageRecipeArn }) => access('GetImageRecipe', imageRecipeArn),
    run: ({ imageRecipeArn: arn = '' }) => ({
      requestId: randomUUID(),
      imageRecipe: describeRecipe(host, found(tables.recipes.get(arn), 'image recipe', arn)),
    }),
  };

  const getInfrastructure: Operation<
    GetInfrastructureConfigurationRequest,
    GetInfrastructureConfigurationResponse
  > = {
    requires: ({ infrastructureConfigurationArn }) =>
      access('GetInfrastructureConfiguration', infrastructureConfigurationArn),
    run: ({ infrastructureConfigurationArn: arn = '' }) => ({
      requestId: randomUUID(),
      infrastructureConfiguration: describeInfrastructure(
        found(tables.infrastructures.get(arn), 'infrastructure configuration', arn),
      ),
    }),
  };

  const getDistribution: Operation<
    GetDistributionConfigurationRequest,
    GetDistributionConfigurationResponse
  > = {
    requires: ({ distributionConfigurationArn }) =>
      access('GetDistributionConfiguration', distributionConfigurationArn),
    run: ({ distributionConfigurationArn: arn = '' }) => ({
      requestId: randomUUID(),
      distributionConfiguration: describeDistribution(
        host,
        found(tables.distributions.get(arn), 'distribution configuration', arn),
      ),
    }),
  };

  return {
    name: 'imagebuilder',
    operations: {
      StartImagePipelineExecution: start,
      GetImage: getImage,
      CancelImageCreation: cancel,
      ListImages: listImages,
      ListImageBuildVersions: listBuilds,
      ListImagePipelineImages: listPipelineImages,
      ListImagePipelines: listPipelines,
      GetImagePipeline: getPipeline,
      GetComponent: getComponent,
      GetImageRecipe: getRecipe,
      GetInfrastructureConfiguration: getInfrastructure,
      GetDistributionConfiguration: getDistribution,
    },
    resources: createImageBuilderResources(host),
    start: builds.start,
    stop: builds.stop,
  };
};
