import { aheadReader } from './ahead-reader.ts';
import { filesBetween } from './files-between.ts';
import { changesIn, commitsIn, contentIn, filesIn, headIn, pushEventsIn } from './gitlab-answers.ts';
import { type PushEvent, pushesTo } from './gitlab-pushes.ts';
import {
  findIn,
  type Provider,
  type ProviderApi,
  pagesOf,
  RepositoryUnreadableError,
} from './provider-api.ts';
import type { ConnectedSource } from './source.ts';

/** Most that a page of GitLab holds. */
const PAGE = 100;

/** @see https://docs.gitlab.com/api/rest/ */
export const gitLab: Provider = {
  name: 'GitLab',
  headers: { accept: 'application/json' },
  limits: { remaining: 'ratelimit-remaining', reset: 'ratelimit-reset' },
  statusPage: 'status.gitlab.com',
  permissions: 'the scope read_api and the role Reporter in this project',
};

/**
 * A project at GitLab.com, or at a GitLab of one's own.
 * @param project its path, with all groups
 * @see https://docs.gitlab.com/api/commits/, /branches/, /repositories/ and /events/ there
 */
export function createGitLabSource(project: string, branch: string, api: ProviderApi): ConnectedSource {
  const root = `/projects/${encodeURIComponent(project)}`;
  const repository = `${root}/repository`;

  const find = (path: string) => findIn(api, root, path, [404]);

  const filesOf = async (commitId: string): Promise<ReadonlyMap<string, string>> => {
    const files = new Map<string, string>();
    const query = new URLSearchParams({ ref: commitId, recursive: 'true', per_page: String(PAGE) });
    for await (const { path, body } of pagesOf(api, `${repository}/tree?${query}&pagination=keyset`))
      for (const [file, what] of filesIn(path, body)) files.set(file, what);
    return files;
  };

  return {
    readFile: async (commitId, file) => {
      const path = `${repository}/files/${encodeURIComponent(file)}?ref=${encodeURIComponent(commitId)}`;
      const answer = await find(path);
      return answer && contentIn(path, answer.body);
    },
    head: async () => {
      const path = `${repository}/branches/${encodeURIComponent(branch)}`;
      const answer = await find(path);
      return answer && headIn(path, answer.body);
    },
    commits: aheadReader('GitLab', async (commitId) => {
      const path = `${repository}/commits?ref_name=${encodeURIComponent(commitId)}&per_page=${PAGE}`;
      const answer = await find(path);
      const commits = answer ? commitsIn(path, answer.body) : [];
      // The documentation does not say what a list of no commit's history is; of one commit it does: 404.
      if (
        commits.length === 0 &&
        (await find(`${repository}/commits/${encodeURIComponent(commitId)}`)) === undefined
      )
        return undefined;
      return { path, commits };
    }),
    differences: async (before, after, most) => {
      if (before === undefined) return filesBetween(new Map(), await filesOf(after)).slice(0, most);
      const query = new URLSearchParams({ from: before, to: after, straight: 'true' });
      const path = `${repository}/compare?${query}`;
      const answer = await api.get(path);
      return changesIn(path, answer?.body).slice(0, most);
    },
    pushes: async (since) => {
      const events: PushEvent[] = [];
      const query = new URLSearchParams({ action: 'pushed', sort: 'desc', per_page: String(PAGE) });
      for await (const { path, body } of pagesOf(api, `${root}/events?${query}`)) {
        const page = pushEventsIn(path, body);
        events.push(...page.filter(({ at }) => at >= since.getTime()));
        if (page.some(({ at }) => at < since.getTime())) break;
      }
      return pushesTo(
        branch,
        events.reverse(),
        (what) =>
          new RepositoryUnreadableError(
            `${what} in ${project} at GitLab, so nobody can tell who made this change. Set makersMayDecide of this application to true ` +
              'until a later commit is in Prod.',
          ),
      );
    },
  };
}
