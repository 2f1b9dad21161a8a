import type { SourceCommit } from '../source/source.ts';

/** Commits made longer than this before the push, in ms, are taken to have been pushed earlier. */
const RECENT_MS = 10 * 60 * 1000;
/** How many commits are looked at. If they all are recent, the order stays open rather than wrong. */
const LOOKED_AT = 50;

/** CodeCommit's dates are seconds since the epoch and an offset: `1484167798 -0800`. */
const madeAt = ({ committer }: SourceCommit): number => Number.parseInt(committer?.date ?? '', 10) * 1000;

/**
 * A push's time made finer: events have whole seconds, and several pushes may share one. Each commit counts a
 * millisecond more than the one that it was made upon, so that of one second's pushes the newest commit is the newest.
 * @param pushedAt of the event, ISO 8601
 * @param head the pushed commit
 * @param parent reads a commit of the same repository
 * @returns ISO 8601, in the same second
 */
export async function orderedWithinSecond(
  pushedAt: string,
  head: SourceCommit,
  parent: (commitId: string) => Promise<SourceCommit | undefined>,
): Promise<string> {
  const second = Date.parse(pushedAt);
  let before = 0;
  for (let commit: SourceCommit | undefined = head; before < LOOKED_AT; before++) {
    const first: string | undefined = commit?.parents?.[0];
    commit = first === undefined ? undefined : await parent(first);
    if (commit === undefined || !(madeAt(commit) > second - RECENT_MS)) break;
  }
  return new Date(second - (second % 1000) + before).toISOString();
}
