import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { isAlive } from './state-lock.ts';

/** How often the launcher is looked after, in ms. */
const LOOK_EVERY_MS = 200;

const parentOf = (pid: number): number | undefined => {
  try {
    if (process.platform === 'linux') {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The command's name stands in parentheses and may hold spaces; behind it come state and parent.
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    }
    return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).trim());
  } catch {
    return undefined;
  }
};

/**
 * Ends this process when npm, which started it (through a shell), was killed: whoever killed `npm start` meant the run, and
 * would else find its ports and its state directory taken. Does nothing when npm did not start it.
 */
export const endWithLauncher = (environment: NodeJS.ProcessEnv): void => {
  if (environment.npm_lifecycle_event !== 'start') return;
  const shell = process.ppid;
  const ancestors = [shell, parentOf(shell)].filter((pid): pid is number => pid !== undefined && pid > 1);
  setInterval(() => {
    if (process.ppid !== shell || !ancestors.every(isAlive)) process.exit(137);
  }, LOOK_EVERY_MS).unref();
};
