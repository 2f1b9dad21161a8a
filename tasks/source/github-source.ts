import { aheadReader } from './ahead-reader.ts';
import { filesBetween } from './files-between.ts';
import { activitiesIn, commitsIn, contentIn, filesIn, headIn } from './github-answers.ts';
import {
  findIn,
  type Provider,
  type ProviderApi,
  pagesOf,
  RepositoryUnreadableError,
} from './provider-api.ts';
import type { ConnectedSource, SourcePush } from './source.ts';

/** Most that a page of GitHub holds. */
const PAGE = 100;
/** After a branch was deleted. */
const NOTHING = '0'.repeat(40);

/** @see https://docs.github.com/en/rest */
export const gitHub: Provider = {
  name: 'GitHub',
  headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  limits: { remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' },
  statusPage: 'githubstatus.com',
  permissions: 'the permissions Contents and Metadata, read-only, of this repository',
};

/**
 * A repository at GitHub, or at a GitHub Enterprise Server.
 * @param repository owner and name
 * @see https://docs.github.com/en/rest
 */
export function createGitHubSource(repository: string, branch: string, api: ProviderApi): ConnectedSource {
  const root = `/repos/${repository.split('/').map(encodeURIComponent).join('/')}`;
  const reference = `refs/heads/${branch}`;
  const find = (path: string, absent: readonly number[]) => findIn(api, root, path, absent);

  const filesOf = async (commitId: string): Promise<ReadonlyMap<string, string>> => {
    const path = `${root}/git/trees/${encodeURIComponent(commitId)}?recursive=1`;
    const answer = await api.get(path);
    return filesIn(path, answer?.body);
  };

  return {
    readFile: async (commitId, file) => {
      const at = file.split('/').map(encodeURIComponent).join('/');
      const path = `${root}/contents/${at}?ref=${encodeURIComponent(commitId)}`;
      const answer = await find(path, [404]);
      return answer && contentIn(path, answer.body);
    },
    head: async () => {
      const path = `${root}/git/ref/heads/${branch.split('/').map(encodeURIComponent).join('/')}`;
      // An empty repository answers 409.
      const answer = await find(path, [404, 409]);
      return answer && headIn(path, answer.body);
    },
    commits: aheadReader('GitHub', async (commitId) => {
      const path = `${root}/commits?sha=${encodeURIComponent(commitId)}&per_page=${PAGE}`;
      const answer = await find(path, [404, 409, 422]);
      return answer && { path, commits: commitsIn(path, answer.body) };
    }),
    // Not compared by GitHub, which lists 300 files at most: a tree lists 100,000, and says if it has more.
    differences: async (before, after, most) => {
      const [was, is] = [before === undefined ? new Map() : await filesOf(before), await filesOf(after)];
      return filesBetween(was, is).slice(0, most);
    },
    pushes: async (since) => {
      const found: SourcePush[] = [];
      const query = new URLSearchParams({ ref: reference, direction: 'desc', per_page: String(PAGE) });
      for await (const { path, body } of pagesOf(api, `${root}/activity?${query}`)) {
        const page = activitiesIn(path, body, reference);
        for (const { after, actor, at } of page) {
          if (at < since.getTime() || after === NOTHING) continue;
          const pushedAt = new Date(at).toISOString();
          if (actor === undefined)
            throw new RepositoryUnreadableError(
              `The account that moved ${branch} of ${repository} to ${after} at ${pushedAt} no longer exists at GitHub, so nobody can tell who made ` +
                'this change. Set makersMayDecide of this application to true until a later commit is in Prod.',
            );
          found.push({ commitId: after, pushedBy: actor, pushedAt });
        }
        // The newest come first.
        if (page.some(({ at }) => at < since.getTime())) break;
      }
      return found;
    },
  };
}
