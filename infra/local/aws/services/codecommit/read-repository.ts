import { gitBytes, gitText } from '../../git.ts';
import { AwsError, type Host } from '../../host.ts';
import { findRepository, type Repository, readReferences, repositoryPath } from './repositories.ts';

/** A commit as git has it. */
interface Commit {
  readonly commitId: string;
  readonly treeId: string;
  readonly parents: string[];
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
  readonly additionalData: string;
}

/** Who did something and when: seconds since the epoch and the offset, as git writes it (`1484167798 -0800`). */
interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

/** One file that differs between two commits. */
interface Difference {
  readonly changeType: 'A' | 'M' | 'D';
  readonly beforeBlob?: Blob;
  readonly afterBlob?: Blob;
}

/** A file's content in a commit. */
interface Blob {
  readonly blobId: string;
  readonly path: string;
  readonly mode: string;
}

const BRANCHES = 'refs/heads/';

/** Branches with their commits. */
export const readBranches = async (host: Host, repositoryName: string): Promise<Record<string, string>> => {
  const references = await readReferences(host, findRepository(host, repositoryName).name);
  return Object.fromEntries(
    Object.entries(references)
      .filter(([ref]) => ref.startsWith(BRANCHES))
      .map(([ref, commit]) => [ref.slice(BRANCHES.length), commit]),
  );
};

/**
 * The commit that a branch, a tag, a full reference or an id names.
 * @throws AwsError `CommitDoesNotExistException`
 */
