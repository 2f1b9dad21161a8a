import { compareInventories, type PackageChange } from '../image-inventory/compare-inventories.ts';
import { imageObjectKey } from '../image-inventory/image-objects.ts';
import type { Inventory } from '../image-inventory/inventory.ts';
import { buildOf } from '../images/build-of.ts';
import { parsedJson } from '../json.ts';
import type { Job } from '../ledger/items.ts';
import { type FindingsOfBoth, markFixes } from '../vulnerabilities/security-updates.ts';
import type { ReviewedPackages } from './review.ts';

/** So many changes are listed: a page is to be read by people. */
const MOST_CHANGES = 150;
/** Vulnerabilities of one package that are named; the list of vulnerabilities has more. */
const MOST_FIXES = 5;

/** What somebody looks for first; updates follow, those of security before the others. */
const order: readonly PackageChange['change'][] = ['down', 'removed', 'added', 'other'];

/** The packages of the QAT image (`now`) against those of what Prod runs (`before`). */
export function reviewPackages(
  images: { readonly before: Inventory; readonly now: Inventory },
  findings: FindingsOfBoth,
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
    ].slice(0, MOST_CHANGES),
  };
}

/**
 * Reads the inventory of an image that a promotion built.
 * @param jobs of that promotion
 * @param read text of an object in the evidence bucket
 * @throws Error if it is not there
 */
export async function readInventory(
  jobs: readonly Job[],
  imageId: string,
  read: (objectKey: string) => Promise<string | undefined>,
): Promise<Inventory> {
  const build = buildOf(jobs, imageId);
  const inventory = build?.output?.inventory;
  if (build === undefined || inventory === undefined)
    throw new Error(`the contents of ${imageId} were not recorded when it was built`);
  const text = await read(imageObjectKey(build.application, imageId, inventory, 'inventory.json'));
  if (text === undefined) throw new Error(`the evidence bucket does not have the contents of ${imageId}`);
  return parsedJson(text) as Inventory;
}
