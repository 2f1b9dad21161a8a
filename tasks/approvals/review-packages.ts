import { compareInventories, type PackageChange } from '../image-inventory/compare-inventories.ts';
import type { Inventory } from '../image-inventory/inventory.ts';
import { type FindingsOfBoth, markFixes } from '../vulnerabilities/security-updates.ts';
import type { ReviewedPackages } from './review.ts';

/** So many changes are listed: a page is to be read by people. */
const MOST_CHANGES = 150;
/** Vulnerabilities of one package that are named; the list of vulnerabilities has more. */
const MOST_FIXES = 5;

/** What somebody looks for first; updates follow, those of security before the others. */
const order: readonly PackageChange['change'][] = ['down', 'removed', 'added', 'other'];

/** So many of a Prod image against the approved QAT image, beside those of the QAT image against what Prod runs. */
export const MOST_IMAGE_CHANGES = 40;

/** The packages of one image (`now`) against those of another (`before`). @param most so many are listed */
export function reviewPackages(
  images: { readonly before: Inventory; readonly now: Inventory },
  findings: FindingsOfBoth,
  most = MOST_CHANGES,
): ReviewedPackages {
  const packages = markFixes(compareInventories(images.before, images.now).packages, findings);
  const security = packages.filter((one) => one.fixes !== undefined);
  const of = (change: PackageChange['change']) => packages.filter((one) => one.change === change);
  return {
    total: images.now.packages.length,
    count: {
      added: of('added').length,
      removed: of('removed').length,
      up: of('up').length,
      down: of('down').length,
      other: of('other').length,
    },
    ...(security.length > 0 && { securityUpdates: security.length }),
    changes: [
      ...order.flatMap(of),
      ...security.map((one) => ({ ...one, fixes: one.fixes?.slice(0, MOST_FIXES) ?? [] })),
      ...of('up').filter(({ fixes }) => fixes === undefined),
    ].slice(0, most),
  };
}
