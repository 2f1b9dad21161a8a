import type { Host } from '../host.ts';
import {
  type ForgeActivity,
  type ForgeCommit,
  forgeTables,
  NOTHING,
  readForgeBranches,
  readForgeCommits,
  readForgeFile,
  readForgeTree,
} from './repositories.ts';
import { type ApiAnswer, answer, isoTime, pageNumber, pageSize, withParameter } from './rest.ts';

/** Where GitLab's API is. */
export const GITLAB_PATH = '/api/v4';

const DEFAULT_PAGE = 20;

const notFound = (what: string): ApiAnswer => ({ status: 404, body: { message: `404 ${what} Not Found` } });

const describeCommit = ({ sha, parents, author, committer, message }: ForgeCommit) => ({
  id: sha,
  short_id: sha.slice(0, 8),
  parent_ids: parents,
  title: message.split('\n', 1)[0],
  message,
  author_name: author.name,
  author_email: author.email,
  authored_date: isoTime(author.seconds),
  committer_name: committer.name,
  committer_email: committer.email,
  committed_date: isoTime(committer.seconds),
  created_at: isoTime(committer.seconds),
});

/** An event names the branch, and no commit where there is none. A push to many branches has an event for each here. */
const describeEvent = ({ id, before, after, ref, at, actor }: ForgeActivity) => {
  const action = before === NOTHING ? 'created' : after === NOTHING ? 'removed' : 'pushed';
  return {
    id,
    action_name: { created: 'pushed new', removed: 'deleted', pushed: 'pushed to' }[action],
    created_at: new Date(at).toISOString(),
    author: { username: actor, name: actor, state: 'active' },
    author_username: actor,
    push_data: {
      action,
      ref_type: 'branch',
      commit_from: before === NOTHING ? null : before,
      commit_to: after === NOTHING ? null : after,
      ref: ref.replace(/^refs\/heads\//, ''),
    },
  };
};

/** What differs between two commits, without the lines; renames are not looked for. */
const compare = async (host: Host, repository: string, from: string, to: string): Promise<ApiAnswer> => {
  const trees = [await readForgeTree(host, repository, from), await readForgeTree(host, repository, to)];
  const [before, after] = trees.map(
    (tree) => tree && new Map(tree.filter(({ type }) => type !== 'tree').map((one) => [one.path, one])),
  );
  if (before === undefined || after === undefined) return notFound('Ref');
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    return was?.sha !== is?.sha || was?.mode !== is?.mode;
  });
  return answer({
    diffs: changed.map((path) => ({
      old_path: path,
      new_path: path,
      a_mode: before.get(path)?.mode ?? '0',
      b_mode: after.get(path)?.mode ?? '0',
      new_file: !before.has(path),
      deleted_file: !after.has(path),
      renamed_file: false,
    })),
    compare_timeout: false,
    compare_same_ref: from === to,
  });
};

/**
 * The subset of GitLab's REST API that reads a project.
 * @param url of a GET request whose token has been checked
 * @see https://docs.gitlab.com/api/rest/ and, there, projects, branches, commits, repositories and events
 */
export const answerGitLab = async (host: Host, url: URL): Promise<ApiAnswer> => {
  const { repositories, activities } = forgeTables(host);
  const [, project = '', rest = ''] = /^\/api\/v4\/projects\/([^/]+)(?:\/(.*))?$/.exec(url.pathname) ?? [];
  const repository = decodeURIComponent(project);
  if (!repositories.has(repository)) return notFound('Project');
  const { searchParams } = url;
  const [size, page] = [pageSize(url, DEFAULT_PAGE), pageNumber(url)];
  const nextPage = withParameter(url, 'page', String(page + 1));
  /** A page of a list that is here as a whole. */
  const pageOf = (all: readonly unknown[]): ApiAnswer =>
    answer(all.slice((page - 1) * size, page * size), all.length > page * size ? nextPage : undefined);

  if (rest === '') return answer({ path_with_namespace: repository, visibility: 'private' });

  const branch = /^repository\/branches\/([^/]+)$/.exec(rest)?.[1];
  if (branch !== undefined) {
    const name = decodeURIComponent(branch);
    const sha = (await readForgeBranches(host, repository))[`refs/heads/${name}`];
    return sha === undefined ? notFound('Branch') : answer({ name, commit: { id: sha } });
  }

  if (rest === 'repository/commits') {
    const sha = searchParams.get('ref_name') ?? '';
    const found = await readForgeCommits(host, repository, sha, { skip: (page - 1) * size, most: size + 1 });
    if (found === undefined) return notFound('Tree');
    return answer(found.slice(0, size).map(describeCommit), found.length > size ? nextPage : undefined);
  }

  const commit = /^repository\/commits\/([^/]+)$/.exec(rest)?.[1];
  if (commit !== undefined) {
    const [found] = (await readForgeCommits(host, repository, commit, { skip: 0, most: 1 })) ?? [];
    return found ? answer(describeCommit(found)) : notFound('Commit');
  }

  if (rest === 'repository/tree' && searchParams.get('recursive') === 'true') {
    const entries = await readForgeTree(host, repository, searchParams.get('ref') ?? '');
    if (entries === undefined) return notFound('Tree');
    return pageOf(
      entries.map(({ sha, ...entry }) => ({ ...entry, id: sha, name: entry.path.split('/').at(-1) })),
    );
  }

  const file = /^repository\/files\/([^/]+)$/.exec(rest)?.[1];
  if (file !== undefined) {
    const ref = searchParams.get('ref') ?? '';
    const found = await readForgeFile(host, repository, ref, decodeURIComponent(file));
    if (found === undefined) return notFound('File');
    const { content, sha } = found;
    return answer({
      file_path: decodeURIComponent(file),
      blob_id: sha,
      ref,
      size: content.length,
      encoding: 'base64',
      content: content.toString('base64'),
    });
  }

  if (rest === 'repository/compare' && searchParams.get('straight') === 'true')
    return compare(host, repository, searchParams.get('from') ?? '', searchParams.get('to') ?? '');

  if (rest === 'events' && searchParams.get('action') === 'pushed') {
    const own = activities.values().filter((one) => one.repository === repository);
    const order = searchParams.get('sort') === 'asc' ? 1 : -1;
    return pageOf(own.sort((one, other) => order * (one.id - other.id)).map(describeEvent));
  }
  return { status: 501, body: { message: `The emulator's forge does not serve ${url.pathname}.` } };
};
