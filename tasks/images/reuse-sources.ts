import { EC2Client } from '@aws-sdk/client-ec2';
import {
  GetImagePipelineCommand,
  ImagebuilderClient,
  paginateListImagePipelineImages,
} from '@aws-sdk/client-imagebuilder';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { allItems } from '../all-items.ts';
import { environmentAccess } from '../environment-access.ts';
import { ignoring } from '../ignoring.ts';
import type { ReadObject } from '../image-inventory/read-document.ts';
import { usedImageId } from '../jobs/image-build.ts';
import { createImageBuilds } from '../jobs/imagebuilder-builds.ts';
import type { Environment } from '../payloads.ts';
import { createImages } from './ec2-image.ts';
import type { ReuseSources } from './read-reuse-facts.ts';

/** Where AWS says whether an image can be used again. */
export function createReuseSources(
  ledger: ReuseSources['ledger'],
  readEvidence: ReadObject,
  imageBuilder = new ImagebuilderClient({}),
  ssm = new SSMClient({}),
  /** Reads AMIs where images are built, and where an environment is. */
  ec2: (environment?: Environment) => EC2Client = (environment) =>
    new EC2Client(environment === undefined ? {} : environmentAccess(environment)),
): ReuseSources {
  return {
    recipeOf: async (imagePipelineArn) =>
      (await imageBuilder.send(new GetImagePipelineCommand({ imagePipelineArn }))).imagePipeline
        ?.imageRecipeArn,
    images: async (imagePipelineArn) =>
      (
        await allItems(
          paginateListImagePipelineImages({ client: imageBuilder }, { imagePipelineArn }),
          (page) => page.imageSummaryList,
        )
      ).flatMap(({ arn, dateCreated, state }) =>
        arn === undefined || dateCreated === undefined
          ? []
          : [{ build: arn, startedAt: new Date(dateCreated), isAvailable: state?.status === 'AVAILABLE' }],
      ),
    image: createImageBuilds(imageBuilder).image,
    usedImageId,
    ami: createImages(ec2()),
    amiIn: (environment, imageId) => createImages(ec2(environment))(imageId),
    parameter: async (Name) => {
      const found = await ssm.send(new GetParameterCommand({ Name })).catch(ignoring(ParameterNotFound));
      return (
        found?.Parameter && { value: found.Parameter.Value, modifiedAt: found.Parameter.LastModifiedDate }
      );
    },
    ledger,
    readEvidence,
  };
}
