import fs from 'node:fs';
import path from 'node:path';
import { StateDirectoryError } from '../store.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * Makes sure that one process at a time uses a state directory. A lock whose process is gone is taken over.
 * @returns a function that gives the directory free
 * @throws StateDirectoryError naming the process that holds it
 */
export const lockStateDirectory = (directory: string): (() => void) => {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, 'lock');
  for (let tries = 0; tries < 3; tries++) {
    try {
      fs.writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number.parseInt(fs.readFileSync(file, 'utf8'), 10);
    if (Number.isInteger(holder) && holder !== process.pid && isAlive(holder)) {
      throw new StateDirectoryError(
        `The state directory ${directory} is in use by process ${holder}. Stop that run first, or choose another with --state-dir.`,
      );
    }
    fs.rmSync(file, { force: true });
  }
  throw new StateDirectoryError(
    `The lock ${file} could not be taken: another run starts at this moment. Try again.`,
  );
};
