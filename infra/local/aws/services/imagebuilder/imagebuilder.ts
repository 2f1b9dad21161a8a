import { randomUUID } from 'node:crypto';
import type {
  CancelImageCreationRequest,
  CancelImageCreationResponse,
  DeleteImageRequest,
  DeleteImageResponse,
  GetImagePipelineRequest,
  GetImagePipelineResponse,
  GetImageRequest,
  GetImageResponse,
  ListImagePipelineImagesRequest,
  ListImagePipelineImagesResponse,
  StartImagePipelineExecutionRequest,
  StartImagePipelineExecutionResponse,
} from '@aws-sdk/client-imagebuilder';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { createBuilds } from './builds.ts';
import { describeImage, describePipeline, summarizeImage } from './descriptions.ts';
import { imageContents } from './image-contents.ts';
import { imageLists } from './image-lists.ts';
import { imageScans } from './image-scans.ts';
import { recipeLookups } from './recipe-lookups.ts';
import { found, type Image, imageBuilderArn, slug, tablesOf } from './records.ts';
import { createImageBuilderResources } from './resources.ts';
import { workflowRuns } from './workflow-runs.ts';

/**
 * Creates Image Builder. Where instances are containers, builds run the components' documents and make an image; elsewhere documents are
 * checked and builds simulated in about 0.7 s.
 */
export const createImageBuilderService = (host: Host): Service => {
  const tables = tablesOf(host);
  const builds = createBuilds(host);
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
    const known = tables.images.values().filter(({ arn }) => arn.startsWith(`${base}/`));
    const build = Math.max(tables.lastDeleted.get(base) ?? 0, ...known.map((image) => image.build)) + 1;
    const now = host.clock.now();
    const arn = `${base}/${build}`;
    return {
      arn,
      name: recipe.name,
      version: recipe.version,
      build,
      pipelineArn: pipeline.arn,
      recipeArn: recipe.arn,
      infrastructureArn: pipeline.infrastructureArn,
      securityGroupIds: tables.infrastructures.get(pipeline.infrastructureArn)?.securityGroupIds ?? [],
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

  const getPipeline: Operation<GetImagePipelineRequest, GetImagePipelineResponse> = {
    requires: ({ imagePipelineArn }) => access('GetImagePipeline', imagePipelineArn),
    run: ({ imagePipelineArn: arn = '' }) => {
      const one = found(tables.pipelines.get(arn), 'image pipeline', arn);
      return { requestId: randomUUID(), imagePipeline: describePipeline(one) };
    },
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

  const listImages: Operation<ListImagePipelineImagesRequest, ListImagePipelineImagesResponse> = {
    requires: ({ imagePipelineArn }) => access('ListImagePipelineImages', imagePipelineArn),
    run: ({ imagePipelineArn = '', nextToken: token, maxResults }) => {
      found(tables.pipelines.get(imagePipelineArn), 'image pipeline', imagePipelineArn);
      const built = tables.images.values().filter(({ pipelineArn }) => pipelineArn === imagePipelineArn);
      const { items, nextToken } = page(built, token, maxResults, {
        fallback: 25,
        errorName: 'InvalidPaginationTokenException',
      });
      return {
        requestId: randomUUID(),
        imageSummaryList: items.map((image) => summarizeImage(host, image)),
        ...(nextToken !== undefined && { nextToken }),
      };
    },
  };

  /** Only the resource: its AMIs stay (Image Builder API reference, DeleteImage). */
  const deleteImage: Operation<DeleteImageRequest, DeleteImageResponse> = {
    requires: ({ imageBuildVersionArn }) => access('DeleteImage', imageBuildVersionArn),
    run: ({ imageBuildVersionArn: arn = '' }) => {
      const image = found(tables.images.get(arn), 'image', arn);
      if (builds.isUnderWay(image))
        throw new AwsError(
          'InvalidRequestException',
          `The image ${arn} is ${image.status} and cannot be deleted.`,
        );
      const base = arn.slice(0, arn.lastIndexOf('/'));
      tables.lastDeleted.put(base, Math.max(tables.lastDeleted.get(base) ?? 0, image.build));
      tables.images.delete(arn);
      tables.packages.delete(arn);
      tables.scans.delete(arn);
      return { requestId: randomUUID(), imageBuildVersionArn: arn };
    },
  };

  return {
    name: 'imagebuilder',
    operations: {
      StartImagePipelineExecution: start,
      GetImage: getImage,
      GetImagePipeline: getPipeline,
      ...imageLists(host, tables),
      ...recipeLookups(host, tables),
      ...imageContents(host, tables),
      ...imageScans(host),
      ...workflowRuns(host, tables),
      ListImagePipelineImages: listImages,
      DeleteImage: deleteImage,
      CancelImageCreation: cancel,
    },
    resources: createImageBuilderResources(host),
    // The build instance's network interface has the group (EC2: DependencyViolation).
    inUse: (type, id) =>
      type === 'AWS::EC2::SecurityGroup' &&
      tables.images.values().some((image) => builds.isUnderWay(image) && image.securityGroupIds?.includes(id))
        ? `resource ${id} has a dependent object`
        : undefined,
    start: builds.start,
    stop: builds.stop,
  };
};
