import { compareInventories, type PackageChange } from '../image-inventory/compare-inventories.ts';
import { imageObjectKey } from '../image-inventory/image-objects.ts';
import type { Inventory } from '../image-inventory/inventory.ts';
import { buildOf } from '../images/build-of.ts';
import { parsedJson } from '../json.ts';
import type { Job } from '../ledger/items.ts';
import type { ReviewedPackages } from './review.ts';

/** So many changes are listed: a page is to be read by people. */
const MOST_CHANGES = 150;

/** What somebody looks for first. */
const order: readonly PackageChange['change'][] = ['down', 'removed', 'added', 'other', 'up'];

/** The packages of the QAT image against those of what Prod runs. */
export function reviewPackages(prod: Inventory, qat: Inventory): ReviewedPackages {
  const { packages } = compareInventories(prod, qat);
  const of = (change: PackageChange['change']) => packages.filter((one) => one.change === change);
  return {
    total: qat.packages.length,
    count: {
      added: of('added').length,
      removed: of('removed').length,
      up: of('up').length,
      down: of('down').length,
      other: of('other').length,
    },
    changes: order.flatMap(of).slice(0, MOST_CHANGES),
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
