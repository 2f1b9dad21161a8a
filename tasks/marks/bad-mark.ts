import type { Asker } from '../payloads.ts';

/** Somebody marked something bad, or unmarked it. */
export interface MarkChange {
  readonly by: Asker;
  /** ISO 8601. */
  readonly at: string;
  readonly reason: string;
}

/** One time that something was marked bad. */
export interface Marking extends MarkChange {
  /** The promotion that went back from the commit, if its success marked it; `by` is who asked to go back. */
  readonly goBack?: string;
  /** Absent while it is bad. */
  readonly unmarked?: MarkChange;
}

/** What is marked bad: a commit, an AMI, or a package in one version. */
export type BadSubject =
  | { readonly commitId: string }
  | { readonly imageId: string }
  | {
      /** Name in lower case, and version: `openssl@3.2.2`. The version is compared as `isVersionOf` does. */
      readonly packageVersion: string;
    };

/** Something that was marked bad. It stays when it is unmarked. */
export type BadMark = BadSubject & {
  readonly application: string;
  /** In the order in which they were made, at least one; the last says whether it is bad. The oldest of very many are gone. */
  readonly markings: readonly Marking[];
  /** Set until the evidence of the promotions that it hits has the last change. */
  readonly isUnrecorded?: true;
};
