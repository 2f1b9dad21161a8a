import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import type { Asker, GoBack } from '../payloads.ts';
import { askerName } from '../words.ts';
import { pusherOf } from './makers.ts';
import type { GoBackReview, Maker, ReviewedRelease } from './review.ts';

/** The ledger does not have the release that a promotion goes back to. */
class ReleaseNotRecordedError extends Error {
  override readonly name = 'ReleaseNotRecorded';
}

/** Releases that a review names: more are counted by nobody at three in the morning. */
const MOST_RELEASES = 50;

const referenceTo = ({ promotionId, commitId, commitMessage }: Promotion): ReviewedRelease => ({
  promotionId,
  commitId,
  commitMessage,
});

/** Who asked to go back, as somebody who may not decide. What is promoted was made and approved before: nobody else is a maker. */
export const askerOf = (asker: Asker, commitId: string): Maker => ({
  ...(asker.type === 'person' ? { name: asker.name, address: asker.verifiedEmail } : pusherOf(asker.arn)),
  because: [{ role: 'asker', commitId, count: 1 }],
});

/** What Prod runs after a promotion, by the promotion that made it: a go-back makes nothing. */
export async function madeBy(
  ledger: Pick<Ledger, 'promotion'>,
  promotion: Promotion | undefined,
): Promise<Promotion | undefined> {
  const to = promotion?.goBack?.to;
  return to === undefined ? promotion : ((await ledger.promotion(to)) ?? promotion);
}

/** The application's releases from what Prod runs back to a release, which is left out; newest first. */
export async function undoneReleases(
  ledger: Pick<Ledger, 'promotions'>,
  release: Promotion,
  live: Promotion,
): Promise<readonly ReviewedRelease[]> {
  const found: Promotion[] = [];
  for await (const page of promotionPages(ledger)) {
    for (const one of page)
      if (
        one.application === release.application &&
        one.deployments.prod !== undefined &&
        one.goBack === undefined &&
        one.promotionId !== live.promotionId &&
        Date.parse(one.startedAt) > Date.parse(release.startedAt) &&
        Date.parse(one.startedAt) < Date.parse(live.startedAt)
      )
        found.push(one);
    const oldest = page.at(-1);
    if (oldest === undefined || Date.parse(oldest.startedAt) < Date.parse(release.startedAt)) break;
  }
  return [live, ...found].slice(0, MOST_RELEASES).map(referenceTo);
}

/**
 * What a go-back undoes: the releases after the one that it promotes again.
 * @param live what Prod runs, by the promotion that made it
 * @throws ReleaseNotRecordedError
 */
export async function goBackReview(
  ledger: Pick<Ledger, 'promotion' | 'promotions'>,
  { to, reason, askedBy, prodImageId }: GoBack,
  live: Promotion,
): Promise<GoBackReview> {
  const release = await ledger.promotion(to);
  if (release === undefined)
    throw new ReleaseNotRecordedError(`The ledger has no promotion ${to}. Go back to another release.`);
  return {
    to: referenceTo(release),
    undone: await undoneReleases(ledger, release, live),
    reason,
    askedBy: askerName(askedBy),
    prodImageId,
  };
}
