import type { InstanceStatus } from '../drift/environment-status.ts';
import type { Inventory, Package } from '../image-inventory/inventory.ts';
import type { LiveEnvironment } from '../promotions/live-table.ts';
import type { Release } from '../promotions/releases.ts';
import type { Finding } from '../vulnerabilities/finding.ts';
import { environmentTitles } from '../words.ts';
import { isVersionOf, type Question } from './question.ts';

/** What an image has of what somebody asks for. */
export interface ImageFacts {
  /** The asked package in the asked version, or in every version. */
  readonly packages?: readonly Package[];
  /** The package in other versions, and packages whose name begins with its name. */
  readonly similar?: readonly Package[];
  readonly finding?: Finding;
}

/** What is known of an image; or why nothing is, as a clause. */
export type ImageAnswer = ImageFacts | { readonly gap: string };

/** A release that has what somebody asks for. */
export interface Place extends Pick<ImageFacts, 'packages' | 'finding'> {
  readonly release: Release;
}

/** An environment in which it is live. */
export interface LivePlace extends Place {
  /** By what and as of when it is known what the environment runs. */
  readonly known: string;
  /** Instances that were seen with the release; if `onlyInstances` is set or somebody asks for one, those that have it. */
  readonly instances: readonly InstanceStatus[];
  /** When the instances were looked at, ISO 8601. */
  readonly lookedAt?: string;
  /** Set if instances have it that run something else than the release. */
  readonly onlyInstances?: true;
}

/** Where something is live, since when, by which promotion, and who approved it. */
export interface Lineage {
  readonly question: Question;
  readonly live: readonly LivePlace[];
  /** Releases that Prod can go back to and that have it. */
  readonly earlier: readonly Place[];
  /** Of a package: what the images that were looked at have instead. */
  readonly similar: readonly Package[];
  /** How many environments, and earlier releases, could be looked at. */
  readonly looked: { readonly live: number; readonly earlier: number };
  /** What could not be looked at, or is not certain, in sentences: there it may be so, although it is not told. */
  readonly gaps: { readonly live: readonly string[]; readonly earlier: readonly string[] };
}

/** An environment of an application. */
export interface NamedEnvironment extends LiveEnvironment {
  readonly application: string;
}

/** So many similar packages are told. */
const MOST_SIMILAR = 8;

/** What an inventory has of a package. The name is compared in lower case. */
export function packagesIn(
  { packages }: Pick<Inventory, 'packages'>,
  { name, version }: Extract<Question, { kind: 'package' }>,
): ImageFacts {
  const lower = name.toLowerCase();
  const isAsked = (one: Package): boolean =>
    one.name.toLowerCase() === lower && (version === undefined || isVersionOf(one.version, version));
  const isSimilar = (one: Package): boolean =>
    !isAsked(one) && (one.name.toLowerCase() === lower || one.name.toLowerCase().startsWith(`${lower}-`));
  return { packages: packages.filter(isAsked), similar: packages.filter(isSimilar).slice(0, MOST_SIMILAR) };
}

/** The finding of a vulnerability. */
export const findingIn = (findings: readonly Finding[], vulnerabilityId: string): Finding | undefined =>
  findings.find((one) => one.vulnerabilityId.toLowerCase() === vulnerabilityId.toLowerCase());

const begins = (id: string | undefined, beginning: string): boolean =>
  id?.toLowerCase().startsWith(beginning) ?? false;

/** Whether a release is, or was made with, what an id names. */
export function isRelease(
  { kind, id }: Extract<Question, { id: string }>,
  { commitId, images, deploymentId, environment }: Release,
): boolean {
  switch (kind) {
    case 'commit':
      return begins(commitId, id);
    case 'image':
      return begins(images[environment], id);
    case 'deployment':
      return begins(deploymentId, id);
    case 'instance':
      return false;
  }
}

const isInstance = (
  { kind, id }: Extract<Question, { id: string }>,
  { instanceId, imageId, delivery }: InstanceStatus,
): boolean => {
  switch (kind) {
    case 'commit':
      return begins(delivery?.commitId, id);
    case 'image':
      return begins(imageId, id);
    case 'deployment':
      return begins(delivery?.deploymentId, id);
    case 'instance':
      return begins(instanceId, id);
  }
};

