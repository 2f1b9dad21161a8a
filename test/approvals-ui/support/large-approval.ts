import { reviewPackages } from '../../../tasks/approvals/review-packages.ts';
import { reviewVulnerabilities } from '../../../tasks/approvals/review-vulnerabilities.ts';
import type { Approval } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { anApproval, aPromotion, aReview } from '../../tasks/doubles/samples.ts';
import { manyPackages, sampleInventory } from '../../tasks/image-inventory/sample-inventory.ts';
import { aFinding } from '../../tasks/vulnerabilities/sample-findings.ts';

/** Packages of each image: as a whole distribution has. */
export const PACKAGES = 3000;
/** Promotions in the ledger. */
export const PROMOTIONS = 500;

const FINDINGS = 400;
/** Vulnerabilities that each package had before. */
const FIXES = 8;

/** A request about an image of which every package is a security update against Prod's, with many new vulnerabilities. */
export const aLargeApproval = (change: Partial<Approval> = {}): Approval => {
  const packages = manyPackages(PACKAGES);
  const before = packages.map((one) => ({ ...one, version: `0.${one.version}` }));
  const now = Array.from({ length: FINDINGS }, (_, index) => aFinding(`CVE-2026-${10_000 + index}`));
  const fixed = Array.from({ length: FIXES }, (_, index) =>
    aFinding(`CVE-2025-${10_000 + index}`, { packages: before }),
  );
  const images = { before: sampleInventory({ packages: before }), now: sampleInventory({ packages }) };
  return anApproval({
    review: aReview({
      packages: reviewPackages(images, { before: fixed, now }),
      vulnerabilities: reviewVulnerabilities(fixed, now),
    }),
    ...change,
  });
};

/** Adds so many promotions that ended before. */
export async function addEarlierPromotions(
  ledger: Pick<Ledger, 'addPromotion'>,
  change: { readonly application?: string } = {},
): Promise<void> {
  for (let number = 1; number <= PROMOTIONS; number++)
    await ledger.addPromotion(
      aPromotion({
        ...change,
        promotionId: `earlier-${number}`,
        commitId: number.toString(16).padStart(40, '0'),
        status: 'REJECTED',
        startedAt: new Date(Date.UTC(2026, 9, 1) + number * 3_600_000).toISOString(),
      }),
    );
}
