import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A git command failed; the message is git's own. */
export class GitError extends Error {
  override readonly name = 'GitError';
}

/** There is no git on this machine. */
export class GitMissingError extends Error {
  override readonly name = 'GitMissing';
}

/**
 * Makes sure that git can be run.
 * @throws GitMissingError
 */
export const requireGit = async (): Promise<void> => {
  await git('.', ['--version']);
};

/**
 * Runs git in a directory, without a shell and without the caller's GIT_* variables.
 * @returns what it printed to standard output, trimmed
 * @throws GitError, GitMissingError
 */
export const git = async (
  directory: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')),
  );
  try {
    const { stdout } = await execute('git', ['-C', directory, ...args], {
      env: { ...inherited, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', ...environment },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trim();
  } catch (error) {
    const { stderr, code, message } = error as Error & { stderr?: string; code?: string | number };
    if (code === 'ENOENT')
      throw new GitMissingError(
        'git was not found, and pushes go through it. Install git, see that it is on the PATH, and start again.',
      );
    throw new GitError(stderr?.trim() || message);
  }
};
