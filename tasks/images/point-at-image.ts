import { ApproversNotRecordedError, PUSH_AGAIN } from '../approvals/approver-errors.ts';
import { whyImageNotApproved } from '../approvals/image-approval.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PointAtImageOutput, PointAtImageRequest } from '../payloads.ts';

/** The parameter kept its old image: AWS did not accept the new one. */
class ImageNotPointedAtError extends Error {
  override readonly name = 'ImageNotPointedAt';
}

/** Parameters that hold an image id. */
export interface ImageParameters {
  readonly read: (parameterName: string) => Promise<string | undefined>;
  /** Writes the new value. A successful call does not mean that AWS accepts it (T53). */
  readonly write: (parameterName: string, imageId: string) => Promise<void>;
}

/** What pointing needs. */
interface PointAtImageDependencies {
  readonly parameters: ImageParameters;
  readonly ledger: Pick<Ledger, 'updatePromotion' | 'jobs' | 'approvals'>;
  /** Waits that many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** A value that was rejected is forgotten: before a look that comes this many milliseconds later it is written again. */
const FORGOTTEN = 3_000;

/** Milliseconds before each look whether the value was accepted: 63 s in all, for an image that EC2 just made. */
export const lookAfter: readonly number[] = [
  100,
  200,
  400,
  800,
  1_600,
  ...Array.from({ length: 20 }, () => FORGOTTEN),
];

/** What writing a parameter needs. */
export type WriteImageDependencies = Pick<PointAtImageDependencies, 'parameters' | 'wait'>;

/**
 * Writes a parameter that instances launch from, and ends only when it reads the new image: the value is validated after
 * the answer, and one that is not found leaves the old value in place (T53). Safe to repeat.
 * @throws ImageNotPointedAtError if it still reads another image after the last look
 */
export function writeImage({ parameters, wait }: WriteImageDependencies) {
  return async function writeImage(parameterName: string, imageId: string): Promise<void> {
    let current = await parameters.read(parameterName);
    for (const [look, milliseconds] of lookAfter.entries()) {
      if (current === imageId) break;
      if (look === 0 || milliseconds >= FORGOTTEN) await parameters.write(parameterName, imageId);
      await wait(milliseconds);
      current = await parameters.read(parameterName);
    }
    if (current !== imageId)
      throw new ImageNotPointedAtError(
        `The parameter ${parameterName} still reads ${current ?? 'nothing'} instead of ${imageId}: AWS did not accept the image. Make sure that the AMI is available in this account and region, then redrive.`,
      );
  };
}

/**
 * Points an environment at a promotion's image. The promotion's record gets the image first, so that
 * restore-prod finds it even if this is cut short. Safe to repeat.
 * @throws ApproversNotRecordedError if it is a Prod image that differs from what was approved, and people have not approved it; a task
 * token completed by hand bypasses the page (T48)
 * @throws ImageNotPointedAtError as `writeImage`
 */
export function pointAtImage(dependencies: PointAtImageDependencies) {
  const { ledger } = dependencies;
  return async function pointAtImage({
    promotionId,
    environment,
    parameterName,
    imageId,
  }: PointAtImageRequest): Promise<PointAtImageOutput> {
    const notApproved =
      environment === 'prod'
        ? whyImageNotApproved(await ledger.jobs(promotionId), await ledger.approvals(promotionId))
        : undefined;
    if (notApproved !== undefined)
      throw new ApproversNotRecordedError(
        `Promotion ${promotionId}: ${notApproved} Only decisions on the approvals page count. ${PUSH_AGAIN}`,
      );
    await ledger.updatePromotion(promotionId, {
      images: { [environment]: imageId },
      // From here on Prod must be restored again if the promotion fails.
      ...(environment === 'prod' && { prodRestored: undefined }),
    });
    await writeImage(dependencies)(parameterName, imageId);
    return { imageId };
  };
}
