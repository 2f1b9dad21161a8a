import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/** A process of this machine. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the operating system's own terms; with the pid it names one process for ever. */
  readonly startedAt: string;
}

/** A living process and the group that it belongs to. */
export interface ProcessInfo extends ProcessIdentity {
  readonly group: number;
}

/**
 * Every living process (zombies are dead). From `/proc` on Linux (see proc(5): `pgrp` is field 5 of `stat`, `starttime`
 * field 22, counted since boot, hence the boot's id beside it), from `ps` elsewhere.
 */
export const listProcesses = (): ProcessInfo[] =>
  process.platform === 'linux' ? listFromProc() : listFromPs();

/** Whether two identities name the same process. */
export const isSameProcess = (one: ProcessIdentity, other: ProcessIdentity): boolean =>
  one.pid === other.pid && one.startedAt === other.startedAt;

let bootId: string | undefined;

const listFromProc = (): ProcessInfo[] => {
  bootId ??= fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const found: ProcessInfo[] = [];
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readIfThere(`/proc/${entry}/stat`);
    // The command's name stands in parentheses and may itself hold spaces and parentheses.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, group, startTime] = [fields?.[0], fields?.[2], fields?.[19]];
    if (!group || !startTime || state === 'Z' || state === 'X') continue;
    found.push({ pid: Number(entry), group: Number(group), startedAt: `${bootId}:${startTime}` });
  }
  return found;
};

const listFromPs = (): ProcessInfo[] => {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat=,lstart='], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return lines.split('\n').flatMap((line) => {
    const [, pid, group, state, startedAt] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (!pid || !group || !startedAt || state?.startsWith('Z')) return [];
    return [{ pid: Number(pid), group: Number(group), startedAt }];
  });
};

/**
 * Whether a process was started with this environment variable, as far as the system tells: only Linux does, and only
 * for one's own processes.
 */
export const hasEnvironment = (pid: number, name: string, value: string): boolean =>
  process.platform === 'linux' &&
  (readIfThere(`/proc/${pid}/environ`)?.split('\0').includes(`${name}=${value}`) ?? false);

const readIfThere = (file: string): string | undefined => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};
