import { buildOf } from '../images/build-of.ts';
import { parsedJson } from '../json.ts';
import type { Job } from '../ledger/items.ts';
import type { Inventory } from './inventory.ts';
import { type ReadObject, readRecorded } from './read-document.ts';

/**
 * Reads the inventory of an image that a promotion built.
 * @param jobs of that promotion
 * @throws Error if it is not there, or is not the one that the promotion recorded
 */
export async function readInventory(
  jobs: readonly Job[],
  imageId: string,
  read: ReadObject,
): Promise<Inventory> {
  const build = buildOf(jobs, imageId);
  const digest = build?.output?.inventory;
  if (build === undefined || digest === undefined)
    throw new Error(`the contents of ${imageId} were not recorded when it was built`);
  return parsedJson(
    await readRecorded(build, imageId, 'inventory.json', digest, 'contents', read),
  ) as Inventory;
}
