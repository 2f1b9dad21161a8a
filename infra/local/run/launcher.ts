import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/** How often the launcher is looked after, in ms. */
const LOOK_EVERY_MS = 200;

/** Whether a process of that id runs, of any user. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

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
 * Calls back when npm, which started this process (through a shell), has ended: who kills `npm start` means the local run, and
 * would else find its ports and its state directory taken. Never calls back when npm did not start it.
 */
export const onLauncherEnd = (environment: NodeJS.ProcessEnv, onEnd: () => void): void => {
  if (environment.npm_lifecycle_event !== 'start') return;
  const shell = process.ppid;
  const ancestors = [shell, parentOf(shell)].filter((pid): pid is number => pid !== undefined && pid > 1);
  const timer = setInterval(() => {
    if (process.ppid === shell && ancestors.every(isAlive)) return;
    clearInterval(timer);
    onEnd();
  }, LOOK_EVERY_MS).unref();
};
