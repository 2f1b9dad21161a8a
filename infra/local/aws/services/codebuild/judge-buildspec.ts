import path from 'node:path/posix';
import { reachesBelow, takesFile } from './artifact-files.ts';
import { BuildspecError, parseBuildspec } from './buildspec.ts';

/** What is wrong with a buildspec. */
export interface BuildspecFault {
  readonly fault: string;
  /** Whether CodeBuild can follow it, and this emulator alone cannot. */
  readonly isHereAlone: boolean;
}

/** What a buildspec does, as far as its text tells. */
export interface JudgedBuildspec {
  /** Of all phases. */
  readonly commands: readonly string[];
  /** Absent if it names nothing that the build makes. */
  readonly artifacts?: {
    /** Normalized; `.` is the commit's own. */
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
  };
}

/** Reads a buildspec as a build does. Nothing is run. */
export function judgeBuildspec(text: string): BuildspecFault | JudgedBuildspec {
  try {
    const { phases, artifacts } = parseBuildspec(text);
    const commands = phases.flatMap((phase) => [...phase.commands, ...phase.finally]);
    if (artifacts === undefined) return { commands };
    return {
      commands,
      artifacts: {
        baseDirectory: path.join(artifacts.baseDirectory, '.').replace(/\/$/, ''),
        discardsPaths: artifacts.discardsPaths,
        patterns: artifacts.files.map((text) => ({
          text,
          takes: takesFile(text, artifacts),
          reachesBelow: (directory) => reachesBelow(text, directory),
        })),
      },
    };
  } catch (error) {
    if (!(error instanceof BuildspecError)) throw error;
    return { fault: error.message, isHereAlone: error.isHereAlone };
  }
}
