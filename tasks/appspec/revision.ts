/** A file of a revision, as far as the checks look at it. */
export interface RevisionFile {
  /** From the root of the revision. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly isExecutable: boolean;
  /** Absent for what is not text, or too much of it. */
  readonly text?: string;
}

/** What of an application's configuration the checks compare a revision with. */
export interface ConfiguredApplication {
  readonly name: string;
  readonly port: number;
  readonly healthCheckPath: string;
  /** `nodejs`, `java`, `python`, or another one that brings none of these. */
  readonly runtime: string;
  /** Packages that the image gets beside the runtime. */
  readonly packages: readonly string[];
  /** Whether the image starts from the team's own one, or gets components of theirs: what is in these is not known here. */
  readonly hasOwnImage: boolean;
}

/**
 * `error`: CodeDeploy would fail. `warning`: it is likely to go wrong. `note`: worth knowing.
 */
export type Severity = 'error' | 'warning' | 'note';

/** What a check found. */
export interface Finding {
  readonly severity: Severity;
  readonly file: string;
  /** The first is 1. */
  readonly line?: number;
  /** The lifecycle event that fails, or would. */
  readonly event?: string;
  /** What is wrong, with the value, and what to do. */
  readonly text: string;
}
