import { DAY_MS, HOUR_MS } from '../durations.ts';
import type { BadMark } from '../marks/bad-mark.ts';
import { badMarking, markText } from '../marks/mark-rules.ts';
import { askerName, utcTime } from '../words.ts';
import type { BuildReason, ImageChoice } from './image-choice.ts';
import type { Rebake } from './rebake.ts';

/** The newest image that an image pipeline has made and that is available in Image Builder. */
export interface NewestImage {
  /** ARN of the build version. */
  readonly build: string;
  /** When its build began. */
  readonly startedAt: Date;
  /** ARN of the version of the recipe that it was built from. */
  readonly recipeArn: string | undefined;
  /** The AMI where it is used, if Image Builder says. */
  readonly imageId: string | undefined;
  /** Whether EC2 has its AMI, available, in the account and region where it is used. */
  readonly isUsable: boolean;
  /** The AMI that it was really made from, if EC2 says. */
  readonly sourceImageId: string | undefined;
}

/** What decides whether an image can be used again. */
export interface ReuseFacts {
  /** ARN of the version of the recipe that the image pipeline builds now. */
  readonly recipeArn: string | undefined;
  readonly newest: NewestImage | undefined;
  /** The AMI that a build would start from now; `fixed` if the recipe names one that never changes. */
  readonly parent: { readonly imageId: string | undefined } | 'fixed';
  /** When the newest release of Amazon Linux 2023 was published; undefined if that is not known. */
  readonly releasedAt: Date | undefined;
  readonly rebake: Rebake | undefined;
  /** Everything of the application that was ever marked bad. */
  readonly marks: readonly BadMark[];
  /** The mark of a package that the newest image has; `unknown` if its contents cannot be read. Only while a package is marked. */
  readonly inside?: BadMark | 'unknown' | undefined;
}

/** An image to use, or why one is to be built. */
export type ReuseRuling =
  | { readonly do: 'reuse'; readonly image: NewestImage; readonly choice: ImageChoice }
  | { readonly do: 'build'; readonly choice: ImageChoice };

/**
 * How long after a release a build may still have missed it, in ms: more than a build takes at most (T17), and than repositories are
 * inconsistent for (T65).
 */
const UNSURE_MS = 6 * HOUR_MS;

/** The mark that keeps an image from being used again: its own, or that of a package in it. */
function badFor({ imageId }: NewestImage, { marks, inside }: ReuseFacts): string | undefined {
  const own = marks.find((mark) => 'imageId' in mark && mark.imageId === imageId && badMarking(mark));
  const mark = own ?? (inside === 'unknown' ? undefined : inside);
  const marking = badMarking(mark);
  return mark && marking && markText(mark, marking);
}

/** Builds, and says why. */
export const build = (because: BuildReason, sentence: string): ReuseRuling => ({
  do: 'build',
  choice: { choice: 'build', because, sentence },
});

/**
 * Whether the newest image of an image pipeline equals what a build would make now, so that no build is needed: same version of the
 * recipe, same parent AMI, and no release of Amazon Linux 2023 since, which alone brings newer packages (AL2023's user guide,
 * "Deterministic upgrades": each release has a repository version of its own, and the parameters always name its AMI). What a component
 * fetches from elsewhere is not known: an image is used again for `days` at most. What is not known leads to a build.
 */
export function imageReuse(facts: ReuseFacts, days: number, now: Date): ReuseRuling {
  const { recipeArn, newest, parent, releasedAt, rebake, inside } = facts;
  if (newest === undefined) return build('NoImage', 'Built: there is no earlier image.');
  const { startedAt } = newest;
  const of = `the image of ${utcTime(startedAt.toISOString())}`;
  if (rebake !== undefined && !(Date.parse(rebake.at) < startedAt.getTime()))
    return build(
      'Rebake',
      `Built: ${askerName(rebake.askedBy)} asked for new images, ${utcTime(rebake.at)}.`,
    );
  const bad = badFor(newest, facts);
  if (bad !== undefined) return build('MarkedBad', `Built: ${bad}.`);
  if (inside === 'unknown')
    return build('NotKnown', `Built: packages are marked bad, and the contents of ${of} could not be read.`);
  if (recipeArn === undefined || newest.recipeArn === undefined)
    return build('NotKnown', `Built: Image Builder does not say what ${of} was built from.`);
  if (recipeArn !== newest.recipeArn)
    return build('RecipeChanged', `Built: the recipe has changed since ${of}.`);
  if (!newest.isUsable) return build('ImageGone', `Built: EC2 does not have the AMI of ${of} any more.`);
  if (parent !== 'fixed') {
    if (parent.imageId === undefined || newest.sourceImageId === undefined)
      return build('NotKnown', `Built: it is not known whether ${of} has the newest parent AMI.`);
    if (parent.imageId !== newest.sourceImageId)
      return build(
        'ParentChanged',
        `Built: ${of} was made from ${newest.sourceImageId}, and the parent AMI is ${parent.imageId} by now.`,
      );
  }
  if (releasedAt === undefined)
    return build('NotKnown', 'Built: it is not known when Amazon Linux 2023 was released last.');
  if (!(releasedAt.getTime() + UNSURE_MS < startedAt.getTime()))
    return build('NewerPackages', `Built: Amazon Linux 2023 was released since ${of}, or shortly before.`);
  if (!(now.getTime() - startedAt.getTime() < days * DAY_MS))
    return build('TooOld', `Built: ${of} is older than ${days} ${days === 1 ? 'day' : 'days'}.`);
  return {
    do: 'reuse',
    image: newest,
    choice: {
      choice: 'reuse',
      builtAt: startedAt.toISOString(),
      sentence: `Reused because equal: ${of}. Same recipe, same parent AMI, no release of Amazon Linux 2023 since.`,
    },
  };
}
