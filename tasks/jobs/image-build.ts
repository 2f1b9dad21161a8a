import type { Image } from '@aws-sdk/client-imagebuilder';
import { imageLink, regionOf } from '../console-links.ts';
import type { JobSubjects } from '../payloads.ts';
import { jobErrors } from './errors.ts';
import type { Inspection, JobActions } from './kind.ts';

/** Image Builder, as far as builds need it. */
export interface ImageBuilds {
  /** Starts a build, the same one for the same client token. @returns the image build version ARN */
  readonly start: (imagePipelineArn: string, clientToken: string) => Promise<string>;
  /** The image, or undefined if there is none. */
  readonly image: (imageBuildVersionArn: string) => Promise<Image | undefined>;
}

const underWay = new Set<string | undefined>([
  'PENDING',
  'CREATING',
  'BUILDING',
  'TESTING',
  'DISTRIBUTING',
  'INTEGRATING',
]);

/** What an image says about its build. The AMI is the one in the build's own region. */
export const imageInspection = (imageBuildVersionArn: string, image: Image | undefined): Inspection => {
  const failed = (what: string): Inspection => ({
    state: 'failed',
    error: jobErrors.imageBuildFailed,
    cause: [
      `Image build ${imageBuildVersionArn}${image?.sourcePipelineName === undefined ? '' : ` of the image pipeline ${image.sourcePipelineName}`} ${what}`,
      `Console: ${imageLink(imageBuildVersionArn)}`,
    ].join('\n'),
  });
  if (image === undefined) return failed('no longer exists. A redrive builds again.');
  const status = image.state?.status;
  if (underWay.has(status)) return { state: 'running' };
  if (status !== 'AVAILABLE')
    return failed(`ended ${status ?? 'without a status'}: ${image.state?.reason ?? 'no reason was given'}`);
  const region = regionOf(imageBuildVersionArn);
  const imageId = image.outputResources?.amis?.find((ami) => ami.region === region)?.image;
  if (imageId === undefined)
    return failed(`is available, but has no AMI in ${region}. Distribute the image to that region.`);
  return { state: 'succeeded', output: { imageId, imageBuildVersionArn } };
};

/** Builds of machine images. */
export const imageBuild = (builds: ImageBuilds): JobActions => ({
  refusal: jobErrors.imageBuildFailed,
  start: (job) => {
    const { imagePipelineArn } = job.subject as JobSubjects['image-build'];
    return builds.start(imagePipelineArn, job.clientToken);
  },
  inspect: async (imageBuildVersionArn) =>
    imageInspection(imageBuildVersionArn, await builds.image(imageBuildVersionArn)),
});
