import type { Host } from '../host.ts';
import {
  type ForgeActivity,
  type ForgeCommit,
  forgeTables,
  readForgeBranches,
  readForgeCommits,
  readForgeFile,
  readForgeTree,
} from './repositories.ts';
import { type ApiAnswer, answer, isoTime, pageNumber, pageSize, withParameter } from './rest.ts';

const notFound: ApiAnswer = { status: 404, body: { message: 'Not Found', status: '404' } };

const DEFAULT_PAGE = 30;
const LARGEST_CONTENT = 1024 * 1024;

/** Where the API is, as at a GitHub Enterprise Server. */
export const GITHUB_PATH = '/api/v3';

const describeCommit = ({ sha, parents, author, committer, message }: ForgeCommit) => {
  const signature = ({ name, email, seconds }: ForgeCommit['author']) => ({
    name,
    email,
    date: isoTime(seconds),
  });
  return {
    sha,
    commit: { author: signature(author), committer: signature(committer), message },
    parents: parents.map((parent) => ({ sha: parent })),
  };
};

const describeActivity = ({ id, before, after, ref, at, actor }: ForgeActivity) => ({
  id,
  before,
  after,
  ref,
  timestamp: isoTime(Math.floor(at / 1000)),
  activity_type: /^0+$/.test(before) ? 'branch_creation' : /^0+$/.test(after) ? 'branch_deletion' : 'push',
  actor: { login: actor, type: 'User' },
});

/**
 * The subset of GitHub's REST API that reads a repository.
 * @param url of a GET request whose token has been checked
 * @see https://docs.github.com/en/rest
 */
export const answerGitHub = async (host: Host, url: URL): Promise<ApiAnswer> => {
  const { repositories, activities } = forgeTables(host);
  const [, owner, name, rest = ''] =
    /^\/api\/v3\/repos\/([^/]+)\/([^/]+)(?:\/(.*))?$/.exec(url.pathname) ?? [];
  const repository = `${owner}/${name}`;
  if (!repositories.has(repository)) return notFound;
  if (rest === '') return answer({ full_name: repository, name, private: true });

  const reference = /^git\/ref\/(heads\/.+)$/.exec(rest)?.[1];
  if (reference !== undefined) {
    const branches = await readForgeBranches(host, repository);
    if (Object.keys(branches).length === 0)
      return { status: 409, body: { message: 'Git Repository is empty.', status: '409' } };
    const ref = `refs/${decodeURIComponent(reference)}`;
    const sha = branches[ref];
    return sha === undefined ? notFound : answer({ ref, object: { type: 'commit', sha } });
  }

  if (rest === 'commits') {
    const page = pageNumber(url);
    const size = pageSize(url, DEFAULT_PAGE);
    const sha = url.searchParams.get('sha') ?? '';
    const found = await readForgeCommits(host, repository, sha, { skip: (page - 1) * size, most: size + 1 });
    if (found === undefined) return notFound;
    const next = found.length > size ? withParameter(url, 'page', String(page + 1)) : undefined;
    return answer(found.slice(0, size).map(describeCommit), next);
  }

  const tree = /^git\/trees\/([^/]+)$/.exec(rest)?.[1];
  if (tree !== undefined && url.searchParams.get('recursive') !== null) {
    const entries = await readForgeTree(host, repository, tree);
    return entries === undefined ? notFound : answer({ sha: tree, tree: entries, truncated: false });
  }

  const file = /^contents\/(.+)$/.exec(rest)?.[1]?.split('/').map(decodeURIComponent).join('/');
  if (file !== undefined) {
    const found = await readForgeFile(host, repository, url.searchParams.get('ref') ?? '', file);
    if (found === undefined) return notFound;
    const { content, sha } = found;
    // "Get repository content": files of more than 1 MB come without their content.
    const isLarge = content.length > LARGEST_CONTENT;
    const encoded = isLarge
      ? { encoding: 'none', content: '' }
      : { encoding: 'base64', content: content.toString('base64').replace(/.{60}/g, '$&\n') };
    return answer({ type: 'file', path: file, sha, size: content.length, ...encoded });
  }

  if (rest === 'activity') {
    const size = pageSize(url, DEFAULT_PAGE);
    const ref = url.searchParams.get('ref');
    const cursor = Number.parseInt(url.searchParams.get('after') ?? '', 10) || Number.POSITIVE_INFINITY;
    const own = activities
      .values()
      .filter((one) => one.repository === repository && (ref === null || one.ref === ref) && one.id < cursor)
      .sort((one, other) => other.id - one.id);
    const page = own.slice(0, size);
    const next = own.length > size ? withParameter(url, 'after', String(page.at(-1)?.id)) : undefined;
    return answer(page.map(describeActivity), next);
  }
  return {
    status: 501,
    body: { message: `The emulator's forge does not serve ${url.pathname}.`, status: '501' },
  };
};
