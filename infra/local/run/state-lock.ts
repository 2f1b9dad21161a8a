import fs from 'node:fs';
import path from 'node:path';
import { StateDirectoryError } from '@lockstep/aws-emulator';
import { pause } from './follow.ts';

/** Whether a process of that id runs, of whatever user. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** How long a process that is ending may take to give the directory free, in ms. */
const PATIENCE_MS = 3_000;

/** Two starts at the same moment may each remove what the other one wrote; one of them gives up. */
const MOST_TAKE_OVERS = 3;

/** The process that the lock names; none if it was torn or has just gone. */
const holderOf = (file: string): number | undefined => {
  try {
    const pid = Number.parseInt(fs.readFileSync(file, 'utf8'), 10);
    return Number.isInteger(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Makes sure that one process at a time uses a state directory. A lock whose process is gone is taken over.
 * @returns a function that gives the directory free
 * @throws StateDirectoryError naming the process that holds it
 */
export const lockStateDirectory = async (
  directory: string,
  patienceMs = PATIENCE_MS,
): Promise<() => void> => {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, 'lock');
  const deadline = Date.now() + patienceMs;
  for (let tries = 0; tries < MOST_TAKE_OVERS; ) {
    try {
      fs.writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (holder !== undefined && holder !== process.pid && isAlive(holder)) {
      if (Date.now() < deadline) {
        await pause(50);
        continue;
      }
      throw new StateDirectoryError(
        `The state directory ${directory} is in use by process ${holder}. Stop that run first, or choose another with --state-dir.`,
      );
    }
    fs.rmSync(file, { force: true });
    tries++;
  }
  throw new StateDirectoryError(
    `The lock ${file} could not be taken: another run starts at this moment. Try again.`,
  );
};