const resolveCommit = async (host: Host, repositoryName: string, specifier: string): Promise<string> => {
  const directory = repositoryPath(host, findRepository(host, repositoryName).name);
  const isId = /^[0-9a-f]{40}$/.test(specifier);
  const candidates = isId ? [specifier] : [`${BRANCHES}${specifier}`, `refs/tags/${specifier}`, specifier];
  for (const candidate of candidates) {
    if (!isId && !candidate.startsWith('refs/')) continue;
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${candidate}^{commit}`];
    const found = await gitText(directory, ...args).catch(() => '');
    if (found) return found;
  }
  throw new AwsError(
    'CommitDoesNotExistException',
    `The repository ${repositoryName} has no commit, branch or tag ${specifier}`,
  );
};

const COMMIT_FORMAT = ['%H', '%T', '%P', '%an', '%ae', '%ad', '%cn', '%ce', '%cd', '%B'].join('%x00');

/**
 * Reads one commit by its id.
 * @throws AwsError `CommitIdDoesNotExistException`
 */
export const readCommit = async (host: Host, repositoryName: string, commitId = ''): Promise<Commit> => {
  const commit = (await readCommits(host, repositoryName, [commitId])).get(commitId);
  if (commit === undefined)
    throw new AwsError('CommitIdDoesNotExistException', `The commit ${commitId} does not exist`);
  return commit;
};

/** Reads commits by their ids, with one git process at most; those that do not exist are left out. */
export const readCommits = async (
  host: Host,
  repositoryName: string,
  commitIds: readonly string[],
): Promise<ReadonlyMap<string, Commit>> => {
  const repository = findRepository(host, repositoryName);
  const known = commitsOf(repository);
  const unread = commitIds.filter((id) => !known.has(id) && /^[0-9a-f]{40}$/.test(id));
  if (unread.length > 0)
    for (const commit of await readNewCommits(repositoryPath(host, repository.name), unread))
      known.set(commit.commitId, commit);
  return new Map(commitIds.flatMap((id) => (known.has(id) ? [[id, known.get(id) as Commit]] : [])));
};

/** Commits that have been read, by id: what an id names never changes, and each look at it would be a process. */
const commits = new WeakMap<Repository, Map<string, Commit>>();

const commitsOf = (repository: Repository): Map<string, Commit> => {
  const known = commits.get(repository) ?? new Map<string, Commit>();
  commits.set(repository, known);
  return known;
};

/** Who asks for one commit asks for its parents next: so many of its ancestors are read with it. */
const READ_AHEAD = 200;

const readNewCommits = async (directory: string, commitIds: readonly string[]): Promise<Commit[]> => {
  const extent = commitIds.length === 1 ? `-${READ_AHEAD}` : '--no-walk=unsorted';
  const options = ['-z', '--date=raw', `--format=${COMMIT_FORMAT}`, '--ignore-missing', extent];
  // git fails on an id of something else than a commit, and on a commit whose ancestors are not there.
  const read = (ids: readonly string[], ...more: readonly string[]) =>
    gitText(directory, 'log', ...options, ...more, '--end-of-options', ...ids).catch(() => undefined);
  const text = await read(commitIds);
  if (text !== undefined) return commitsIn(text);
  const single = await Promise.all(commitIds.map((id) => read([id], '--no-walk=unsorted')));
  return single.flatMap((one) => commitsIn(one ?? ''));
};

const FIELDS = 10;

const commitsIn = (text: string): Commit[] => {
  const fields = text.split('\0');
  return Array.from({ length: Math.floor(fields.length / FIELDS) }, (_, index) => {
    const [commitId = '', treeId = '', parents = '', ...rest] = fields.slice(
      index * FIELDS,
      (index + 1) * FIELDS,
    );
    const [name = '', email = '', date = ''] = rest;
    const [, , , committer = '', committerEmail = '', committerDate = '', message = ''] = rest;
    return {
      commitId,
      treeId,
      parents: parents.split(' ').filter(Boolean),
      message,
      author: { name, email, date },
      committer: { name: committer, email: committerEmail, date: committerDate },
      additionalData: '',
    };
  });
};

/** What differs from one commit (from nothing, if left out) to another, by path. */
export const readDifferences = async (
  host: Host,
  repositoryName: string,
  after: string,
  before?: string,
): Promise<Difference[]> => {
  const directory = repositoryPath(host, findRepository(host, repositoryName).name);
  const to = await resolveCommit(host, repositoryName, after);
  const from = before === undefined ? EMPTY_TREE : await resolveCommit(host, repositoryName, before);
  const text = await gitText(directory, 'diff-tree', '-r', '--raw', '-z', '--no-renames', from, to);
  const parts = text.split('\0');
  const differences: Difference[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [oldMode = '', mode = '', oldBlob = '', blob = '', status = ''] = (parts[index] ?? '')
      .slice(1)
      .split(' ');
    const path = parts[index + 1] ?? '';
    // A changed type (file to link) counts as a change.
    const changeType = status === 'A' || status === 'D' ? status : 'M';
    differences.push({
      changeType,
      ...(changeType !== 'A' && { beforeBlob: { blobId: oldBlob, path, mode: oldMode } }),
      ...(changeType !== 'D' && { afterBlob: { blobId: blob, path, mode } }),
    });
  }
  return differences;
};

/** Modes of files as CodeCommit names them. */
const FILE_MODES: Readonly<Record<string, 'EXECUTABLE' | 'NORMAL' | 'SYMLINK'>> = {
  '100755': 'EXECUTABLE',
  '100644': 'NORMAL',
  '120000': 'SYMLINK',
};

/**
 * A file in a commit.
 * @throws AwsError `FileDoesNotExistException`, also for a folder; `CommitDoesNotExistException`
 */
export const readFile = async (
  host: Host,
  repositoryName: string,
  specifier: string,
  filePath: string,
): Promise<{
  readonly commitId: string;
  readonly blobId: string;
  readonly filePath: string;
  readonly fileMode: 'EXECUTABLE' | 'NORMAL' | 'SYMLINK';
  readonly fileSize: number;
  readonly fileContent: Uint8Array;
}> => {
  const directory = repositoryPath(host, findRepository(host, repositoryName).name);
  const commitId = await resolveCommit(host, repositoryName, specifier);
  const files = await gitText(directory, 'ls-tree', '-r', '-z', '--full-tree', commitId);
  const [mode = '', , blobId = ''] =
    files
      .split('\0')
      .find((line) => line.slice(line.indexOf('\t') + 1) === filePath)
      ?.split(/[ \t]/) ?? [];
  const fileMode = FILE_MODES[mode];
  if (fileMode === undefined)
    throw new AwsError('FileDoesNotExistException', `The commit ${commitId} has no file ${filePath}`);
  const fileContent = new Uint8Array(await gitBytes(directory, 'cat-file', 'blob', blobId));
  return { commitId, blobId, filePath, fileMode, fileSize: fileContent.length, fileContent };
};

/** The tree without files that every git repository knows. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A commit's files as a zip archive. */
export const archiveCommit = async (
  host: Host,
  repositoryName: string,
  commitId: string,
): Promise<Uint8Array> =>
  new Uint8Array(await gitBytes(repositoryPath(host, repositoryName), 'archive', '--format=zip', commitId));