/** The facts of an image, with what became known of it since it was built. */
function factsOf(
  question: Question,
  { release, status }: Pick<LiveEnvironment, 'release' | 'status'>,
  answers: ReadonlyMap<string, ImageAnswer>,
): ImageAnswer {
  const imageId = release?.images[release.environment];
  const built = imageId === undefined ? undefined : answers.get(imageId);
  const answer = built ?? { gap: 'the ledger does not say which image it runs' };
  const later = status?.vulnerabilities;
  if (question.kind !== 'vulnerability' || later === undefined || later.imageId !== imageId) return answer;
  const finding =
    ('finding' in answer && answer.finding) || findingIn(later.findings, question.vulnerabilityId);
  if (finding) return { finding };
  return later.unlisted > 0 && !('gap' in answer)
    ? {
        gap: `${later.unlisted} vulnerabilities that became known since the image was built are not listed`,
      }
    : answer;
}

const hasIt = ({ packages = [], finding }: ImageFacts): boolean =>
  packages.length > 0 || finding !== undefined;

const withoutSimilar = ({ similar: _, ...facts }: ImageFacts): ImageFacts => facts;

/** Instances that were seen while the release was the expected one. */
const seenWith = ({ release, status }: LiveEnvironment): readonly InstanceStatus[] =>
  status?.release?.deploymentId === release?.deploymentId ? (status?.instances ?? []) : [];

/** One environment's answer to the question. */
export interface EnvironmentAnswer {
  readonly place?: LivePlace;
  readonly similar: readonly Package[];
  readonly isLookedAt: boolean;
  readonly gaps: readonly string[];
}

const uncertain: readonly LiveEnvironment['certainty'][] = ['changing', 'unclear', 'drifted'];

/** Whether an environment has what is asked for, as of what is known. @param answers by the AMI's id */
export function answerOf(
  question: Question,
  environment: NamedEnvironment,
  answers: ReadonlyMap<string, ImageAnswer>,
): EnvironmentAnswer {
  const { application, release, certainty, known, status } = environment;
  const name = `${environmentTitles[environment.environment]} of ${application}`;
  const doubts = uncertain.includes(certainty) ? [`${name}: ${known}`] : [];
  if (release === undefined) return { similar: [], isLookedAt: false, gaps: doubts };
  const lookedAt = status === undefined ? {} : { lookedAt: status.at };
  if ('id' in question) {
    const matching = (status?.instances ?? []).filter((one) => isInstance(question, one));
    const isReleased = isRelease(question, release);
    const isUnseen = question.kind === 'instance' && (status === undefined || status.unlisted > 0);
    const place: LivePlace = {
      release,
      known,
      instances: isReleased ? seenWith(environment) : matching,
      ...lookedAt,
      ...(!isReleased && question.kind !== 'instance' && { onlyInstances: true }),
    };
    return {
      ...((isReleased || matching.length > 0) && { place }),
      similar: [],
      isLookedAt: true,
      gaps: [
        ...(isReleased ? [] : doubts),
        ...(isUnseen
          ? [
              `${name}: ${status === undefined ? 'its' : `${status.unlisted} of its`} instances are not known.`,
            ]
          : []),
      ],
    };
  }
  const facts = factsOf(question, environment, answers);
  if ('gap' in facts) return { similar: [], isLookedAt: false, gaps: [...doubts, `${name}: ${facts.gap}.`] };
  const isLive = hasIt(facts);
  return {
    ...(isLive && {
      place: { release, known, instances: seenWith(environment), ...lookedAt, ...withoutSimilar(facts) },
    }),
    similar: facts.similar ?? [],
    isLookedAt: true,
    // Where it is live, that is told as well.
    gaps: isLive ? [] : doubts,
  };
}

/** Whether an earlier release has what is asked for. @param answers by the AMI's id */
export function earlierAnswer(
  question: Question,
  release: Release,
  answers: ReadonlyMap<string, ImageAnswer>,
): { readonly place?: Place; readonly gap?: string } {
  if ('id' in question) return isRelease(question, release) ? { place: { release } } : {};
  const facts = factsOf(question, { release }, answers);
  if ('gap' in facts)
    return { gap: `The release ${release.promotionId} of ${release.application}: ${facts.gap}.` };
  return hasIt(facts) ? { place: { release, ...withoutSimilar(facts) } } : {};
}

/** Each package once, by name and version. */
export const similarOf = (packages: readonly Package[]): readonly Package[] =>
  [...new Map(packages.map((one) => [`${one.name} ${one.version}`, one])).values()].slice(0, MOST_SIMILAR);
