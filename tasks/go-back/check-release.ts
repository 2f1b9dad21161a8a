import type { Image } from '@aws-sdk/client-ec2';
import { errorText } from '../error-text.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { checkNotBad } from '../marks/recall.ts';
import type { CheckReleaseRequest } from '../payloads.ts';

/** What a release needs no longer exists, so nobody is asked about it. */
class ReleaseGoneError extends Error {
  override readonly name = 'ReleaseGone';
}

/** The execution is not the go-back that an operator asked for. */
class NotAskedForError extends Error {
  override readonly name = 'GoBackNotAskedFor';
}

/** What checking needs. */
interface CheckReleaseDependencies {
  readonly ledger: Pick<Ledger, 'promotion' | 'mark'>;
  /** An AMI in Prod's account and region; undefined if it is gone. */
  readonly image: (imageId: string) => Promise<Image | undefined>;
  /** Reads a revision. @throws if it cannot be read */
  readonly readRevision: (commitId: string) => Promise<void>;
}

const CHOOSE_ANOTHER = 'Go back to another release, or push the commit again.';

/**
 * Sees, before anybody is asked, that a release can still be deployed: its image is available in Prod's account and region, and its
 * revision can be read. Also sees that the execution is what an operator asked for.
 * @throws ReleaseGoneError with everything that is missing; NotAskedForError; RecalledError if the commit is marked bad
 */
export function checkRelease({ ledger, image, readRevision }: CheckReleaseDependencies) {
  return async function checkRelease({
    promotionId,
    commitId,
    prodImageId,
  }: CheckReleaseRequest): Promise<void> {
    const promotion = await ledger.promotion(promotionId);
    const release = promotion?.goBack && (await ledger.promotion(promotion.goBack.to));
    const isRecorded =
      promotion?.goBack?.prodImageId === prodImageId &&
      promotion.commitId === commitId &&
      release?.commitId === commitId &&
      release.images.prod === prodImageId &&
      release.status === 'SUCCEEDED';
    if (!isRecorded)
      throw new NotAskedForError(
        `The ledger has no go-back ${promotionId} to a release of commit ${commitId} with the image ${prodImageId}. ` +
          'Go back on the approvals site, or by the command line.',
      );
    await checkNotBad(ledger, promotion.application, commitId);
    const [found, unreadable] = await Promise.all([
      image(prodImageId),
      readRevision(commitId).then(
        () => undefined,
        (error: unknown) => errorText(error),
      ),
    ]);
    const gone = [
      ...(found?.State === 'available'
        ? []
        : [`The image ${prodImageId} is ${found?.State ?? 'gone'} in Prod's account and region.`]),
      ...(unreadable === undefined ? [] : [`The revision ${commitId} cannot be read: ${unreadable}.`]),
    ];
    if (gone.length > 0) throw new ReleaseGoneError(`${gone.join(' ')} Nobody was asked. ${CHOOSE_ANOTHER}`);
  };
}
