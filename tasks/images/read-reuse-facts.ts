import type { Image as Ami } from '@aws-sdk/client-ec2';
import type { Image } from '@aws-sdk/client-imagebuilder';
import type { ReadObject } from '../image-inventory/read-document.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { BadMark } from '../marks/bad-mark.ts';
import { badMarking } from '../marks/mark-rules.ts';
import { ContentsUnknownError, imageWith, ofPackages } from '../marks/recall.ts';
import type { Environment } from '../payloads.ts';
import { builtImageId } from './built-image-id.ts';
import type { NewestImage, ReuseFacts } from './reuse-rules.ts';

/** An image of an image pipeline, as its list has it. */
export interface ListedImage {
  readonly build: string;
  readonly startedAt: Date;
  readonly isAvailable: boolean;
}

/** Where the facts are read. */
export interface ReuseSources {
  /** ARN of the version of the recipe that an image pipeline builds. */
  readonly recipeOf: (imagePipelineArn: string) => Promise<string | undefined>;
  /** The images of an image pipeline, in any order. */
  readonly images: (imagePipelineArn: string) => Promise<readonly ListedImage[]>;
  /** An image with everything that Image Builder knows of it. */
  readonly image: (build: string) => Promise<Image | undefined>;
  /** The AMI of an image where it is used, by its Image Builder's record. */
  readonly usedImageId: (build: string, image: Image) => string | undefined;
  /** An AMI where images are built. */
  readonly ami: (imageId: string) => Promise<Ami | undefined>;
  /** An AMI where an environment is. */
  readonly amiIn: (environment: Environment, imageId: string) => Promise<Ami | undefined>;
  /** A parameter that names an AMI, where images are built. */
  readonly parameter: (
    name: string,
  ) => Promise<{ readonly value: string | undefined; readonly modifiedAt: Date | undefined } | undefined>;
  readonly ledger: Pick<Ledger, 'rebake' | 'marks' | 'jobByExternalId'>;
  /** Reads the evidence bucket. */
  readonly readEvidence: ReadObject;
}

/** What is asked about. */
export interface ReuseQuestion {
  readonly application: string;
  readonly environment: Environment;
  readonly imagePipelineArn: string;
  /** Names the AMI of the newest release of Amazon Linux 2023. */
  readonly releaseParameter: string;
  /** Names the AMI that images start from. Absent if the recipe names one that never changes. */
  readonly parentParameter?: string;
}

/** The recipe's version that a build's own ARN names: `…:image/<recipe>/<version>/<build>`. */
const recipeNamedBy = (build: string): string =>
  build.replace(':image/', ':image-recipe/').replace(/\/\d+$/, '');

async function newestOf(
  sources: ReuseSources,
  { environment, imagePipelineArn }: ReuseQuestion,
): Promise<NewestImage | undefined> {
  const [newest] = (await sources.images(imagePipelineArn))
    .filter(({ isAvailable }) => isAvailable)
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
  if (newest === undefined) return undefined;
  const { build, startedAt } = newest;
  const image = await sources.image(build);
  const usedId = image && sources.usedImageId(build, image);
  const builtId = image && builtImageId(build, image);
  const used = usedId === undefined ? undefined : await sources.amiIn(environment, usedId);
  const built = builtId === undefined ? undefined : await sources.ami(builtId);
  return {
    build,
    startedAt,
    // A recipe that was replaced is gone; an image has its recipe's name and version.
    recipeArn: image && (image.imageRecipe?.arn ?? recipeNamedBy(build)),
    imageId: usedId,
    isUsable: used?.State === 'available',
    sourceImageId: built?.SourceImageId,
  };
}

/** What of an image is marked bad, by what its build recorded. Nothing is read while no package is marked. */
async function markedIn(
  { ledger, readEvidence }: ReuseSources,
  newest: NewestImage | undefined,
  marks: readonly BadMark[],
): Promise<ReuseFacts['inside']> {
  const packages = ofPackages(marks.filter((mark) => badMarking(mark) !== undefined));
  if (packages.length === 0 || newest?.imageId === undefined) return undefined;
  const job = await ledger.jobByExternalId(newest.build);
  try {
    return (await imageWith(packages, [newest.imageId], job === undefined ? [] : [job], readEvidence))?.mark;
  } catch (error) {
    if (error instanceof ContentsUnknownError) return 'unknown';
    throw error;
  }
}

/** Reads what decides whether an environment's newest image can be used again. @throws the error of a call that fails */
export async function readReuseFacts(sources: ReuseSources, question: ReuseQuestion): Promise<ReuseFacts> {
  const { application, imagePipelineArn, releaseParameter, parentParameter } = question;
  const [recipeArn, newest, release, parent, rebake, marks] = await Promise.all([
    sources.recipeOf(imagePipelineArn),
    newestOf(sources, question),
    sources.parameter(releaseParameter),
    parentParameter === undefined ? undefined : sources.parameter(parentParameter),
    sources.ledger.rebake(application),
    sources.ledger.marks(application),
  ]);
  return {
    recipeArn,
    newest,
    parent: parentParameter === undefined ? 'fixed' : { imageId: parent?.value },
    releasedAt: release?.modifiedAt,
    rebake,
    marks,
    inside: await markedIn(sources, newest, marks),
  };
}
