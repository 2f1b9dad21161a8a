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
  /** Path of the buildspec by which CodeBuild makes what is deployed. @default the commit itself is deployed */
  readonly buildspec?: string;
  /** Whether the image starts from the team's own one, or gets components of theirs: what is in these is not known here. */
  readonly hasOwnImage: boolean;
}

/** What is read of a buildspec. */
export type JudgedBuildspec =
  | {
      readonly fault: string;
      /** Whether CodeBuild can follow it, and the local run alone cannot. */
      readonly isHereAlone: boolean;
    }
  | {
      /** Of all phases. */
      readonly commands: readonly string[];
      /** Absent if it names nothing that the build makes. */
      readonly artifacts?: BuiltFiles;
    };

/** The files of a build's archive. */
export interface BuiltFiles {
  /** `.` is the commit's own. */
  readonly baseDirectory: string;
  /** Whether all files lie side by side in the archive. */
  readonly discardsPaths: boolean;
  readonly patterns: readonly {
    readonly text: string;
    /** Whether a file comes into the archive, by its path below the base directory. */
    readonly takes: (name: string) => boolean;
    /** Whether something below a directory may come into it. */
    readonly reachesBelow: (directory: string) => boolean;
  }[];
}

/**
 * `error`: CodeBuild or CodeDeploy would fail. `warning`: it is likely to go wrong. `note`: worth knowing.
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
