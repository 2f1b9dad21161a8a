/** Who a commit says wrote or committed it. Free text: anybody can write anything. */
interface SourceSignature {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  /** Seconds since the epoch and an offset, as git writes them: `1484167798 -0800`. */
  readonly date?: string | undefined;
}

/** A commit, as its repository has it. */
export interface SourceCommit {
  readonly commitId?: string | undefined;
  readonly parents?: readonly string[] | undefined;
  readonly author?: SourceSignature | undefined;
  readonly committer?: SourceSignature | undefined;
  readonly message?: string | undefined;
  /** Who built and pushed it, where the commit itself says so: user names, logins, ARNs or e-mail addresses. */
  readonly pushedBy?: readonly string[] | undefined;
}

/** A commit with its id. */
export interface NamedCommit extends SourceCommit {
  readonly commitId: string;
}

/** One file that differs between two commits. */
export interface ChangedFile {
  readonly path: string;
  readonly change: 'added' | 'changed' | 'removed';
}

/** The promoted branch was made to hold a commit, by the record of the repository's provider. */
export interface SourcePush {
  /** What the branch held afterwards. */
  readonly commitId: string;
  /** Who did it, as the provider knows them; an ARN if IAM does. Never empty. */
  readonly pushedBy: string;
  /** ISO 8601. */
  readonly pushedAt: string;
}

/** A file in a commit; undefined if there is none, or if it is too large to be read. */
export type ReadFile = (commitId: string, path: string) => Promise<Uint8Array | undefined>;

/** Where an application's commits come from: all that Lockstep asks of a repository, at any host. */
export interface Source {
  /** The commit that the promoted branch holds; undefined if there is no such branch. */
  readonly head: () => Promise<string | undefined>;
  /** Those commits, in any order; what does not exist is left out. */
  readonly commits: (commitIds: readonly string[]) => Promise<readonly SourceCommit[]>;
  /** What differs between two commits; from nothing if `before` is undefined. At most so many. */
  readonly differences: (
    before: string | undefined,
    after: string,
    most: number,
  ) => Promise<readonly ChangedFile[]>;
  /**
   * Who moved the promoted branch since then, in any order; what happened in the last minutes may not be recorded yet.
   * Absent where nobody records it. @throws if a record of this repository cannot be understood
   */
  readonly pushes?: (since: Date) => Promise<readonly SourcePush[]>;
}

/** A repository that is read by its provider's REST API. */
export interface ConnectedSource extends Required<Source> {
  readonly readFile: ReadFile;
}
