/** What `init` makes of a directory: how the application there is made ready, started and checked. */
export interface ApplicationKind {
  /** For people, such as `Node.js application`. */
  readonly title: string;
  /** What it was told by, such as `package.json`. */
  readonly because: string;
  /** Of the configuration. */
  readonly runtime: 'nodejs' | 'java' | 'python' | 'none';
  /** Shell lines that make it ready on the instance, in its directory. */
  readonly setup: readonly string[];
  /** Shell lines that check, before anything is installed, that it can run. */
  readonly requirements: readonly string[];
  /** Shell lines that start it in the foreground, in its directory. */
  readonly start: readonly string[];
  /** What a build makes that the commit lacks; absent if none is needed. */
  readonly build?: BuildSpec;
  /** Further files, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Where it listens, if it does not take PORT. @default 8080 */
  readonly port?: number;
  /** @default what the code seems to answer, else `/` */
  readonly healthCheckPath?: string;
  /** What people should look at. */
  readonly notes: readonly string[];
}

/** A build before the deployment, for buildspec.yml. */
export interface BuildSpec {
  readonly runtimeVersions: Readonly<Record<string, string>>;
  readonly commands: readonly string[];
  /** What it makes, as patterns. */
  readonly artifacts: readonly string[];
  /** Patterns of files that are not deployed. @default none */
  readonly excluded?: readonly string[];
}
