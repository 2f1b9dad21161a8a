/** The state directory cannot be used as it is. */
export class StateDirectoryError extends Error {
  override readonly name = 'StateDirectoryError';
}

/** What the operating system's codes mean for a state directory, and what helps. */
const problems: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space'],
  EDQUOT: ['your quota of the disk is used up', 'Free some space'],
  EROFS: ['it lies in a file system that is read-only', 'Make that writable'],
  EACCES: ['you may not read or write there', 'Allow it'],
  EPERM: ['you may not read or write there', 'Allow it'],
  ENOTDIR: ['a part of its path is a file and no directory', 'Move that file away'],
  EEXIST: ['it is a file and no directory', 'Move that file away'],
  EISDIR: ['it is a directory and no file', 'Move that directory away'],
  EIO: ['the disk reports an error', 'Check the disk'],
};

/** An error of the operating system on a path of the state directory, in words; other errors stay as they are. */
export const asStateDirectoryError = (file: string, error: unknown): unknown => {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof StateDirectoryError || code === undefined) return error;
  const [problem, remedy] = problems[code] ?? ['the operating system says why', 'Put that right'];
  return new StateDirectoryError(
    `${file} cannot be used: ${problem} (${message}). ${remedy}, or start with another --state-dir.`,
  );
};

/**
 * Works on a path of the state directory.
 * @throws StateDirectoryError saying what the path lacks to be used
 */
export const usable = <Result>(file: string, use: () => Result): Result => {
  try {
    return use();
  } catch (error) {
    throw asStateDirectoryError(file, error);
  }
};
