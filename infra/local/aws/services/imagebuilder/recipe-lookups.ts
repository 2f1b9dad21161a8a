import { randomUUID } from 'node:crypto';
import type {
  GetImagePipelineRequest,
  GetImagePipelineResponse,
  GetImageRecipeRequest,
  GetImageRecipeResponse,
} from '@aws-sdk/client-imagebuilder';
import type { Host, Operation } from '../../host.ts';
import { describeRecipe } from './descriptions.ts';
import { found, type tablesOf } from './records.ts';

/** GetImagePipeline, GetImageRecipe: what the next build of a pipeline is made of. */
export const recipeLookups = (
  host: Host,
  { pipelines, recipes }: ReturnType<typeof tablesOf>,
): Readonly<Record<string, Operation>> => {
  const getPipeline: Operation<GetImagePipelineRequest, GetImagePipelineResponse> = {
    requires: ({ imagePipelineArn }) => ({
      action: 'imagebuilder:GetImagePipeline',
      resource: imagePipelineArn ?? '*',
    }),
    run: ({ imagePipelineArn = '' }) => {
      const { arn, name, description, recipeArn, infrastructureArn, distributionArn, createdAt, tags } =
        found(pipelines.get(imagePipelineArn), 'image pipeline', imagePipelineArn);
      return {
        requestId: randomUUID(),
        imagePipeline: {
          arn,
          name,
          description,
          platform: 'Linux',
          imageRecipeArn: recipeArn,
          infrastructureConfigurationArn: infrastructureArn,
          ...(distributionArn !== undefined && { distributionConfigurationArn: distributionArn }),
          status: 'ENABLED',
          dateCreated: new Date(createdAt).toISOString(),
          tags: { ...tags },
        },
      };
    },
  };

  const getRecipe: Operation<GetImageRecipeRequest, GetImageRecipeResponse> = {
    requires: ({ imageRecipeArn }) => ({
      action: 'imagebuilder:GetImageRecipe',
      resource: imageRecipeArn ?? '*',
    }),
    run: ({ imageRecipeArn = '' }) => ({
      requestId: randomUUID(),
      imageRecipe: describeRecipe(host, found(recipes.get(imageRecipeArn), 'image recipe', imageRecipeArn)),
    }),
  };

  return { GetImagePipeline: getPipeline, GetImageRecipe: getRecipe };
};
