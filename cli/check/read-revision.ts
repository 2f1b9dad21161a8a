import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { RevisionFile } from '../../tasks/appspec/revision.ts';
import { CommandError } from '../system.ts';

/** Text beyond this is not read, in bytes: of one file, and of all. */
const LARGEST_TEXT = 512 * 1024;
const MOST_TEXT = 64 * 1024 ** 2;

/** Never part of a revision. */
const LEFT_OUT: readonly string[] = ['.git', 'node_modules', '.lockstep', '.venv', 'venv'];

/** Files that git would commit, or has; undefined outside a working tree's root. Nothing that the repository configures is run. */
const filesOfGit = (directory: string): readonly string[] | undefined => {
  if (!fs.existsSync(path.join(directory, '.git'))) return undefined;
  try {
    const listed = execFileSync(
      'git',
      [
        ...['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.quotePath=false'],
        ...['-C', directory, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      ],
      {
        encoding: 'utf8',
        maxBuffer: 256 * 1024 ** 2,
        stdio: ['ignore', 'pipe', 'ignore'],
        env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
      },
    );
    return [...new Set(listed.split('\0').filter((name) => name !== ''))];
  } catch {
    return undefined;
  }
};

const filesBelow = (directory: string, below = ''): readonly string[] =>
  fs.readdirSync(path.join(directory, below), { withFileTypes: true }).flatMap((entry) => {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return LEFT_OUT.includes(entry.name) ? [] : filesBelow(directory, name);
    return entry.isFile() || entry.isSymbolicLink() ? [name] : [];
  });

/** A revision as it stands in a working directory. */
export interface WorkingDirectory {
  readonly files: readonly RevisionFile[];
  /** Whether git says which files are in it. */
  readonly isGit: boolean;
}

/**
 * Reads the files that a commit of everything in a directory would have: those that git does not ignore; outside of git all but
 * `node_modules` and the like. Nothing is executed but git itself.
 * @throws CommandError if it is no directory
 */
export function readWorkingDirectory(directory: string, asGiven: string): WorkingDirectory {
  const stat = fs.statSync(directory, { throwIfNoEntry: false });
  if (!stat?.isDirectory())
    throw new CommandError(`${asGiven}: there is no such directory. Name the application's own.`);
  const ofGit = filesOfGit(directory);
  let read = 0;
  const files = (ofGit ?? filesBelow(directory)).toSorted().flatMap((name): RevisionFile[] => {
    const file = path.join(directory, name);
    const found = fs.lstatSync(file, { throwIfNoEntry: false });
    // A link is taken for a file without text; what it leads to may be anywhere.
    if (found?.isSymbolicLink()) return [{ path: name, size: found.size, isExecutable: true }];
    if (!found?.isFile()) return [];
    const { size, mode } = found;
    const base = { path: name, size, isExecutable: (mode & 0o111) !== 0 };
    if (size > LARGEST_TEXT || read + size > MOST_TEXT) return [base];
    const bytes = fs.readFileSync(file);
    if (bytes.includes(0)) return [base];
    read += size;
    return [{ ...base, text: bytes.toString('utf8') }];
  });
  return { files, isGit: ofGit !== undefined };
}
