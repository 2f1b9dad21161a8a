import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { gitBytes, gitText } from '../git.ts';
import type { Host } from '../host.ts';

/** A repository, as the store keeps it under its owner and name. */
export interface ForgeRepository {
  /** Commit of each branch, as its activity has been recorded. */
  readonly branches: Readonly<Record<string, string>>;
  /** Whose push is under way: what it changes is theirs, also if this process does not live to record it. */
  readonly pushing?: string;
}

/** A branch was moved, made or deleted. */
export interface ForgeActivity {
  /** Counts them, from 1. */
  readonly id: number;
  readonly repository: string;
  /** `refs/heads/…` */
  readonly ref: string;
  readonly before: string;
  /** Zeros after the branch was deleted. */
  readonly after: string;
  /** The account's login. */
  readonly actor: string;
  /** In ms. */
  readonly at: number;
}

/** Where no commit is. */
export const NOTHING = '0'.repeat(40);

/** What the store holds of the forge. */
export const forgeTables = ({ store }: Host) => ({
  repositories: store.table<ForgeRepository>('forge.repositories'),
  activities: store.table<ForgeActivity>('forge.activities'),
  /** Accounts by token; the login of one that may only read is empty. */
  tokens: store.table<string>('forge.tokens'),
});

/** The bare repository of `owner/name`, or of a project in groups. */
export const forgePath = (host: Host, repository: string): string =>
  path.resolve(host.stateDir, 'forge', `${repository}.git`);

/** Makes the bare repository if it is not there. Safe to run again after a crash. @throws TypeError for an impossible name */
export const prepareForgeRepository = async (host: Host, repository: string): Promise<void> => {
  if (!/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)+$/.test(repository) || repository.endsWith('.git'))
    throw new TypeError(
      `A repository has an owner and a name, such as example/orders; received ${repository}.`,
    );
  const directory = forgePath(host, repository);
  if (fs.existsSync(directory)) return;
  fs.mkdirSync(path.dirname(directory), { recursive: true });
  const draft = path.join(path.dirname(directory), `.${randomUUID()}`);
  // An empty template: no hooks or attributes of the machine's git installation.
  await gitText(draft, 'init', '--quiet', '--bare', '--template=', '--initial-branch=main');
  fs.appendFileSync(path.join(draft, 'config'), '[receive]\n\tautogc = false\n[gc]\n\tauto = 0\n');
  fs.renameSync(draft, directory);
};

/** Branches, by full name, with their commits. */
export const readForgeBranches = async (
  host: Host,
  repository: string,
): Promise<Readonly<Record<string, string>>> => {
  const format = '--format=%(objectname) %(refname)';
  const text = await gitText(forgePath(host, repository), 'for-each-ref', format, 'refs/heads');
  return Object.fromEntries(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(41), line.slice(0, 40)]),
  );
};

interface Signature {
  readonly name: string;
  readonly email: string;
  /** Seconds since the epoch. */
  readonly seconds: number;
}

/** A commit as git has it. */
export interface ForgeCommit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

const FORMAT = ['%H', '%P', '%an', '%ae', '%at', '%cn', '%ce', '%ct', '%B'].join('%x00');
const FIELDS = 9;

/** A commit and those before it, the newest first; undefined if there is no such commit. */
export const readForgeCommits = async (
  host: Host,
  repository: string,
  sha: string,
  { skip, most }: { readonly skip: number; readonly most: number },
): Promise<readonly ForgeCommit[] | undefined> => {
  if (!/^[0-9a-f]{40}$/.test(sha)) return undefined;
  const options = ['-z', `--format=${FORMAT}`, `--skip=${skip}`, `-${most}`, '--end-of-options'];
  const text = await gitText(forgePath(host, repository), 'log', ...options, sha).catch(() => undefined);
  const fields = text?.split('\0');
  return (
    fields &&
    Array.from({ length: Math.floor(fields.length / FIELDS) }, (_, index) => {
      const [id = '', parents = '', ...rest] = fields.slice(index * FIELDS, (index + 1) * FIELDS);
      const signature = (from: number): Signature => ({
        name: rest[from] ?? '',
        email: rest[from + 1] ?? '',
        seconds: Number(rest[from + 2]),
      });
      return {
        sha: id,
        parents: parents.split(' ').filter(Boolean),
        author: signature(0),
        committer: signature(3),
        message: (rest[6] ?? '').replace(/\n+$/, ''),
      };
    })
  );
};

/** One entry of a commit's tree. */
interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
}

/** All entries of a commit's tree; undefined if there is no such commit. */
export const readForgeTree = async (
  host: Host,
  repository: string,
  sha: string,
): Promise<readonly TreeEntry[] | undefined> => {
  if (!/^[0-9a-f]{40}$/.test(sha)) return undefined;
  const listed = gitText(forgePath(host, repository), 'ls-tree', '-r', '-t', '-z', '--end-of-options', sha);
  const text = await listed.catch(() => undefined);
  return text
    ?.split('\0')
    .filter(Boolean)
    .map((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', type = '', id = ''] = line.slice(0, tab).split(' ');
      return { path: line.slice(tab + 1), mode, type, sha: id };
    });
};

/** A file of a commit; undefined if there is no such commit or file. */
export const readForgeFile = async (
  host: Host,
  repository: string,
  sha: string,
  file: string,
): Promise<{ readonly sha: string; readonly content: Buffer } | undefined> => {
  const tree = await readForgeTree(host, repository, sha);
  const entry = tree?.find(({ path: each, type }) => each === file && type === 'blob');
  return (
    entry && {
      sha: entry.sha,
      content: await gitBytes(forgePath(host, repository), 'cat-file', 'blob', entry.sha),
    }
  );
};

/** A commit's files as a zip archive. */
export const archiveForgeCommit = async (host: Host, repository: string, sha: string): Promise<Uint8Array> =>
  new Uint8Array(
    await gitBytes(forgePath(host, repository), 'archive', '--format=zip', '--end-of-options', sha),
  );
