import fs from 'node:fs';
import path from 'node:path';
import {
  type BytePath,
  bytePath,
  bytesOf,
  type FileChange,
  FileChangeError,
  type FileKind,
  type InstanceFiles,
  type InstanceSystem,
  type TreeEntry,
} from './instance-system.ts';
import type { ProcessGroups } from './process-groups.ts';

/** As many links as Linux follows in one path (path_resolution(7)). */
const MOST_LINKS = 40;

/** The files of an instance that is a directory: its `/` is `root`, and no link leads out of it. */
export const createDirectoryFiles = (root: string): InstanceFiles => {
  const base = bytePath(root);
  const onMachine = (segments: readonly string[]) => [base, ...segments].join('/') as BytePath;

  /** Where a path leads on this machine. An absolute link means the instance's `/`; `$DESTDIR` in front of it is that, too. */
  const resolve = (file: BytePath, followsLast: boolean): BytePath => {
    const pending = file.split('/');
    let done: string[] = [];
    for (let links = 0; pending.length > 0; ) {
      const name = pending.shift();
      if (!name || name === '.') continue;
      if (name === '..') {
        done.pop();
        continue;
      }
      const here = onMachine([...done, name]);
      const isLink = fs.lstatSync(bytesOf(here), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
      if (!isLink || !(followsLast || pending.some((segment) => segment !== ''))) {
        done.push(name);
        continue;
      }
      if (++links > MOST_LINKS) throw new Error(`Too many levels of symbolic links: ${file}`);
      const target = targetOf(here);
      if (target.startsWith('/')) done = [];
      pending.unshift(...(target.startsWith(`${base}/`) ? target.slice(base.length) : target).split('/'));
    }
    return onMachine(done);
  };

  const kindOf = (file: BytePath): FileKind | undefined => {
    const stat = fs.statSync(bytesOf(resolve(file, true)), { throwIfNoEntry: false });
    return stat && (stat.isDirectory() ? 'directory' : 'file');
  };

  const treeAt = (file: BytePath, depth: number): TreeEntry[] => {
    if (depth > 200) throw new Error(`Too many levels of symbolic links: ${file}`);
    const here = resolve(file, false);
    const stat = fs.lstatSync(bytesOf(here), { throwIfNoEntry: false });
    if (!stat) return [];
    const target = stat.isSymbolicLink() ? { target: targetOf(here) } : {};
    if (kindOf(file) !== 'directory') return [{ path: file, kind: 'file', ...target }];
    const names = fs.readdirSync(bytesOf(resolve(file, true)), { encoding: 'buffer' });
    return [
      { path: file, kind: 'directory', ...target },
      ...names.flatMap((name) => treeAt(`${file}/${name.toString('latin1')}` as BytePath, depth + 1)),
    ];
  };

  const make = (change: FileChange) => {
    const followed = bytesOf(resolve(change.path, true));
    switch (change.kind) {
      case 'directory':
        return fs.mkdirSync(bytesOf(resolve(change.path, false)));
      case 'copy':
        return copyFile(bytesOf(resolve(change.from, true)), followed);
      case 'link':
        return fs.symlinkSync(bytesOf(change.target), bytesOf(resolve(change.path, false)));
      case 'remove':
        return remove(bytesOf(resolve(change.path, false)));
      case 'mode':
        return fs.chmodSync(followed, change.mode);
      case 'executable': {
        const { mode } = fs.statSync(followed);
        return (mode & 0o111) === 0 ? fs.chmodSync(followed, mode | 0o111) : undefined;
      }
      default:
        throw new Error(`A directory of this machine has no ${change.kind} of its own.`);
    }
  };

  return {
    kindsOf: async (files) =>
      new Map(
        files.flatMap((file) => {
          const kind = kindOf(file);
          return kind ? [[file, kind] as const] : [];
        }),
      ),
    tree: async (file) => treeAt(file, 0),
    deleteTrees: async (directories) => {
      for (const directory of directories)
        fs.rmSync(bytesOf(resolve(directory, false)), { recursive: true, force: true });
    },
    apply: async (changes) => {
      for (const [done, change] of changes.entries()) {
        try {
          make(change);
        } catch (error) {
          throw new FileChangeError((error as Error).message, done);
        }
      }
    },
  };
};

const targetOf = (link: BytePath): BytePath =>
  fs.readlinkSync(bytesOf(link), { encoding: 'buffer' }).toString('latin1') as BytePath;

const copyFile = (from: Buffer, to: Buffer) => {
  fs.copyFileSync(from, to);
  const { mode, atime, mtime } = fs.statSync(from);
  fs.chmodSync(to, mode);
  fs.utimesSync(to, atime, mtime);
};

const remove = (file: Buffer) => {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    if (fs.readdirSync(file).length === 0) fs.rmdirSync(file);
  } else if (stat) fs.unlinkSync(file);
};

/** What a directory that stands for an instance is made of. */
interface DirectoryInstance {
  readonly instanceId: string;
  /** What is `/` there. */
  readonly root: string;
  /** Home of what runs there. */
  readonly home: string;
  readonly port: () => number | undefined;
  readonly processes: ProcessGroups;
}

/**
 * An instance that is a directory, a port and processes of the user who runs the emulator. Commands get a clean environment: `DESTDIR` and
 * `PORT`, by which an application finds its place on this machine, PATH, HOME and LANG.
 */
export const createDirectorySystem = ({
  instanceId,
  root,
  home,
  port,
  processes,
}: DirectoryInstance): InstanceSystem => ({
  agentRoot: path.join(root, 'opt/codedeploy-agent'),
  hasUsers: false,
  hasContexts: false,
  files: createDirectoryFiles(root),
  run: ({ label, file, env, log, timeoutMs }) =>
    processes.run({
      instanceId,
      label,
      file: bytesOf([bytePath(root), file].join('') as BytePath).toString('utf8'),
      cwd: root,
      env: {
        // The Node that runs the emulator comes first, so that an application in Node finds one.
        PATH: [path.dirname(process.execPath), process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(
          path.delimiter,
        ),
        HOME: home,
        LANG: process.env.LANG ?? 'C.UTF-8',
        ...env,
        DESTDIR: root,
        PORT: String(port() ?? ''),
      },
      log,
      timeoutMs,
      endsWithOutputs: true,
    }),
});
