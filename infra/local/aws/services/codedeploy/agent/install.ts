import fs from 'node:fs';
import path from 'node:path';
import { replaceFile } from '../../../replace-file.ts';
import type { AppSpec, FileExistsBehavior, PermissionRule } from './appspec.ts';

/** The files of a revision cannot be installed. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

/** Where an installation happens. */
interface Installation {
  readonly spec: AppSpec;
  /** The unpacked bundle. */
  readonly archive: string;
  /** What stands for `/`. */
  readonly root: string;
  /** Remembers what was installed, so that the next deployment removes it. */
  readonly cleanupFile: string;
  /** Where the appspec does not say. */
  readonly defaultBehavior: FileExistsBehavior;
}

/** One file, link or directory to make. */
interface Step {
  readonly from: string;
  readonly to: string;
  readonly isDirectory: boolean;
}

/** A place below the directory that stands for `/`, wherever the path points. */
const below = (root: string, absolute: string) => path.join(root, path.resolve('/', absolute));

/** Problems of the `files` section with this bundle: sources that are not in it. */
export const missingSources = (spec: AppSpec, archive: string): string[] =>
  spec.files.map(({ source }) => source).filter((source) => !fs.existsSync(below(archive, source)));

/**
 * Removes what the last deployment installed, then copies the revision's files and sets their modes. Doing it again
 * after it was interrupted gives the same.
 * @returns notes for the log
 * @throws InstallError naming the file that is in the way
 */
export const install = ({ spec, archive, root, cleanupFile, defaultBehavior }: Installation): string[] => {
  removeInstalled(cleanupFile);
  const behavior = spec.fileExistsBehavior ?? defaultBehavior;
  const steps = spec.files.flatMap((file) => planFile(archive, root, file));
  const copied = steps.filter(({ isDirectory, to }) => {
    if (isDirectory || !exists(to)) return true;
    if (behavior === 'DISALLOW') {
      throw new InstallError(
        `The deployment failed because a specified file already exists at this location: ${path.join('/', path.relative(root, to))}. ` +
          'Set file_exists_behavior: OVERWRITE or RETAIN in appspec.yml, or remove the file.',
      );
    }
    return behavior === 'OVERWRITE';
  });
  const created = newDirectories(root, copied);
  fs.mkdirSync(path.dirname(cleanupFile), { recursive: true });
  const installed = { files: copied.filter(({ isDirectory }) => !isDirectory).map(({ to }) => to), created };
  replaceFile(cleanupFile, JSON.stringify(installed));
  for (const step of copied) copy(step);
  return spec.permissions.flatMap((rule) => applyPermission(root, rule));
};

const exists = (file: string) => fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;

const removeInstalled = (cleanupFile: string) => {
  if (!fs.existsSync(cleanupFile)) return;
  const { files, created } = JSON.parse(fs.readFileSync(cleanupFile, 'utf8')) as {
    files: string[];
    created: string[];
  };
  for (const file of files) fs.rmSync(file, { force: true });
  for (const directory of created.toSorted((one, other) => other.length - one.length)) {
    const isEmpty = fs.existsSync(directory) && fs.readdirSync(directory).length === 0;
    if (isEmpty) fs.rmdirSync(directory);
  }
};

const planFile = (archive: string, root: string, file: AppSpec['files'][number]): Step[] => {
  const from = below(archive, file.source);
  const to = below(root, file.destination);
  const stat = fs.statSync(from, { throwIfNoEntry: false });
  if (!stat) throw new InstallError(`No such file or directory in the bundle: ${file.source}`);
  return stat.isDirectory()
    ? planTree(from, to)
    : [{ from, to: path.join(to, path.basename(from)), isDirectory: false }];
};

const planTree = (from: string, to: string): Step[] => [
  { from, to, isDirectory: true },
  ...fs
    .readdirSync(from, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory()
        ? planTree(path.join(from, entry.name), path.join(to, entry.name))
        : [{ from: path.join(from, entry.name), to: path.join(to, entry.name), isDirectory: false }],
    ),
];

/** Directories below the root that the steps will bring into being. */
const newDirectories = (root: string, steps: readonly Step[]): string[] => {
  const found = new Set<string>();
  for (const { to, isDirectory } of steps) {
    let directory = isDirectory ? to : path.dirname(to);
    while (directory.length > root.length && !found.has(directory) && !fs.existsSync(directory)) {
      found.add(directory);
      directory = path.dirname(directory);
    }
  }
  return [...found];
};

const copy = ({ from, to, isDirectory }: Step) => {
  if (isDirectory) {
    fs.mkdirSync(to, { recursive: true });
    return;
  }
  fs.mkdirSync(path.dirname(to), { recursive: true });
  // A new file rather than new content: a process that runs the old one is not changed under its feet.
  fs.rmSync(to, { force: true, recursive: true });
  fs.cpSync(from, to, { verbatimSymlinks: true });
};

const applyPermission = (root: string, rule: PermissionRule): string[] => {
  const object = below(root, rule.object);
  const stat = fs.statSync(object, { throwIfNoEntry: false });
  if (!stat)
    throw new InstallError(`permissions name ${rule.object}, which is not there after installing the files.`);
  const { mode } = rule;
  if (mode !== undefined) {
    for (const file of stat.isDirectory() ? walk(object) : [object]) {
      const isDirectory = fs.statSync(file, { throwIfNoEntry: false })?.isDirectory();
      if (isDirectory === undefined || !rule.types.includes(isDirectory ? 'directory' : 'file')) continue;
      const name = path.basename(file);
      if (matches(rule.pattern, name) && !rule.except.some((pattern) => matches(pattern, name)))
        fs.chmodSync(file, mode);
    }
  }
  return rule.unapplied.length === 0
    ? []
    : [
        `${rule.unapplied.join(', ')} of ${rule.object} are not applied: only root on an instance may set them.`,
      ];
};

const walk = (directory: string): string[] =>
  fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isSymbolicLink())
    .flatMap((entry) => {
      const file = path.join(directory, entry.name);
      return entry.isDirectory() ? [file, ...walk(file)] : [file];
    });

const matches = (pattern: string, name: string): boolean => {
  const source = pattern.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replace(/\*+/g, '.*');
  return new RegExp(`^${source}$`).test(name);
};
