import {
  DeleteImageCommand,
  ImagebuilderClient,
  paginateListImagePipelineImages,
  ResourceNotFoundException,
} from '@aws-sdk/client-imagebuilder';
import { allItems } from '../all-items.ts';
import { ignoring } from '../ignoring.ts';
import { isUnderWay } from '../jobs/image-build.ts';
import type { Build, DeleteUnusedDependencies } from './delete-unused-images.ts';

/** The builds of image pipelines in EC2 Image Builder. */
export const createPipelineImages = (
  imagePipelineArns: readonly string[],
  client = new ImagebuilderClient({}),
): DeleteUnusedDependencies['builds'] => ({
  list: async () => {
    const builds: Build[] = [];
    for (const imagePipelineArn of imagePipelineArns) {
      const images = await allItems(
        paginateListImagePipelineImages({ client }, { imagePipelineArn }),
        (page) => page.imageSummaryList,
      );
      for (const { arn, state, dateCreated, outputResources } of images)
        if (arn !== undefined && dateCreated !== undefined)
          builds.push({
            arn,
            ...(state?.status === 'AVAILABLE' && { pipeline: imagePipelineArn }),
            isBuilding: isUnderWay(state?.status),
            createdAt: new Date(dateCreated),
            imageIds: (outputResources?.amis ?? []).flatMap(({ image }) => image ?? []),
          });
    }
    return builds;
  },
  remove: async (imageBuildVersionArn) => {
    await client
      .send(new DeleteImageCommand({ imageBuildVersionArn }))
      .catch(ignoring(ResourceNotFoundException));
  },
});
