import { randomBytes } from 'node:crypto';
import type http from 'node:http';
import type { Host, Service } from '../host.ts';
import { type LoopbackServer, listenOnLoopback } from '../services/shared/loopback-server.ts';
import { type GitRequest, gitRequestOf, serveGit } from './git-http.ts';
import { answerGitHub, GITHUB_PATH } from './github-api.ts';
import { answerGitLab, GITLAB_PATH } from './gitlab-api.ts';
import {
  type ForgeActivity,
  forgePath,
  forgeTables,
  NOTHING,
  prepareForgeRepository,
  readForgeBranches,
} from './repositories.ts';

/** A git forge on this machine: what GitHub or GitLab is to an account of AWS. */
export interface Forge extends Service {
  /** Makes a repository, unless it is there. */
  readonly createRepository: (repository: string) => Promise<void>;
  /** Address of its REST API, in the form of each provider that it stands for. */
  readonly apiUrls: { readonly github: string; readonly gitlab: string };
  /** Where an account pushes to, with its token. */
  readonly pushUrl: (account: string, repository: string) => string;
  /** Tells that an account pushed what the branch holds already: git has no such push, GitHub's redelivered webhooks are alike. */
  readonly pushAgain: (account: string, repository: string, branch: string) => void;
  /** A token that reads every repository and changes none. */
  readonly readOnlyToken: () => string;
}

/** What the forge is given. */
interface ForgeOptions {
  /** Logins of everybody who may push. */
  readonly accounts: readonly string[];
  /** Told of every change of a branch, at least once. */
  readonly onPush: (activity: ForgeActivity) => void;
}

const READER = '';

/** The providers whose REST API it speaks. */
const apis = [
  { path: GITHUB_PATH, answer: answerGitHub },
  { path: GITLAB_PATH, answer: answerGitLab },
];

/** The token of a request: git sends it as a password, the API's clients as a bearer. */
const tokenOf = ({ headers: { authorization = '' } }: http.IncomingMessage): string => {
  const [kind = '', value = ''] = authorization.split(' ');
  if (/^(bearer|token)$/i.test(kind)) return value;
  if (!/^basic$/i.test(kind)) return '';
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
};

const end = (
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
};

/** The forge: bare repositories below `<stateDir>/forge`, reached by git and by a part of GitHub's and of GitLab's REST API. It listens once it has one. */
export const createForge = (host: Host, { accounts, onPush }: ForgeOptions): Forge => {
  const { repositories, activities, tokens } = forgeTables(host);
  const address = `http://127.0.0.1:${host.ports.forge}`;
  const pushes = new Map<string, Promise<void>>();
  let server: LoopbackServer | undefined;

  const tokenFor = (login: string): string => {
    const known = tokens.entries().find(([, one]) => one === login)?.[0];
    if (known !== undefined) return known;
    const made = `forge_${randomBytes(20).toString('hex')}`;
    tokens.put(made, login);
    return made;
  };

  const note = (change: Omit<ForgeActivity, 'id' | 'at'>): void => {
    const id = activities.values().length + 1;
    const activity = { id, ...change, at: host.clock.now() };
    activities.put(String(id), activity);
    onPush(activity);
  };

  /** Records what a push has changed, then tells it; both are safe to repeat. */
  const record = async (repository: string, actor: string): Promise<void> => {
    const now = await readForgeBranches(host, repository);
    const { branches = {} } = repositories.get(repository) ?? {};
    for (const ref of new Set([...Object.keys(branches), ...Object.keys(now)])) {
      const [before, after] = [branches[ref] ?? NOTHING, now[ref] ?? NOTHING];
      if (before === after) continue;
      const last = activities.values().findLast((one) => one.repository === repository && one.ref === ref);
      // Otherwise a process recorded it that did not live to note the branch.
      if (last?.after !== after) note({ repository, ref, before, after, actor });
      const known = repositories.get(repository) ?? { branches };
      repositories.put(repository, { ...known, branches: { ...known.branches, [ref]: after } });
    }
    repositories.put(repository, { branches: now });
  };

  /** One push after the other, so that each change has its pusher. */
  const receive = (repository: string, actor: string, serve: () => Promise<void>): Promise<void> => {
    const before = pushes.get(repository) ?? Promise.resolve();
    const work = before.then(async () => {
      repositories.put(repository, { branches: {}, ...repositories.get(repository), pushing: actor });
      try {
        await serve();
      } finally {
        await record(repository, actor);
      }
    });
    pushes.set(
      repository,
      work.catch(() => undefined),
    );
    return work;
  };

  const handleGit = async (
    git: GitRequest,
    login: string,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> => {
    const { repository, service, isAdvertisement } = git;
    if (!repositories.has(repository)) return end(response, 404, { message: 'Not Found' });
    const isPush = service === 'git-receive-pack';
    if (isPush && login === READER) return end(response, 403, { message: 'This token may only read.' });
    const serve = () => serveGit(forgePath(host, repository), git, request, response);
    // The pusher hears of the end when it is recorded.
    if (isPush && !isAdvertisement) await receive(repository, login, serve);
    else await serve();
    response.end();
  };

  const handle = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', address);
    const git = gitRequestOf(request.method, url);
    const login = tokens.get(tokenOf(request));
    if (login === undefined)
      return end(
        response,
        401,
        { message: 'Bad credentials' },
        git && { 'www-authenticate': 'Basic realm="forge"' },
      );
    if (git) return handleGit(git, login, request, response);
    const api = apis.find(({ path }) => url.pathname.startsWith(`${path}/`));
    if (request.method !== 'GET' || api === undefined) return end(response, 404, { message: 'Not Found' });
    const { status, body, next } = await api.answer(host, url);
    end(response, status, body, next === undefined ? {} : { link: `<${next}>; rel="next"` });
  };

  const listen = async (): Promise<void> => {
    server ??= await listenOnLoopback(host.ports.forge, 'the git forge', handle, (error) =>
      host.log('forge', 'A request failed', { error: String(error) }),
    );
  };

  return {
    name: 'forge',
    operations: {},
    resources: {},
    apiUrls: { github: `${address}${GITHUB_PATH}`, gitlab: `${address}${GITLAB_PATH}` },
    pushUrl: (account, repository) =>
      `http://${account}:${tokenFor(account)}@127.0.0.1:${host.ports.forge}/${repository}.git`,
    pushAgain: (actor, repository, branch) => {
      const ref = `refs/heads/${branch}`;
      const commit = repositories.get(repository)?.branches[ref];
      if (commit !== undefined) note({ repository, ref, before: commit, after: commit, actor });
    },
    readOnlyToken: () => tokenFor(READER),
    createRepository: async (repository) => {
      await prepareForgeRepository(host, repository);
      if (!repositories.has(repository)) repositories.put(repository, { branches: {} });
      for (const account of accounts) tokenFor(account);
      await listen();
    },
    start: async () => {
      // What was told before this process is told again.
      for (const activity of activities.values()) onPush(activity);
      for (const [repository, { pushing }] of repositories.entries())
        if (pushing !== undefined) await record(repository, pushing);
      if (repositories.keys().length > 0) await listen();
    },
    stop: async () => {
      await server?.close();
      await Promise.all(pushes.values());
    },
  };
};
