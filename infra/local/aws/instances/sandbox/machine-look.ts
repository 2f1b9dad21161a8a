import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Look, type Mount, mountsIn } from './view.ts';

/** This machine's mounts, as this process sees them. */
export const mountsHere = (): Mount[] => mountsIn(fs.readFileSync('/proc/self/mountinfo', 'utf8'));

/** Larger files stand in no directory that has to be taken apart. */
const LARGEST = 2 ** 20;

/** Whether an instance is to see it: what others than its owner may read, or, of a user who is not root, what that user may. */
const isOpen = (file: string, { mode }: fs.Stats, isDirectory: boolean): boolean => {
  if (process.getuid?.() === 0) {
    const bits = isDirectory ? 0o005 : 0o004;
    return (mode & bits) === bits;
  }
  try {
    fs.accessSync(file, isDirectory ? fs.constants.R_OK | fs.constants.X_OK : fs.constants.R_OK);
    return true;
  } catch {
    return false;
  }
};

/** Looks at this machine, and past what only root may read. */
export const lookHere: Look = {
  at: (file) => {
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    // In options of `mount`, these have a meaning.
    if (!stat || /[,:\\\n]/.test(file)) return { kind: 'nothing' };
    if (stat.isSymbolicLink()) return { kind: 'link', target: fs.readlinkSync(file) };
    if (stat.isDirectory()) return { kind: isOpen(file, stat, true) ? 'directory' : 'nothing' };
    return { kind: stat.isFile() && stat.size <= LARGEST && isOpen(file, stat, false) ? 'file' : 'nothing' };
  },
  in: (directory) => {
    try {
      return fs.readdirSync(directory).sort();
    } catch {
      return [];
    }
  },
};

/** Accounts of programs have a directory of the system as home. */
const isPrivate = (place: string) => !/^\/[^/]*$/.test(place) || place === '/home' || place === '/root';

/** Directories of this machine in place of which an instance has its own, empty ones: people's, and this program's. */
export const privatePlaces = (stateDir: string): string[] => {
  const homes = ['/home', '/var/home', '/usr/home', '/var/tmp', os.homedir(), os.userInfo().homedir];
  const places = [...homes, stateDir].flatMap((place) => {
    try {
      return [fs.realpathSync(place)];
    } catch {
      return [];
    }
  });
  return [...new Set(places)].filter(
    (place) => isPrivate(place) && !places.some((other) => isPrivate(other) && place.startsWith(`${other}/`)),
  );
};

/** Makes a directory like one of this machine, in another place. */
export const mirrorDirectory = (from: string, to: string): void => {
  if (fs.existsSync(to)) return;
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.mkdirSync(to);
  const stat = fs.statSync(from);
  if (process.getuid?.() === 0) fs.chownSync(to, stat.uid, stat.gid);
  fs.chmodSync(to, (stat.mode & 0o7777) | 0o700);
};

/** The directory that this program's Node is installed in, if that is no part of the system. */
export const nodeDirectory = (): string | undefined => {
  const directory = path.dirname(path.dirname(fs.realpathSync(process.execPath)));
  const isSystem = /^\/(?:usr|nix|gnu)(?:\/|$)|^\/$/.test(directory);
  // A Node that lies in somebody's home itself would show all of it.
  const showsHome = [os.homedir(), os.userInfo().homedir].some((home) =>
    `${home}/`.startsWith(`${directory}/`),
  );
  return isSystem || showsHome ? undefined : directory;
};
