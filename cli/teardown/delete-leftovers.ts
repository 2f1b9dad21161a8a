import { utcTime } from '../../tasks/words.ts';
import { CommandError } from '../system.ts';
import type { Account } from './account.ts';
import { belongsTo, type Target } from './stacks.ts';
import { inLeftoverOrder, isEvidence, isKey, type Leftover, type LeftoverKind } from './stays.ts';
import type { Waiting } from './waits.ts';

/** Everything that is left of a target here: what its deleted stacks retained, and an application's images. */
export async function findLeftovers(account: Account, target: Target): Promise<readonly Leftover[]> {
  const found = new Map<string, Leftover>();
  if (target !== 'platform')
    for (const image of await account.leftovers.images(target.application)) found.set(image.id, image);
  for (const { name, id } of await account.deletedStacks()) {
    if (!belongsTo(target, name)) continue;
    for (const { type, physicalId, logicalId, status } of await account.resources(id)) {
      if (status !== 'DELETE_SKIPPED') continue;
      const leftover = { type, id: physicalId, logicalId };
      // A bucket and its policy have the same id.
      const key = `${type} ${physicalId}`;
      if (!found.has(key) && (await account.leftovers.exists(leftover))) found.set(key, leftover);
    }
  }
  return [...found.values()];
}

/**
 * Makes sure that all evidence can be deleted, and takes away the policy that denies it.
 * @throws CommandError if a record is locked: then nothing was deleted
 */
export async function unlockEvidence(
  { leftovers }: Account,
  evidence: readonly Leftover[],
  now: Date,
): Promise<void> {
  const buckets = evidence.filter(({ type }) => type === 'AWS::S3::Bucket').map(({ id }) => id);
  for (const bucket of buckets) {
    const { versions, locked, until } = await leftovers.locks(bucket, now);
    if (locked > 0 && until)
      throw new CommandError(
        `${locked} of ${versions} sealed records in ${bucket} are under Object Lock, the last until ${utcTime(until.toISOString())}. ` +
          'Until then they cannot be deleted, and their keys and the ledger stay with them. Nothing was deleted. Run this again after that time.',
      );
  }
  for (const bucket of buckets)
    try {
      await leftovers.removePolicy(bucket);
    } catch (error) {
      const { name, message } = error as Error;
      throw new CommandError(
        `The policy of ${bucket} denies deleting to everybody: ${name}: ${message}. ` +
          'Nothing was deleted. Use the role of the configuration key breakGlassRole, or the root user of the account.',
      );
    }
}

/** What became of leftovers. */
export interface Deleted {
  readonly deleted: readonly Leftover[];
  readonly failed: readonly { readonly leftover: Leftover; readonly reason: string }[];
  /** Keys that stay, as something stays that they may encrypt. */
  readonly keptKeys: readonly Leftover[];
}

/**
 * Deletes leftovers, keys last: a key must not be scheduled while what it encrypts stays (T60). What fails does not keep the others
 * from being deleted, except the keys.
 */
export async function deleteLeftovers(
  account: Account,
  target: Target,
  kind: LeftoverKind,
  all: readonly Leftover[],
  tell: Waiting['tell'],
): Promise<Deleted> {
  const deleted: Leftover[] = [];
  const failed: { leftover: Leftover; reason: string }[] = [];
  const keptKeys: Leftover[] = [];
  for (const leftover of inLeftoverOrder(target, kind, all)) {
    if (isKey(leftover) && failed.length > 0) {
      keptKeys.push(leftover);
      continue;
    }
    try {
      await account.leftovers.remove(leftover);
      deleted.push(leftover);
      tell(
        isKey(leftover)
          ? `Scheduled ${leftover.id} for deletion: it can be restored for 7 days.`
          : `Deleted ${leftover.type} ${leftover.id}.`,
      );
    } catch (error) {
      const { name, message } = error as Error;
      const reason = name === 'CommandError' ? message : `${name}: ${message}`;
      failed.push({ leftover, reason });
      tell(`${leftover.type} ${leftover.id} stays: ${reason}`);
    }
  }
  return { deleted, failed, keptKeys };
}

/** The evidence among what is left. */
export const evidenceOf = (target: Target, all: readonly Leftover[]): readonly Leftover[] =>
  all.filter((one) => isEvidence(target, one));
