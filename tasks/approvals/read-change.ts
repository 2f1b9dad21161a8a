import type { Source } from '../source/source.ts';
import { type CommitRecord, recordOf } from './commit-record.ts';

/** The commits of a change cannot all be read: nobody is asked about a part of it. */
class ChangeNotReadError extends Error {
  override readonly name = 'ChangeNotRead';
}

/** Records of an application's commits that were read for earlier requests. What a commit's id names never changes. */
export interface KeptCommits {
  readonly load: () => Promise<readonly CommitRecord[]>;
  /** Safe to repeat. */
  readonly save: (records: readonly CommitRecord[]) => Promise<void>;
}

/** Of revisions whose commits are not known, there is nothing to keep. */
export const nothingKept: KeptCommits = { load: async () => [], save: async () => undefined };

/** Where a change is read from. */
export interface ChangeSources {
  readonly commits: Source['commits'];
  readonly kept: KeptCommits;
  /** Whether to stop reading, before the function itself is stopped. */
  readonly isTimeUp: () => boolean;
}

/** Most commits that BatchGetCommits takes (its API reference). */
const READ_TOGETHER = 100;
/** Commits that are read before they are kept: as much is read again at most after an interruption. */
const SAVED_TOGETHER = 500;

/**
 * All commits that lead to `head` and not to `base`, over all parents, as `git rev-list head ^base` lists them: the makers of
 * each made a part of the change. Dates do not matter: anybody can write them. Those nearest to `head` come first.
 * @param base what is in Prod; without it, or if the repository no longer has it, every commit counts
 * @throws ChangeNotReadError if a commit is missing, or time is up; what was read by then is kept
 */
export async function readChange(
  { commits, kept, isTimeUp }: ChangeSources,
  head: string,
  base: string | undefined,
): Promise<readonly CommitRecord[]> {
  const known = new Map((await kept.load()).map((record) => [record.commitId, record]));
  let unsaved: CommitRecord[] = [];
  const save = async (): Promise<void> => {
    const records = unsaved;
    unsaved = [];
    if (records.length > 0) await kept.save(records);
  };
  const read = async (ids: readonly string[]): Promise<void> => {
    if (isTimeUp())
      throw new ChangeNotReadError(
        `Commit ${head} has more commits before it than could be read in one attempt: ${known.size} are read and kept. ` +
          'Redrive: reading continues with the others.',
      );
    for (const record of (await commits(ids)).map(recordOf)) {
      known.set(record.commitId, record);
      unsaved.push(record);
    }
    if (unsaved.length >= SAVED_TOGETHER) await save();
  };
  /** A commit and everything before it. @param canMiss whether a commit may be missing */
  const ancestors = async (from: string, canMiss: boolean): Promise<ReadonlySet<string>> => {
    const found = new Set([from]);
    for (let level = [from]; level.length > 0; ) {
      const unread = level.filter((id) => !known.has(id));
      for (let next = 0; next < unread.length; next += READ_TOGETHER)
        await read(unread.slice(next, next + READ_TOGETHER));
      const missing = unread.find((id) => !known.has(id));
      if (missing !== undefined && !canMiss)
        throw new ChangeNotReadError(
          `The repository has no commit ${missing}, which ${head} ${missing === head ? 'is' : 'follows'}. ` +
            'Restore it and redrive, or push a commit whose whole history is there.',
        );
      const before = level.flatMap((id) => known.get(id)?.parents ?? []);
      level = [];
      for (const id of before) {
        if (found.has(id)) continue;
        found.add(id);
        level.push(id);
      }
    }
    return found;
  };

  try {
    const leading = await ancestors(head, false);
    // What Prod runs nearly always leads to the head: then all of this is read already.
    const live = base === undefined ? new Set<string>() : await ancestors(base, true);
    return [...leading].flatMap((id) => (live.has(id) ? [] : (known.get(id) ?? [])));
  } finally {
    // If this fails too, the same commits are read again.
    await save().catch(() => undefined);
  }
}
