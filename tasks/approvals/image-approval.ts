import { builtFor } from '../images/build-of.ts';
import type { Approval, Job } from '../ledger/items.ts';
import type { Candidate, DifferingImage } from '../payloads.ts';
import { approverRoles, roleTitles } from '../words.ts';
import { missingApprovals } from './decisions.ts';

/** Whether a role is asked once more: about the Prod image, not about the change. */
export const asksAboutImage = ({
  candidate,
}: {
  readonly candidate: Pick<Candidate, 'prodImage'>;
}): boolean => candidate.prodImage !== undefined;

/** Whether both are about the same image, and tell the same differences: what people were shown is what was found. */
const isSameImage = (one: DifferingImage | undefined, other: DifferingImage | undefined): boolean =>
  one?.imageId === other?.imageId && one?.inventory === other?.inventory && one?.differs === other?.differs;

/** Whether two requests are both about the change, or both about the same Prod image. */
export const isSameQuestion = (
  one: Pick<Candidate, 'prodImage'>,
  other: Pick<Candidate, 'prodImage'>,
): boolean => isSameImage(one.prodImage, other.prodImage);

/** The Prod image that a promotion built, if it differs from the approved QAT image although it may not. */
export function differingImage(jobs: readonly Job[]): DifferingImage | undefined {
  const { imageId = '', inventory = '', differs } = builtFor(jobs, 'prod')?.output ?? {};
  return differs === undefined ? undefined : { imageId, inventory, differs };
}

/**
 * Why a promotion's Prod image may not be used: it differs from the approved QAT image, and a role has not approved just this image. What a
 * role approved before it was built does not count. The one place that rules on this.
 * @param jobs all of the promotion, as are `approvals`
 * @returns undefined if nothing speaks against it
 */
export function whyImageNotApproved(
  jobs: readonly Job[],
  approvals: readonly Approval[],
): string | undefined {
  const image = differingImage(jobs);
  if (image === undefined) return undefined;
  for (const role of approverRoles) {
    const latest = approvals.findLast((approval) => approval.role === role);
    if (
      latest?.status !== 'APPROVED' ||
      missingApprovals(latest) > 0 ||
      !isSameImage(latest.candidate.prodImage, image)
    )
      return `The Prod image ${image.imageId} differs from the approved QAT image, and ${roleTitles[role]} has not approved it.`;
  }
  return undefined;
}
