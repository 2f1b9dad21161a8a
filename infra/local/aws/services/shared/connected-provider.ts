/** A commit behind a connection. */
interface ConnectedCommit {
  readonly author: { readonly name: string; readonly email: string; readonly seconds: number };
  readonly message: string;
}

/** The provider that connections lead to. */
export interface ConnectedProvider {
  /** The commit of a branch; undefined if there is none. */
  readonly head: (repository: string, branch: string) => Promise<string | undefined>;
  readonly commit: (repository: string, commitId: string) => Promise<ConnectedCommit | undefined>;
  /** Its files, as a zip archive. */
  readonly archive: (repository: string, commitId: string) => Promise<Uint8Array>;
}
