import fs from 'node:fs';
import path from 'node:path/posix';
import {
  type BytePath,
  bytePath,
  type FileChange,
  FileChangeError,
  type FileKind,
  type InstanceFiles,
  type InstanceSystem,
  type TreeEntry,
  textOf,
} from '../../../instances/instance-system.ts';
import { replaceFile } from '../../../replace-file.ts';
import type { AppSpec, FileExistsBehavior } from './appspec.ts';
import { permissionChanges } from './permissions.ts';

/** The files of a revision cannot be installed. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

/** Where an installation happens. */
interface Installation {
  readonly system: Pick<InstanceSystem, 'files' | 'hasUsers' | 'hasContexts'>;
  readonly spec: AppSpec;
  /** The unpacked bundle, on the instance. */
  readonly archive: string;
  /** File of this machine that remembers what was installed, so that the next deployment removes it. */
  readonly cleanupFile: string;
  /** Where the appspec does not say. */
  readonly defaultBehavior: FileExistsBehavior;
}

/** A source of the appspec with all that is below it, and where it goes. */
interface Mapping {
  readonly source: string;
  readonly entries: readonly { readonly entry: TreeEntry; readonly to: BytePath }[];
}

/**
 * Removes what the last deployment installed, then copies the revision's files and sets what `permissions` asks for. Doing it again
 * after it was interrupted gives the same.
 * @returns warnings: what is not applied on this instance
 * @throws InstallError, AppSpecError
 */
export const install = async (installation: Installation): Promise<string[]> => {
  const { system, cleanupFile } = installation;
  await removeInstalled(system, cleanupFile);
  const { permissions, ...plan } = await planInstallation(installation);
  const { applied, warnings } = applicable(permissions, system);
  const written = [...plan.installed.keys()];
  fs.mkdirSync(path.dirname(cleanupFile), { recursive: true });
  replaceFile(cleanupFile, JSON.stringify(written));
  try {
    await system.files.apply([...plan.changes, ...applied]);
  } catch (error) {
    if (!(error instanceof FileChangeError)) throw error;
    // The agent notes each file right before it writes it; what comes after the failure is not this deployment's to remove.
    replaceFile(cleanupFile, JSON.stringify(written.slice(0, error.done + 1)));
    throw new InstallError(error.message);
  }
  return warnings;
};

/**
 * What an installation would change. It changes nothing.
 * @throws InstallError, AppSpecError
 */
export const planInstallation = async (
  installation: Omit<Installation, 'cleanupFile' | 'system'> & {
    readonly system: { readonly files: Pick<InstanceFiles, 'tree' | 'kindsOf'> };
  },
): Promise<Plan & { readonly permissions: readonly FileChange[] }> => {
  const { system, spec, defaultBehavior } = installation;
  const mappings = await Promise.all(spec.files.map((file) => mappingOf(installation, file)));
  const destinations = mappings.flatMap(({ entries }) =>
    entries.flatMap(({ to }) => [to, ...ancestorsOf(to)]),
  );
  const there = await system.files.kindsOf([...new Set(destinations)]);
  const plan = planOf(mappings, there, spec.fileExistsBehavior ?? defaultBehavior);
  return { ...plan, permissions: permissionChanges(spec.permissions, plan.installed) };
};

/** The agent removes in the reverse order. */
const removeInstalled = async ({ files }: Installation['system'], cleanupFile: string) => {
  if (!fs.existsSync(cleanupFile)) return;
  const installed = JSON.parse(fs.readFileSync(cleanupFile, 'utf8')) as BytePath[];
  await files.apply(installed.toReversed().map((file) => ({ kind: 'remove', path: file })));
};

