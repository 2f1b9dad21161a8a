import type { Image } from '@aws-sdk/client-imagebuilder';
import { accountOf, consoleLine, imageLink, regionOf } from '../console-links.ts';
import { errorText } from '../error-text.ts';
import { type ReuseSources, readReuseFacts } from '../images/read-reuse-facts.ts';
import { build, imageReuse, type ReuseRuling } from '../images/reuse-rules.ts';
import type { Job } from '../ledger/items.ts';
import type { InspectImageOutput, InspectImageRequest, JobParameters } from '../payloads.ts';
import { wholeNumber } from '../read-env.ts';
import { environmentTitles } from '../words.ts';
import type { Inspection, JobActions } from './job-actions.ts';
import { type JobError, jobErrors } from './job-errors.ts';

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

/** The AMI of an image where it is used. */
export function usedImageId(imageBuildVersionArn: string, image: Image): string | undefined {
  const { region, account } = destinationOf(imageBuildVersionArn, image);
  return image.outputResources?.amis?.find(
    (ami) => ami.region === region && (ami.accountId ?? account) === account,
  )?.image;
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
  const imageId = usedImageId(imageBuildVersionArn, image);
  if (imageId === undefined) {
    const { region, account } = destinationOf(imageBuildVersionArn, image);
    return failed(
      `is available, but has no AMI in ${region} of the account ${account}. Distribute the image there.`,
    );
  }
  return { state: 'succeeded', output: { imageId, imageBuildVersionArn } };
}

/** Whether a job uses an earlier image; undefined where none is ever used again. What cannot be read leads to a build. */
async function reuseFor(
  { application, parameters, attempt }: Job,
  { sources, now }: ImageReuse,
): Promise<ReuseRuling | undefined> {
  const { reuseDays, releaseParameter, environment, imagePipelineArn, parentParameter } =
    parameters as JobParameters['image-build'];
  if (reuseDays === undefined || releaseParameter === undefined) return undefined;
  if (attempt > 1) return build('Redriven', 'Built: an earlier build of this state failed.');
  try {
    const facts = await readReuseFacts(sources, {
      application,
      environment,
      imagePipelineArn,
      releaseParameter,
      ...(parentParameter !== undefined && { parentParameter }),
    });
    return imageReuse(facts, wholeNumber('reuseDays', reuseDays), now());
  } catch (error) {
    return build(
      'NotKnown',
      `Built: whether an earlier image is equal could not be read: ${errorText(error)}`,
    );
  }
}

/** What an earlier image is looked for with. */
export interface ImageReuse {
  readonly sources: ReuseSources;
  readonly now: () => Date;
}

/** Inspects an image that was built. @throws Error if that failed */
export type InspectImage = (request: InspectImageRequest) => Promise<InspectImageOutput>;

/** A build that has succeeded, once its image is inspected and scanned: one that differs from what was approved without people being asked about it, or that the gate stops, counts as failed, so a redrive builds again. */
async function inspected(
  { promotionId, parameters }: Pick<Job, 'promotionId' | 'parameters'>,
  built: Extract<Inspection, { readonly state: 'succeeded' }>,
  inspectImage: InspectImage,
): Promise<Inspection> {
  const { imageId = '', imageBuildVersionArn = '' } = built.output;
  const { environment, imagePipelineArn, onDrift } = parameters as JobParameters['image-build'];
  const { inventory, differs, isScanning, stopped, ...scanned } = await inspectImage({
    promotionId,
    environment,
    imageId,
    imageBuildVersionArn,
    imagePipelineArn,
  });
  const failed = (error: JobError, what: string, details: readonly string[]): Inspection => ({
    state: 'failed',
    error,
    cause: [what, ...details, ...consoleLine(imageLink(imageBuildVersionArn))].join('\n'),
  });
  if (differs !== undefined && onDrift !== 'ask')
    return failed(
      jobErrors.imageDiffers,
      `The Prod image ${imageId} differs from the approved QAT image. A redrive builds it again.`,
      differs,
    );
  if (isScanning) return { state: 'running' };
  if (stopped !== undefined)
    return failed(
      jobErrors.imageGateFailed,
      `The ${environmentTitles[environment]} image ${imageId} does not pass image.gate. A redrive builds it again, with the newest packages and what was accepted until then.`,
      stopped,
    );
  return {
    ...built,
    output: { ...built.output, inventory, ...scanned, ...(differs && { differs: differs.join('\n') }) },
  };
}

/** Builds of machine images. @param reuse absent where nothing is started */
export const imageBuild = (
  builds: ImageBuilds,
  inspectImage: InspectImage,
  reuse?: ImageReuse,
): JobActions => ({
  startError: jobErrors.imageBuildFailed,
  start: async (job) => {
    const ruling = reuse && (await reuseFor(job, reuse));
    if (ruling?.do === 'reuse') return { externalId: ruling.image.build, imageChoice: ruling.choice };
    const { imagePipelineArn } = job.parameters as JobParameters['image-build'];
    const externalId = await builds.start(imagePipelineArn, job.clientToken);
    return ruling === undefined ? externalId : { externalId, imageChoice: ruling.choice };
  },
  inspect: async (imageBuildVersionArn, _live, job) => {
    const inspection = imageInspection(imageBuildVersionArn, await builds.image(imageBuildVersionArn));
    return inspection.state === 'succeeded' ? inspected(job, inspection, inspectImage) : inspection;
  },
});
