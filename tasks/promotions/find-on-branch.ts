import type { Source, SourceCommit } from '../source/source.ts';
import { leadsTo } from './leads-to.ts';
import { orderedWithinSecond } from './order-within-second.ts';

/** A commit that is on the branch; or that it is not, with what the branch holds. */
type FoundOnBranch =
  | { readonly isFound: true; readonly commit: SourceCommit; readonly pushedAt?: string }
  | { readonly isFound: false; readonly head: string };

/**
 * Looks for a pushed commit on the promoted branch: at its head, or among those before it.
 * @param pushedAt ISO 8601; comes back ordered within its second
 */
export async function findOnBranch(
  { head: readHead, commits }: Pick<Source, 'head' | 'commits'>,
  commitId: string,
  pushedAt: string | undefined,
): Promise<FoundOnBranch> {
  const head = await readHead();
  if (head === undefined || !(await leadsTo(commits, commitId, head)))
    return { isFound: false, head: head ?? 'no commit' };
  const read = async (id: string) => (await commits([id]))[0];
  const commit = (await read(commitId)) ?? {};
  return {
    isFound: true,
    commit,
    ...(pushedAt && { pushedAt: await orderedWithinSecond(pushedAt, commit, read) }),
  };
}