const mappingOf = async (
  { system, archive }: Parameters<typeof planInstallation>[0],
  { source, destination }: AppSpec['files'][number],
): Promise<Mapping> => {
  const from = path.join(archive, source).replace(/(?<=.)\/+$/, '');
  if (from !== archive && !from.startsWith(`${archive}/`))
    throw new InstallError(`The source ${source} leads out of the revision.`);
  const entries = await system.files.tree(bytePath(from));
  const [top] = entries;
  if (!top) {
    throw new InstallError(
      `No such file or directory in the revision: ${source}, which files in appspec.yml names.`,
    );
  }
  const directory = path.resolve('/', destination);
  const to = bytePath(
    top.kind === 'directory' ? directory : path.join(directory, path.basename(from)),
  ).replace(/^\/$/, '');
  return {
    source,
    entries: entries.map((entry) => ({
      entry,
      to: `${to}${entry.path.slice(top.path.length)}` as BytePath,
    })),
  };
};

const ancestorsOf = (file: BytePath): BytePath[] => {
  const parent = path.dirname(file) as BytePath;
  return parent === '/' || parent === '.' ? [] : [...ancestorsOf(parent), parent];
};

/** What to do, and what is then this deployment's, in the order in which it comes into being. */
interface Plan {
  readonly changes: readonly FileChange[];
  readonly installed: ReadonlyMap<BytePath, FileKind>;
}

/** @throws InstallError */
const planOf = (
  mappings: readonly Mapping[],
  there: ReadonlyMap<BytePath, FileKind>,
  behavior: FileExistsBehavior,
): Plan => {
  const changes: FileChange[] = [];
  const sources = new Map<BytePath, string>();
  const installed = new Map<BytePath, FileKind>();
  const makeDirectory = (to: BytePath) => {
    if (to === '' || there.get(to) === 'directory' || installed.get(to) === 'directory') return;
    if (there.has(to) || installed.has(to)) throw alreadyThere(to);
    installed.set(to, 'directory');
    changes.push({ kind: 'directory', path: to });
  };
  const copy = (entry: TreeEntry, to: BytePath, source: string) => {
    const before = sources.get(to);
    if (before !== undefined) {
      throw new InstallError(
        `The deployment failed because the application specification file specifies two source files, in ${before} and ${source}, for the same destination (${textOf(to)}). Remove one of them.`,
      );
    }
    if (there.has(to) && behavior === 'RETAIN') return;
    if ((there.has(to) && behavior === 'DISALLOW') || installed.has(to)) throw alreadyThere(to);
    sources.set(to, source);
    installed.set(to, 'file');
    // Onto a directory, the file goes into it.
    const file = there.get(to) === 'directory' ? (`${to}/${path.basename(entry.path)}` as BytePath) : to;
    changes.push(
      entry.target === undefined
        ? { kind: 'copy', from: entry.path, path: file }
        : { kind: 'link', target: entry.target, path: file },
    );
  };
  for (const { source, entries } of mappings) {
    for (const directory of ancestorsOf(entries[0]?.to ?? bytePath('/'))) makeDirectory(directory);
    for (const { entry, to } of entries)
      if (entry.kind === 'directory') makeDirectory(to);
      else copy(entry, to, source);
  }
  return { changes, installed };
};

const alreadyThere = (file: BytePath) =>
  new InstallError(
    `The deployment failed because a specified file already exists at this location: ${textOf(file)}. ` +
      'Set file_exists_behavior: OVERWRITE or RETAIN in appspec.yml, or remove the file.',
  );

/** Of changes those that the instance can make, and what it cannot. */
const applicable = (
  changes: readonly FileChange[],
  { hasUsers, hasContexts }: Installation['system'],
): { readonly applied: readonly FileChange[]; readonly warnings: string[] } => {
  const lacks: Partial<Record<FileChange['kind'], string>> = {
    ...(!hasUsers && { owner: 'has no users of its own', acl: 'has no users of its own' }),
    ...(!hasContexts && { context: 'has no SELinux' }),
  };
  const unapplied = changes.filter(({ kind }) => lacks[kind] !== undefined);
  const kinds = [...new Set(unapplied.map(({ kind }) => kind))];
  return {
    applied: changes.filter((change) => !unapplied.includes(change)),
    warnings: kinds.map(
      (kind) =>
        `permissions: ${kind} is not set here, as this instance ${lacks[kind]}; on EC2 it is, on ${unapplied.filter((change) => change.kind === kind).length} of the installed files and directories.`,
    ),
  };
};
