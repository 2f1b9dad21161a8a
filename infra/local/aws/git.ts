import { type ChildProcess, execFile, spawn } from 'node:child_process';
import os from 'node:os';

/** A git command that failed; the message is git's own. */
export class GitCommandError extends Error {
  override readonly name = 'GitCommandError';
}

/** The largest archive that CodePipeline takes from CodeCommit is 1 GB. */
const LARGEST_OUTPUT_BYTES = 1024 ** 3;

/**
 * What git sees of this process's environment: no configuration, hooks or attributes of the machine, of the user or of the
 * repository's pushed content can make it run anything.
 */
const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  ...(process.env.SystemRoot !== undefined && { SystemRoot: process.env.SystemRoot }),
  HOME: os.devNull,
  XDG_CONFIG_HOME: os.devNull,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: os.devNull,
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
});

const safe = ['-c', 'safe.directory=*', '-c', `core.hooksPath=${os.devNull}`];

/** Starts a git command on a bare repository, without a shell, whose input and output are streams. */
export const spawnGit = (repository: string, command: string, ...args: readonly string[]): ChildProcess =>
  spawn('git', [...safe, command, ...args, repository], {
    env: environment(),
    stdio: ['pipe', 'pipe', 'ignore'],
  });

/**
 * Runs git on a bare repository, without a shell.
 * @returns the bytes that it printed
 * @throws GitCommandError
 */
export const gitBytes = (repository: string, ...args: readonly string[]): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    // No argument of a process can hold one.
    const withNul = args.find((arg) => arg.includes('\0'));
    if (withNul !== undefined)
      throw new GitCommandError(`git has no object of the name ${JSON.stringify(withNul)}.`);
    execFile(
      'git',
      [...safe, '--git-dir', repository, ...args],
      { env: environment(), encoding: 'buffer', maxBuffer: LARGEST_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else if (error.code === 'ENOENT')
          reject(new GitCommandError('git was not found. Install git, and see that it is on the PATH.'));
        else reject(new GitCommandError(stderr.toString('utf8').trim() || error.message));
      },
    );
  });

/** As `gitBytes`, as text without the last line break. */
export const gitText = async (repository: string, ...args: readonly string[]): Promise<string> =>
  (await gitBytes(repository, ...args)).toString('utf8').replace(/\n$/, '');
