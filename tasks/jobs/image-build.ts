import type { Image } from '@aws-sdk/client-imagebuilder';
import { accountOf, consoleLine, imageLink, regionOf } from '../console-links.ts';
import type { JobParameters } from '../payloads.ts';
import type { Inspection, JobActions } from './job-actions.ts';
import { jobErrors } from './job-errors.ts';

/** Image Builder, as far as builds need it. */
export interface ImageBuilds {
  /** Starts a build, the same one for the same client token. @returns the image build version ARN */
  readonly start: (imagePipelineArn: string, clientToken: string) => Promise<string>;
  /** The image, or undefined if there is none. */
  readonly image: (imageBuildVersionArn: string) => Promise<Image | undefined>;
}

const underWay: ReadonlySet<string | undefined> = new Set([
  'PENDING',
  'CREATING',
  'BUILDING',
  'TESTING',
  'DISTRIBUTING',
  'INTEGRATING',
]);

/** Whether Image Builder still works on an image. @param status as it tells it */
export const isUnderWay = (status: string | undefined): boolean => underWay.has(status);

/** Where an image's AMI is used: its distribution says it; without one, where it was built. */
function destinationOf(imageBuildVersionArn: string, image: Image) {
  const distribution = image.distributionConfiguration?.distributions?.[0];
  return {
    region: distribution?.region ?? regionOf(imageBuildVersionArn),
    account:
      distribution?.amiDistributionConfiguration?.targetAccountIds?.[0] ?? accountOf(imageBuildVersionArn),
  };
}

/**
 * The state of a build, as its image reports it. A build has an AMI where it was built and one in each region that it was distributed to: the one
 * that counts is of the account and region that its distribution names.
 */
function imageInspection(imageBuildVersionArn: string, image: Image | undefined): Inspection {
  const failed = (what: string, state: 'failed' | 'missing' = 'failed'): Inspection => ({
    state,
    error: jobErrors.imageBuildFailed,
    ...(state === 'missing' && { code: 'JobMissing' }),
    cause: [
      `Image build ${imageBuildVersionArn}${image?.sourcePipelineName === undefined ? '' : ` of the image pipeline ${image.sourcePipelineName}`} ${what}`,
      ...consoleLine(imageLink(imageBuildVersionArn)),
    ].join('\n'),
  });
  if (image === undefined) return failed('no longer exists. A redrive builds again.', 'missing');
  const status = image.state?.status;
  if (isUnderWay(status)) return { state: 'running' };
  if (status !== 'AVAILABLE')
    return failed(`ended ${status ?? 'without a status'}: ${image.state?.reason ?? 'no reason was given'}`);
  const { region, account } = destinationOf(imageBuildVersionArn, image);
  const imageId = image.outputResources?.amis?.find(
    (ami) => ami.region === region && (ami.accountId ?? account) === account,
  )?.image;
  if (imageId === undefined)
    return failed(
      `is available, but has no AMI in ${region} of the account ${account}. Distribute the image there.`,
    );
  return { state: 'succeeded', output: { imageId, imageBuildVersionArn } };
}

/** Builds of machine images. */
export const imageBuild = (builds: ImageBuilds): JobActions => ({
  startError: jobErrors.imageBuildFailed,
  start: (job) => {
    const { imagePipelineArn } = job.parameters as JobParameters['image-build'];
    return builds.start(imagePipelineArn, job.clientToken);
  },
  inspect: async (imageBuildVersionArn) =>
    imageInspection(imageBuildVersionArn, await builds.image(imageBuildVersionArn)),
});
