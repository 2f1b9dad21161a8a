import type { Source } from '../source/source.ts';

/** Commits that are looked at: more than anybody pushes while an event is on its way. */
const LOOKED_AT = 500;
/** Commits that are read with one call. */
const READ_TOGETHER = 100;

/** Whether a commit is the branch's head, or is found among those before it, the nearest first. */
export async function leadsTo(commits: Source['commits'], commitId: string, head: string): Promise<boolean> {
  const seen = new Set([head]);
  for (let level = [head]; level.length > 0; ) {
    if (level.includes(commitId)) return true;
    const before: string[] = [];
    for (let next = 0; next < level.length; next += READ_TOGETHER)
      for (const { parents = [] } of await commits(level.slice(next, next + READ_TOGETHER)))
        before.push(...parents);
    level = [];
    for (const id of before) {
      if (seen.has(id) || seen.size >= LOOKED_AT) continue;
      seen.add(id);
      level.push(id);
    }
  }
  return false;
}
