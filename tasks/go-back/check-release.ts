import type { Image } from '@aws-sdk/client-ec2';
import { errorText } from '../error-text.ts';
import { checkNotBad, type RecallSources } from '../marks/recall.ts';
import type { BuiltRevision, CheckReleaseRequest } from '../payloads.ts';

/** What a release needs no longer exists, so nobody is asked about it. */
class ReleaseGoneError extends Error {
  override readonly name = 'ReleaseGone';
}

/** The execution is not the go-back that an operator asked for. */
class NotAskedForError extends Error {
  override readonly name = 'GoBackNotAskedFor';
}

/** What checking needs. */
interface CheckReleaseDependencies extends RecallSources {
  /** An AMI in Prod's account and region; undefined if it is gone. */
  readonly image: (imageId: string) => Promise<Image | undefined>;
  /** Reads a revision. @throws if it cannot be read */
  readonly readRevision: (commitId: string) => Promise<void>;
  /** Looks at what a commit was built into. @throws if it is gone. Absent where commits are deployed as they are */
  readonly readBuilt?: (built: BuiltRevision) => Promise<void>;
}

const isSameBuild = (a: BuiltRevision | undefined, b: BuiltRevision | undefined): boolean =>
  a?.key === b?.key && a?.version === b?.version;

const CHOOSE_ANOTHER = 'Go back to another release, or push the commit again.';

/** Why what the release deployed cannot be deployed again; undefined if it can. */
async function unreadableRevision(
  { readRevision, readBuilt }: Pick<CheckReleaseDependencies, 'readRevision' | 'readBuilt'>,
  commitId: string,
  built: BuiltRevision | undefined,
): Promise<string | undefined> {
  if (readBuilt === undefined && built !== undefined)
    return 'The release deployed what its commit was built into, and the application has no build now: configure build again.';
  if (readBuilt !== undefined && built === undefined)
    return 'The release is of the time before the application had a build: nothing was built of its commit.';
  try {
    await (readBuilt !== undefined && built !== undefined ? readBuilt(built) : readRevision(commitId));
    return undefined;
  } catch (error) {
    const what =
      built === undefined ? `The revision ${commitId}` : `What was built of ${commitId} (${built.key})`;
    return `${what} cannot be read: ${errorText(error)}.`;
  }
}

/**
 * Sees, before anybody is asked, that a release can still be deployed: its image is available in Prod's account and region, and its
 * revision can be read. Also sees that the execution is what an operator asked for.
 * @throws ReleaseGoneError with everything that is missing; NotAskedForError; RecalledError if the commit, its image or a package in it is marked bad
 */
export function checkRelease({ image, ...sources }: CheckReleaseDependencies) {
  const { ledger } = sources;
  return async function checkRelease({
    promotionId,
    commitId,
    prodImageId,
    built,
  }: CheckReleaseRequest): Promise<void> {
    const promotion = await ledger.promotion(promotionId);
    const release = promotion?.goBack && (await ledger.promotion(promotion.goBack.to));
    const isRecorded =
      promotion?.goBack?.prodImageId === prodImageId &&
      promotion.commitId === commitId &&
      release?.commitId === commitId &&
      release.images.prod === prodImageId &&
      isSameBuild(release.built, promotion.goBack.built) &&
      (built === undefined || isSameBuild(built ?? undefined, release.built)) &&
      release.status === 'SUCCEEDED';
    if (!isRecorded)
      throw new NotAskedForError(
        `The ledger has no go-back ${promotionId} to a release of commit ${commitId} with the image ${prodImageId}. ` +
          'Go back on the approvals site, or by the command line.',
      );
    await checkNotBad(sources, promotion);
    const [found, unreadable] = await Promise.all([
      image(prodImageId),
      unreadableRevision(sources, commitId, release.built),
    ]);
    const gone = [
      ...(found?.State === 'available'
        ? []
        : [`The image ${prodImageId} is ${found?.State ?? 'gone'} in Prod's account and region.`]),
      ...(unreadable === undefined ? [] : [unreadable]),
    ];
    if (gone.length > 0) throw new ReleaseGoneError(`${gone.join(' ')} Nobody was asked. ${CHOOSE_ANOTHER}`);
  };
}
