import { releaseIdOf } from '../go-back/release-id.ts';
import { ignoring } from '../ignoring.ts';
import type { ReadObject } from '../image-inventory/read-document.ts';
import { readInventory } from '../image-inventory/read-inventory.ts';
import type { Job, Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { packagesIn } from '../lineage/lineage.ts';
import { RECALLED } from '../payloads.ts';
import type { BadMark } from './bad-mark.ts';
import { markedPackage } from './bad-subject.ts';
import { badMarking, markText } from './mark-rules.ts';

/** A promotion's commit, an image of it or a package in one was marked bad, so the promotion ends. */
export class RecalledError extends Error {
  override readonly name = RECALLED;
}

/** A package is marked bad, and nobody can tell whether an image has it. */
export class ContentsUnknownError extends Error {
  override readonly name = 'ContentsUnknown';
}

/** What finding out needs. */
export interface RecallSources {
  readonly ledger: Pick<Ledger, 'marks' | 'jobs' | 'promotion'>;
  /** Reads the evidence bucket. @default it cannot be read: a mark of a package then fails where images are to be looked at */
  readonly readEvidence?: ReadObject;
}

/** What may be recalled: a commit, or also what a promotion of it built or goes back to. */
export interface Recallable {
  readonly application: string;
  readonly commitId: string;
  /** Absent before there is a promotion. */
  readonly promotionId?: string;
}

/** Every image that a promotion built or used again, or goes back to. @param jobs of the promotion that built them */
export function imagesOf(
  promotion: Pick<Promotion, 'images' | 'goBack'> | undefined,
  jobs: readonly Job[],
): ReadonlySet<string> {
  const { images = {}, goBack } = promotion ?? {};
  const built = goBack
    ? [goBack.qatImageId, goBack.prodImageId]
    : jobs.flatMap(({ kind, output }) => (kind === 'image-build' ? (output?.imageId ?? []) : []));
  return new Set([...Object.values(images), ...built].filter((imageId) => imageId !== ''));
}

type PackageMark = BadMark & { readonly packageVersion: string };

/** Those of some marks that are of packages. */
export const ofPackages = (marks: readonly BadMark[]): readonly PackageMark[] =>
  marks.flatMap((mark) => ('packageVersion' in mark ? [mark] : []));

/** The first of some images that has a marked package. @param jobs that built them @throws ContentsUnknownError if the contents of one cannot be read */
export async function imageWith(
  packages: readonly PackageMark[],
  imageIds: Iterable<string>,
  jobs: readonly Job[],
  readEvidence: ReadObject | undefined,
): Promise<{ readonly mark: BadMark; readonly imageId: string } | undefined> {
  for (const imageId of imageIds) {
    const cannot = (why: string): ContentsUnknownError =>
      new ContentsUnknownError(
        `Packages are marked bad (${packages.map((one) => one.packageVersion).join(', ')}), and it cannot be told whether ${imageId} has one: ${why}. Have its contents readable again and repeat this, or have the packages unmarked.`,
      );
    if (readEvidence === undefined) throw cannot('the evidence bucket is not read here');
    const inventory = await readInventory(jobs, imageId, readEvidence).catch((error: Error) => {
      throw cannot(error.message);
    });
    const mark = packages.find(
      ({ packageVersion }) => packagesIn(inventory, markedPackage(packageVersion)).packages?.length !== 0,
    );
    if (mark !== undefined) return { mark, imageId };
  }
  return undefined;
}

/**
 * The first of some marks that hits a promotion, or a commit: by commit, by image, by package.
 * @throws ContentsUnknownError if one is of a package and the contents of an image cannot be read
 */
export async function hitBy(
  marks: readonly BadMark[],
  {
    ledger,
    readEvidence,
  }: Omit<RecallSources, 'ledger'> & {
    readonly ledger: Pick<Ledger, 'jobs' | 'promotion'>;
  },
  { commitId, promotionId }: Omit<Recallable, 'application'>,
): Promise<{ readonly mark: BadMark; readonly imageId?: string } | undefined> {
  const commit = marks.find((mark) => 'commitId' in mark && mark.commitId === commitId);
  if (commit !== undefined) return { mark: commit };
  if (promotionId === undefined || marks.every((mark) => 'commitId' in mark)) return undefined;
  const promotion = await ledger.promotion(promotionId);
  const jobs = await ledger.jobs(promotion === undefined ? promotionId : releaseIdOf(promotion));
  const imageIds = imagesOf(promotion, jobs);
  const image = marks.find((mark) => 'imageId' in mark && imageIds.has(mark.imageId));
  if (image !== undefined) return { mark: image };
  const packages = ofPackages(marks);
  return packages.length === 0 ? undefined : imageWith(packages, imageIds, jobs, readEvidence);
}

/**
 * Why a promotion ends as recalled: who marked its commit, an image that it built or goes back to, or a package in one; undefined if
 * nothing is bad. Contents of images are read only while a package is marked.
 * @throws ContentsUnknownError if they cannot be read: then nobody knows, and nothing goes on
 */
export async function recallCause(
  sources: RecallSources,
  recallable: Recallable,
): Promise<string | undefined> {
  const marks = await sources.ledger.marks(recallable.application);
  const bad = await hitBy(
    marks.filter((mark) => badMarking(mark) !== undefined),
    sources,
    recallable,
  );
  const marking = badMarking(bad?.mark);
  if (bad === undefined || marking === undefined) return undefined;
  const text = markText(bad.mark, marking);
  return bad.imageId === undefined ? text : `${bad.imageId} has a bad package: ${text}`;
}

/** @throws RecalledError if something of it is marked bad; what `recallCause` throws */
export async function checkNotBad(sources: RecallSources, recallable: Recallable): Promise<void> {
  const cause = await recallCause(sources, recallable);
  if (cause !== undefined) throw new RecalledError(cause);
}

/** For `.catch`: what contents that cannot be read hide counts as not bad here. @throws any other error */
export const unlessKnown = ignoring(ContentsUnknownError);
