import type { SourcePush } from './source.ts';

/** A push to branches, as GitLab's events have it. */
export interface PushEvent {
  /** User name of the account; undefined if GitLab no longer has it. */
  readonly author: string | undefined;
  /** In ms. */
  readonly at: number;
  /**
   * The branch that it moved; zeros for no commit. Absent in a bulk push: an event of a push to more than three branches names none of
   * them ("Push event activities limit and bulk push events").
   */
  readonly moved?: { readonly branch: string; readonly before: string; readonly after: string };
}

const isNothing = (commitId: string): boolean => /^0+$/.test(commitId);

/**
 * Who moved a branch, by events in the order in which they happened. Each event names the commit before it as well. Where that is not
 * what the one before left, somebody moved the branch in between: everybody who made a bulk push then may have.
 * @param unclear the error for a move that nobody can be named for
 * @throws what `unclear` gives
 */
export function pushesTo(
  branch: string,
  events: readonly PushEvent[],
  unclear: (what: string) => Error,
): readonly SourcePush[] {
  const found: SourcePush[] = [];
  let held: string | undefined;
  let bulk: PushEvent[] = [];
  const add = ({ author, at }: PushEvent, commitId: string): void => {
    if (isNothing(commitId)) return;
    const pushedAt = new Date(at).toISOString();
    if (author === undefined)
      throw unclear(`The account that moved ${branch} to ${commitId} at ${pushedAt} no longer exists`);
    found.push({ commitId, pushedBy: author, pushedAt });
  };
  for (const event of events) {
    if (event.moved === undefined) bulk.push(event);
    if (event.moved?.branch !== branch) continue;
    const { before, after } = event.moved;
    if (held !== before) {
      if (held !== undefined && bulk.length === 0)
        throw unclear(`No event tells who moved ${branch} from ${held} to ${before}`);
      for (const one of bulk) add(one, before);
    }
    bulk = [];
    add(event, after);
    held = after;
  }
  return found;
}
