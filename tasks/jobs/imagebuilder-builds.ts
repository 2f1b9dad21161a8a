import {
  GetImageCommand,
  ImagebuilderClient,
  ResourceNotFoundException,
  StartImagePipelineExecutionCommand,
} from '@aws-sdk/client-imagebuilder';
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
    try {
      return (await client.send(new GetImageCommand({ imageBuildVersionArn }))).image;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  },
});
