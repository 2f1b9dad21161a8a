import {
  GetImageCommand,
  ImagebuilderClient,
  ResourceNotFoundException,
  StartImagePipelineExecutionCommand,
} from '@aws-sdk/client-imagebuilder';
import { ignoring } from '../ignoring.ts';
import type { ImageBuilds } from './image-build.ts';

/** Builds in EC2 Image Builder. */
export const createImageBuilds = (client = new ImagebuilderClient({})): ImageBuilds => ({
  start: async (imagePipelineArn, clientToken) => {
    const { imageBuildVersionArn } = await client.send(
      new StartImagePipelineExecutionCommand({ imagePipelineArn, clientToken }),
    );
    if (imageBuildVersionArn === undefined)
      throw new Error(`Image Builder started ${imagePipelineArn} without naming the image; try again`);
    return imageBuildVersionArn;
  },
  image: async (imageBuildVersionArn) => {
    const found = await client
      .send(new GetImageCommand({ imageBuildVersionArn }))
      .catch(ignoring(ResourceNotFoundException));
    return found?.image;
  },
});
