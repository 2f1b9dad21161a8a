import type { Asker } from '../payloads.ts';

/** Somebody marked a commit bad, or unmarked it. */
export interface MarkChange {
  readonly by: Asker;
  /** ISO 8601. */
  readonly at: string;
  readonly reason: string;
}

/** One time that a commit was marked bad. */
export interface Marking extends MarkChange {
  /** The promotion that went back from the commit, if its success marked it; `by` is who asked to go back. */
  readonly goBack?: string;
  /** Absent while the commit is bad. */
  readonly unmarked?: MarkChange;
}

/** A commit that was marked bad. It stays when it is unmarked. */
export interface BadMark {
  readonly application: string;
  readonly commitId: string;
  /** In the order in which they were made, at least one; the last says whether the commit is bad. The oldest of very many are gone. */
  readonly markings: readonly Marking[];
  /** Set until the evidence of the commit's promotions has the last change. */
  readonly isUnrecorded?: true;
}
