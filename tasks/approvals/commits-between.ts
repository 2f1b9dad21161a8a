import type { Commit } from '@aws-sdk/client-codecommit';

/** Reads commits; those that do not exist are left out. */
export type ReadCommits = (commitIds: readonly string[]) => Promise<readonly Commit[]>;

/** The commits of a change. */
export interface CommitRange {
  /** Newest first. */
  readonly commits: readonly Commit[];
  /** Whether the search was given up before all were found. */
  readonly hasMore: boolean;
}

const dateOf = ({ committer }: Commit): number => Number((committer?.date ?? '').split(' ')[0]) || 0;

/**
 * The commits that lead to `head` and not to `base`, as `git log base..head` lists them: both histories are followed, newest
 * first, until what is left leads to both.
 * @param base what is in Prod; without it, every commit counts
 * @param most commits that are read at most, of both histories together
 */
export async function commitsBetween(
  read: ReadCommits,
  head: string,
  base: string | undefined,
  most: number,
): Promise<CommitRange> {
  const known = new Map<string, Commit>();
  const ofBase = new Set<string>();
  const waiting = new Set<string>();
  // Of commits of the same second, the base's are followed first: they show which others Prod has.
  const sideOf = ({ commitId = '' }: Commit): number => (ofBase.has(commitId) ? 1 : 0);
  const done: Commit[] = [];

  const add = async (ids: readonly string[]): Promise<void> => {
    const missing = [...new Set(ids)].filter((id) => !known.has(id));
    for (const commit of missing.length > 0 ? await read(missing) : [])
      if (commit.commitId !== undefined) {
        known.set(commit.commitId, commit);
        waiting.add(commit.commitId);
      }
  };
  /** Marks a commit and all its known ancestors. */
  const mark = (ids: readonly string[]): void => {
    const rest = [...ids];
    for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
      if (ofBase.has(id)) continue;
      ofBase.add(id);
      rest.push(...(known.get(id)?.parents ?? []));
    }
  };

  if (base !== undefined) mark([base]);
  await add(base === undefined ? [head] : [head, base]);
  // The base's own history goes on being read for as long as anything else is left: it may lead to it.
  while ([...waiting].some((id) => !ofBase.has(id))) {
    if (known.size > most) return { commits: changed(done, ofBase), hasMore: true };
    const [newest] = [...waiting]
      .flatMap((id) => known.get(id) ?? [])
      .sort((a, b) => dateOf(b) - dateOf(a) || sideOf(b) - sideOf(a));
    const id = newest?.commitId;
    if (newest === undefined || id === undefined) break;
    waiting.delete(id);
    done.push(newest);
    const parents = newest.parents ?? [];
    if (ofBase.has(id)) mark(parents);
    await add(parents);
  }
  return { commits: changed(done, ofBase), hasMore: false };
}

const changed = (commits: readonly Commit[], ofBase: ReadonlySet<string>): Commit[] =>
  commits.filter(({ commitId = '' }) => !ofBase.has(commitId));
