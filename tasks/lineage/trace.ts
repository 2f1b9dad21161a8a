import { mapAtOnce } from '../at-once.ts';
import { whyNotBackTo } from '../go-back/go-back.ts';
import { releaseIdOf } from '../go-back/release-id.ts';
import { readInventory } from '../image-inventory/read-inventory.ts';
import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import { readLive, recordOf } from '../promotions/read-live.ts';
import { deployedTo, type Release } from '../promotions/releases.ts';
import { readFindings } from '../vulnerabilities/scan-image.ts';
import {
  answerOf,
  earlierAnswer,
  findingIn,
  type ImageAnswer,
  type Lineage,
  type NamedEnvironment,
  packagesIn,
  similarOf,
} from './lineage.ts';
import { type Question, resolved } from './question.ts';

/** Documents that are read at once: one has some 200 KB, and is dropped when it is read. */
const AT_ONCE = 16;
/** Promotions, of all applications, among which earlier releases are looked for. */
const LOOKED_THROUGH = 500;
/** Earlier releases that are looked at: of one application, and of all. What is live is always looked at. */
const MOST_EARLIER = 10;
const MOST_EARLIER_OF_ALL = 40;

/** What a question is answered from. */
export interface LineageSources {
  readonly ledger: Parameters<typeof readLive>[0] & Pick<Ledger, 'imageReport'>;
  readonly applications: readonly string[];
  /** Text of an object in the evidence bucket; undefined if there is none. */
  readonly read: (objectKey: string) => Promise<string | undefined>;
  readonly now: Date;
}

/** An image, and the promotion that names it. */
interface NamedImage {
  readonly imageId: string;
  readonly promotionId: string;
}

/** What an image has of what is asked for: of each question one document is read. */
async function readImage(
  { ledger, read }: LineageSources,
  question: Question,
  { imageId, promotionId }: NamedImage,
): Promise<ImageAnswer> {
  try {
    const promotion = await ledger.promotion(promotionId);
    const jobs = await ledger.jobs(promotion === undefined ? promotionId : releaseIdOf(promotion));
    if (question.kind === 'package') return packagesIn(await readInventory(jobs, imageId, read), question);
    if (question.kind !== 'vulnerability') return {};
    const found = await readFindings(jobs, imageId, read);
    if (found === undefined) return { gap: `${imageId} was not scanned when it was built` };
    const finding = findingIn(found.findings, question.vulnerabilityId);
    return finding === undefined ? {} : { finding };
  } catch (error) {
    return { gap: (error as Error).message };
  }
}

/** Those releases that Prod can go back to, newest first, and how many of them are not looked at. */
async function readEarlier(
  { ledger, applications }: LineageSources,
  environments: readonly NamedEnvironment[],
): Promise<{ readonly releases: readonly Promotion[]; readonly unlooked: number }> {
  const kept = new Map<string, ReadonlySet<string>>();
  const live = new Map<string, Promotion>();
  await Promise.all(
    applications.map(async (application) => {
      const report = await ledger.imageReport(application);
      const amis = (report?.images ?? []).flatMap((image) => image.amis.map(({ imageId }) => imageId));
      kept.set(application, new Set(amis));
      const prod = environments.find((one) => one.application === application && one.environment === 'prod');
      const promotion = prod?.release && (await ledger.promotion(prod.release.promotionId));
      if (promotion) live.set(application, promotion);
    }),
  );
  const isEarlier = (release: Promotion): boolean =>
    release.goBack === undefined &&
    kept.get(release.application)?.has(release.images.prod ?? '') === true &&
    whyNotBackTo({ release, live: live.get(release.application), bad: undefined, goBacks: [] }) === undefined;
  const found: Promotion[] = [];
  let seen = 0;
  if (live.size > 0)
    for await (const page of promotionPages(ledger)) {
      found.push(...page.filter(isEarlier));
      seen += page.length;
      if (seen >= LOOKED_THROUGH) break;
    }
  const of = new Map<string, number>();
  const releases = found.filter(({ application }) => {
    const count = (of.get(application) ?? 0) + 1;
    of.set(application, count);
    return count <= MOST_EARLIER;
  });
  const looked = releases.slice(0, MOST_EARLIER_OF_ALL);
  return { releases: looked, unlooked: found.length - looked.length };
}

/** Each image once. */
const distinct = (images: readonly NamedImage[]): readonly NamedImage[] => [
  ...new Map(images.map((one) => [one.imageId, one])).values(),
];

const imageOf = ({ environment, images, promotionId }: Release): readonly NamedImage[] => {
  const imageId = images[environment];
  return imageId === undefined ? [] : [{ imageId, promotionId }];
};

/**
 * Says where something is live, since when, by which promotion and who approved it; and which releases that Prod can go back to have it.
 * Reads the ledger by key, the newest 500 promotions, and of each image one document of the evidence bucket.
 * An image that cannot be read is named among the gaps.
 */
export async function trace(sources: LineageSources, given: Question): Promise<Lineage> {
  const { ledger, applications, now } = sources;
  const environments: readonly NamedEnvironment[] = (await readLive(ledger, applications, now)).flatMap(
    ({ application, environments }) => environments.map((one) => ({ ...one, application })),
  );
  const { releases: promotions, unlooked } = await readEarlier(sources, environments);
  const earlier = (
    await mapAtOnce(AT_ONCE, promotions, async (promotion) =>
      deployedTo('prod', [await recordOf(ledger, promotion)]),
    )
  ).flat();
  const releases = [...environments.flatMap(({ release }) => release ?? []), ...earlier];
  const question = resolved(
    given,
    releases.map(({ commitId }) => commitId),
  );
  const images = distinct(releases.flatMap(imageOf));
  const answers = new Map(
    'id' in question
      ? []
      : await mapAtOnce(
          AT_ONCE,
          images,
          async (image) => [image.imageId, await readImage(sources, question, image)] as const,
        ),
  );
  const live = environments.map((one) => answerOf(question, one, answers));
  const before = earlier.map((release) => earlierAnswer(question, release, answers));
  return {
    question,
    live: live.flatMap(({ place }) => place ?? []),
    earlier: before.flatMap(({ place }) => place ?? []),
    similar: similarOf(live.flatMap(({ similar }) => similar)),
    looked: {
      live: live.filter(({ isLookedAt }) => isLookedAt).length,
      earlier: before.filter(({ gap }) => gap === undefined).length,
    },
    gaps: {
      live: live.flatMap(({ gaps }) => gaps),
      earlier: [
        ...before.flatMap(({ gap }) => gap ?? []),
        ...(unlooked > 0 ? [`Only the newest earlier releases are looked at, not ${unlooked} more.`] : []),
      ],
    },
  };
}
