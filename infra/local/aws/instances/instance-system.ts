import type { ScriptEnd } from './process-groups.ts';

/**
 * An absolute path on an instance. Linux has bytes there, in no encoding: each stands as a character from U+0000 to U+00FF, so that
 * paths can be joined and compared as text and stay what they are.
 */
export type BytePath = string & { readonly isBytePath: true };

/** The path that a text means: its UTF-8 bytes. */
export const bytePath = (text: string): BytePath => Buffer.from(text, 'utf8').toString('latin1') as BytePath;

/** A path's bytes, as calls of the file system take them. */
export const bytesOf = (file: BytePath): Buffer => Buffer.from(file, 'latin1');

/** A path for people. */
export const textOf = (file: BytePath): string => bytesOf(file).toString('utf8');

/** Whether a path leads to a file or a directory, links followed. */
export type FileKind = 'file' | 'directory';

/** What lies in a tree, parents first. */
export interface TreeEntry {
  readonly path: BytePath;
  /** Of a link, what it leads to; of one that leads nowhere, `file`. */
  readonly kind: FileKind;
  /** Where a link leads, as it is written there. A link to a directory is listed as that directory. */
  readonly target?: BytePath;
}

/** A change of an instance's files. */
export type FileChange =
  /** Fails if something is there. */
  | { readonly kind: 'directory'; readonly path: BytePath }
  /** Writes into the file that is there, or through the link; with the source's mode, times and, by root, owner. */
  | { readonly kind: 'copy'; readonly from: BytePath; readonly path: BytePath }
  /** Fails if something is there. */
  | { readonly kind: 'link'; readonly target: BytePath; readonly path: BytePath }
  /** Deletes a file, a link, or a directory that is empty. What is not there, or not empty, is left. */
  | { readonly kind: 'remove'; readonly path: BytePath }
  | { readonly kind: 'mode'; readonly path: BytePath; readonly mode: number }
  /** Lets everybody execute a file that nobody may execute. */
  | { readonly kind: 'executable'; readonly path: BytePath }
  | { readonly kind: 'owner'; readonly path: BytePath; readonly owner?: string; readonly group?: string }
  /** Entries as `setfacl` takes them, beside those that follow from the mode. */
  | { readonly kind: 'acl'; readonly path: BytePath; readonly entries: readonly string[] }
  | {
      readonly kind: 'context';
      readonly path: BytePath;
      readonly user?: string;
      readonly type: string;
      readonly range?: string;
    };

/** A change could not be made. */
export class FileChangeError extends Error {
  override readonly name = 'FileChangeError';

  /** @param done how many changes of the list were made before */
  constructor(
    message: string,
    readonly done: number,
  ) {
    super(message);
  }
}

/** Files of an instance. */
export interface InstanceFiles {
  /** Of these paths those that lead somewhere. */
  readonly kindsOf: (files: readonly BytePath[]) => Promise<ReadonlyMap<BytePath, FileKind>>;
  /** A file or directory with everything below it; nothing if it is not there. @throws Error for links in a circle */
  readonly tree: (file: BytePath) => Promise<readonly TreeEntry[]>;
  /** Makes changes in order. @throws FileChangeError at the first that fails */
  readonly apply: (changes: readonly FileChange[]) => Promise<void>;
  /** Deletes directories with everything below them; what is not there is no fault. */
  readonly deleteTrees: (directories: readonly BytePath[]) => Promise<void>;
}

/** A command to run on an instance, in the directory `/`. */
export interface InstanceCommand {
  /** Names its processes, so that they can be ended. */
  readonly label: string;
  readonly file: BytePath;
  /** @default the agent's user */
  readonly user?: string;
  /** Beside what the instance itself gives every process. */
  readonly env: Readonly<Record<string, string>>;
  /** File of this machine to which its output is appended. */
  readonly log: string;
  readonly timeoutMs: number;
}

/**
 * How CodeDeploy's agent reaches into an instance, no matter what stands for it on this machine. The agent's own directory,
 * `/opt/codedeploy-agent`, is also a directory of this machine (`agentRoot`): bundles are unpacked and logs written there.
 */
export interface InstanceSystem {
  readonly agentRoot: string;
  /**
   * Whether it has users of its own and the agent is root. If not, everything belongs to the user who runs the emulator: commands run as
   * that user, and no owners, ACLs or contexts are set.
   */
  readonly hasUsers: boolean;
  /** Whether its kernel has SELinux, whose contexts can be set. */
  readonly hasContexts: boolean;
  readonly files: InstanceFiles;
  /** Runs a command until it and its outputs have ended. */
  readonly run: (command: InstanceCommand) => Promise<ScriptEnd>;
}
