import { unknownShape } from './provider-api.ts';
import type { NamedCommit, Source, SourceCommit } from './source.ts';

/** Commits that are kept at most; more are read again. */
const MOST_KEPT = 20_000;

/** A commit and some of those before it, and the path that they were asked by. */
interface Page {
  readonly path: string;
  readonly commits: readonly NamedCommit[];
}

/**
 * Reads commits with those before them, and keeps these: who asks for one asks for its parents next.
 * @param read gives undefined for a commit that does not exist
 */
export const aheadReader = (
  provider: string,
  read: (commitId: string) => Promise<Page | undefined>,
): Source['commits'] => {
  const known = new Map<string, SourceCommit>();
  const readAhead = async (commitId: string): Promise<void> => {
    const page = await read(commitId);
    if (page === undefined) return;
    if (!page.commits.some((one) => one.commitId === commitId))
      throw unknownShape(provider, page.path, `lacks ${commitId}`);
    if (known.size >= MOST_KEPT) known.clear();
    for (const commit of page.commits) known.set(commit.commitId, commit);
  };
  return async (commitIds) => {
    const found: SourceCommit[] = [];
    for (const commitId of commitIds) {
      if (!known.has(commitId)) await readAhead(commitId);
      found.push(...[known.get(commitId) ?? []].flat());
    }
    return found;
  };
};
