import { AwsError, type Host } from '../../host.ts';
import { gitBytes, gitText } from './git.ts';
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
  const repository = findRepository(host, repositoryName);
  const known = commitsOf(repository);
  const commit = known.get(commitId) ?? (await readNewCommit(host, repository.name, commitId));
  known.set(commitId, commit);
  return commit;
};

/** Commits that have been read, by id: what an id names never changes, and each look at it would be a process. */
const commits = new WeakMap<Repository, Map<string, Commit>>();

const commitsOf = (repository: Repository): Map<string, Commit> => {
  const known = commits.get(repository) ?? new Map<string, Commit>();
  commits.set(repository, known);
  return known;
};

const readNewCommit = async (host: Host, repositoryName: string, commitId: string): Promise<Commit> => {
  const directory = repositoryPath(host, repositoryName);
  const missing = () =>
    new AwsError('CommitIdDoesNotExistException', `The commit ${commitId} does not exist`);
  if (!/^[0-9a-f]{40}$/.test(commitId)) throw missing();
  const args = ['log', '-1', '--date=raw', `--format=${COMMIT_FORMAT}`, '--end-of-options', commitId];
  const text = await gitText(directory, ...args).catch(() => {
    throw missing();
  });
  const [id = '', treeId = '', parents = '', ...rest] = text.split('\0');
  const [
    name = '',
    email = '',
    date = '',
    committer = '',
    committerEmail = '',
    committerDate = '',
    message = '',
  ] = rest;
  return {
    commitId: id,
    treeId,
    parents: parents.split(' ').filter(Boolean),
    message,
    author: { name, email, date },
    committer: { name: committer, email: committerEmail, date: committerDate },
    additionalData: '',
  };
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

/** The tree without files that every git repository knows. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A commit's files as a zip archive. */
export const archiveCommit = async (
  host: Host,
  repositoryName: string,
  commitId: string,
): Promise<Uint8Array> =>
  new Uint8Array(await gitBytes(repositoryPath(host, repositoryName), 'archive', '--format=zip', commitId));
