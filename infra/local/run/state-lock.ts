import fs from 'node:fs';
import path from 'node:path';
import {
  isSameProcess,
  listProcesses,
  type ProcessIdentity,
  StateDirectoryError,
} from '@lockstep/aws-emulator';
import { pause } from './follow.ts';

/** How long a process that is ending may take to give the directory free, in ms. */
const PATIENCE_MS = 5_000;

/** Two starts at the same moment may each remove what the other one wrote; one of them gives up. */
const MOST_TAKE_OVERS = 3;

/** What the lock says: which process holds it. */
const lockText = ({ pid, startedAt }: ProcessIdentity): string => `${pid} ${startedAt}\n`;

/** The process that the lock names, if it still runs; none if the lock was torn, or its number now is another process's. */
const holderOf = (file: string): number | undefined => {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const [, pid, startedAt] = /^(\d+) (.+)\n$/.exec(text) ?? [];
  if (pid === undefined || startedAt === undefined) return undefined;
  const holder = { pid: Number(pid), startedAt };
  return holder.pid !== process.pid && listProcesses().some((one) => isSameProcess(one, holder))
    ? holder.pid
    : undefined;
};

/** What a state directory lacks, by the operating system's error. */
const faults: Readonly<Record<string, string>> = {
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'it is a file',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
};

/** @throws StateDirectoryError in place of what the operating system says of the directory */
const usable = <Result>(directory: string, use: () => Result): Result => {
  try {
    return use();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StateDirectoryError(
      `The state directory ${directory} cannot be used: ${faults[code ?? ''] ?? message}. Choose another with --state-dir.`,
    );
  }
};

/** Makes the directory unless it exists; nobody else may look into it. @throws StateDirectoryError */
export const makeStateDirectory = (directory: string): void => {
  usable(directory, () => fs.mkdirSync(directory, { recursive: true, mode: 0o700 }));
};

/** @returns whether the lock was free */
const takeLock = (file: string): boolean => {
  const own = listProcesses().find(({ pid }) => pid === process.pid);
  try {
    fs.writeFileSync(file, lockText(own ?? { pid: process.pid, startedAt: 'unknown' }), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // A full disk lets the name through and not the text.
    fs.rmSync(file, { force: true });
    throw error;
  }
};

/**
 * Makes sure that one process at a time uses a state directory. A lock whose process is gone is taken over at once.
 * @returns a function that gives the directory free
 * @throws StateDirectoryError naming the process that holds it, or what the directory lacks
 */
export const lockStateDirectory = async (
  directory: string,
  patienceMs = PATIENCE_MS,
): Promise<() => void> => {
  makeStateDirectory(directory);
  const file = path.join(directory, 'lock');
  const deadline = Date.now() + patienceMs;
  for (let takeOvers = 0; takeOvers < MOST_TAKE_OVERS; ) {
    if (usable(directory, () => takeLock(file))) return () => fs.rmSync(file, { force: true });
    const holder = holderOf(file);
    if (holder !== undefined) {
      if (Date.now() < deadline) {
        await pause(50);
        continue;
      }
      throw new StateDirectoryError(
        `The state directory ${directory} is in use by process ${holder}. Stop that run first, or choose another with --state-dir.`,
      );
    }
    usable(directory, () => fs.rmSync(file, { force: true }));
    takeOvers++;
  }
  throw new StateDirectoryError(
    `The lock ${file} could not be taken: another run starts at this moment. Try again.`,
  );
};
