import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createClock } from '../../clock.ts';
import { createHost } from '../../create-host.ts';
import { createForge, type Forge } from '../../forge/forge.ts';
import { type ForgeActivity, forgeTables } from '../../forge/repositories.ts';
import type { Ports } from '../../host.ts';
import { createMemoryStore } from '../../store.ts';
import { freePorts } from '../support/free-ports.ts';

const execute = promisify(execFile);
const REPOSITORY = 'example/orders';

describe('the forge', () => {
  let stateDir: string;
  let work: string;
  let ports: Ports;
  let store: ReturnType<typeof createMemoryStore>;
  let forge: Forge;
  let told: ForgeActivity[];

  const hostOf = () => createHost({ stateDir, store, clock: createClock(), ports, log: () => undefined });
  const open = async () => {
    forge = createForge(hostOf(), { accounts: ['dana', 'erin'], onPush: (activity) => told.push(activity) });
    await forge.start?.();
  };

  beforeEach(async () => {
    stateDir = fs.mkdtempSync(path.join(tmpdir(), 'forge-'));
    work = path.join(stateDir, 'work');
    fs.mkdirSync(work);
    ports = await freePorts();
    store = createMemoryStore();
    told = [];
    await open();
    await forge.createRepository(REPOSITORY);
    await git('init', '--quiet', '--initial-branch=main');
  });
  afterEach(async () => {
    await forge.stop?.();
    fs.rmSync(stateDir, { recursive: true, force: true });
  });

  const git = async (...args: readonly string[]) => {
    const env = {
      PATH: process.env.PATH,
      HOME: stateDir,
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.com',
      GIT_AUTHOR_DATE: '1764000000 +0100',
      GIT_COMMITTER_NAME: 'Dana',
      GIT_COMMITTER_EMAIL: 'dana@example.com',
      GIT_COMMITTER_DATE: '1764000100 -0800',
    };
    return (await execute('git', args, { cwd: work, env })).stdout.trim();
  };
  const commit = async (message: string, files: Readonly<Record<string, string>> = {}) => {
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(work, name)), { recursive: true });
      fs.writeFileSync(path.join(work, name), content);
    }
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  const push = (account: string, ...refs: readonly string[]) =>
    git('push', '--quiet', '--force', forge.pushUrl(account, REPOSITORY), ...refs);
  const ask = async (pathOrUrl: string, token = forge.readOnlyToken()) => {
    const url = URL.canParse(pathOrUrl)
      ? pathOrUrl
      : `${forge.apiUrls.github}/repos/${REPOSITORY}${pathOrUrl}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    // biome-ignore lint/suspicious/noExplicitAny: what the API answers is what is tested
    return { status: response.status, body: (await response.json()) as any, next };
  };

  it('gives a file of a commit, as GitHub and GitLab document it', async () => {
    const large = 'x'.repeat(1024 * 1024 + 1);
    const sha = await commit('First', { 'a b/c#.txt': 'hello', 'large.txt': large });
    await push('dana', 'main');
    expect((await ask(`/contents/a%20b/c%23.txt?ref=${sha}`)).body).toMatchObject({
      type: 'file',
      path: 'a b/c#.txt',
      size: 5,
      encoding: 'base64',
      content: 'aGVsbG8=',
    });
    expect((await ask(`/contents/large.txt?ref=${sha}`)).body).toMatchObject({
      encoding: 'none',
      content: '',
    });
    const project = `${forge.apiUrls.gitlab}/projects/${encodeURIComponent(REPOSITORY)}`;
    const file = await ask(`${project}/repository/files/a%20b%2Fc%23.txt?ref=${sha}`);
    expect(file.body).toMatchObject({ file_path: 'a b/c#.txt', encoding: 'base64', content: 'aGVsbG8=' });
    expect((await ask(`/contents/none.txt?ref=${sha}`)).status).toBe(404);
    expect((await ask(`${project}/repository/files/none.txt?ref=${sha}`)).status).toBe(404);
  });

  it('takes pushes by people and says who moved which branch', async () => {
    const first = await commit('First');
    await push('dana', 'main');
    const second = await commit('Second');
    await push('erin', 'main', 'main:feature/login');
    await push('dana', ':feature/login');
    const { body } = await ask('/activity?ref=refs/heads/main');
    expect(body).toMatchObject([
      { before: first, after: second, actor: { login: 'erin' }, activity_type: 'push' },
      { before: '0'.repeat(40), after: first, actor: { login: 'dana' }, ref: 'refs/heads/main' },
    ]);
    expect(
      (await ask('/activity')).body.map(({ activity_type }: { activity_type: string }) => activity_type),
    ).toEqual([
      'branch_deletion',
      expect.stringMatching(/push|branch_creation/),
      expect.stringMatching(/push|branch_creation/),
      'branch_creation',
    ]);
    expect(told.map(({ ref, actor }) => `${ref} ${actor}`).sort()).toEqual([
      'refs/heads/feature/login dana',
      'refs/heads/feature/login erin',
      'refs/heads/main dana',
      'refs/heads/main erin',
    ]);
  });

  it('gives activity page by page', async () => {
    for (const message of ['First', 'Second', 'Third']) {
      await commit(message);
      await push('dana', 'main');
    }
    const { body, next } = await ask('/activity?ref=refs/heads/main&per_page=2');
    expect(body).toHaveLength(2);
    const rest = await ask(next ?? '');
    expect(rest.body).toMatchObject([{ before: '0'.repeat(40) }]);
    expect(rest.next).toBeUndefined();
  });

  it('gives a branch, its commits and its files', async () => {
    const first = await commit('First\n\nWith a body', { 'src/a.txt': 'a' });
    const second = await commit('Second', { 'b.sh': 'b' });
    await push('dana', 'main');
    expect((await ask('/git/ref/heads/main')).body).toEqual({
      ref: 'refs/heads/main',
      object: { type: 'commit', sha: second },
    });
    const { body, next } = await ask(`/commits?sha=${second}&per_page=1`);
    expect(body).toMatchObject([{ sha: second, parents: [{ sha: first }] }]);
    expect((await ask(next ?? '')).body).toEqual([
      {
        sha: first,
        parents: [],
        commit: {
          author: { name: 'Ann', email: 'ann@example.com', date: '2025-11-24T16:00:00Z' },
          committer: { name: 'Dana', email: 'dana@example.com', date: '2025-11-24T16:01:40Z' },
          message: 'First\n\nWith a body',
        },
      },
    ]);
    expect((await ask(`/git/trees/${second}?recursive=1`)).body).toMatchObject({
      truncated: false,
      tree: [
        { path: 'b.sh', type: 'blob', mode: '100644' },
        { path: 'src', type: 'tree' },
        { path: 'src/a.txt', type: 'blob' },
      ],
    });
  });

  it('takes a push that is larger than one request of git', async () => {
    const content = Array.from({ length: 200_000 }, (_, index) => `${index * 7919}`).join('\n');
    await git('config', 'http.postBuffer', '65536');
    await commit('Large', { 'large.txt': content });
    await push('dana', 'main');
    fs.rmSync(path.join(stateDir, 'copy'), { recursive: true, force: true });
    await git('clone', '--quiet', forge.pushUrl('erin', REPOSITORY), path.join(stateDir, 'copy'));
    expect(fs.readFileSync(path.join(stateDir, 'copy', 'large.txt'), 'utf8')).toBe(content);
  });

  it.each<[string, string, number]>([
    ['a repository that is not there', 'https://other', 404],
    ['a branch that is not there', '/git/ref/heads/other', 404],
    ['a commit that is not there', `/commits?sha=${'1'.repeat(40)}`, 404],
    ['something that it does not serve', '/pulls', 501],
  ])('answers for %s', async (_, what, status) => {
    await commit('First');
    await push('dana', 'main');
    const url = what.startsWith('https') ? `${forge.apiUrls.github}/repos/example/other` : what;
    expect((await ask(url)).status).toBe(status);
  });

  it('has no branch before the first push', async () => {
    expect((await ask('/git/ref/heads/main')).status).toBe(409);
  });

  it('lets nobody in without a token, and the reader change nothing', async () => {
    expect((await ask('', 'guessed')).status).toBe(401);
    await commit('First');
    const url = (token: string) => `http://x:${token}@127.0.0.1:${ports.forge}/${REPOSITORY}.git`;
    await expect(git('push', url('guessed'), 'main')).rejects.toThrow('Authentication failed');
    await expect(git('push', url(forge.readOnlyToken()), 'main')).rejects.toThrow('403');
    await expect(git('push', `http://127.0.0.1:${ports.forge}/${REPOSITORY}.git`, 'main')).rejects.toThrow();
    expect(told).toEqual([]);
  });

  it('runs no hook that a repository brings along', async () => {
    const hook = path.join(stateDir, 'forge', `${REPOSITORY}.git`, 'hooks', 'pre-receive');
    fs.mkdirSync(path.dirname(hook), { recursive: true });
    fs.writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await commit('First');
    await push('dana', 'main');
    expect(told).toHaveLength(1);
  });

  it('makes a project in groups', async () => {
    await forge.createRepository('example/shop/orders');
    const first = await commit('First');
    await git('push', '--quiet', forge.pushUrl('dana', 'example/shop/orders'), 'main');
    expect(told).toMatchObject([{ repository: 'example/shop/orders', after: first }]);
  });

  describe("speaks GitLab's API, which", () => {
    const askGitLab = (pathname: string, repository = REPOSITORY) =>
      ask(`${forge.apiUrls.gitlab}/projects/${encodeURIComponent(repository)}${pathname}`);

    it('says who pushed, the newest first, page by page', async () => {
      const first = await commit('First');
      await push('dana', 'main');
      const second = await commit('Second');
      await push('erin', 'main');
      await push('dana', 'main:feature/login');
      await push('dana', ':feature/login');
      const { body, next } = await askGitLab('/events?action=pushed&sort=desc&per_page=3');
      expect(body).toMatchObject([
        { push_data: { action: 'removed', ref: 'feature/login', commit_from: second, commit_to: null } },
        { push_data: { action: 'created', ref: 'feature/login', commit_from: null, commit_to: second } },
        {
          action_name: 'pushed to',
          author: { username: 'erin' },
          push_data: { ref: 'main', ref_type: 'branch', commit_from: first, commit_to: second },
        },
      ]);
      expect((await ask(next ?? '')).body).toMatchObject([{ author: { username: 'dana' } }]);
      expect((await ask(next ?? '')).next).toBeUndefined();
    });

    it('gives a branch, its commits, its files and what differs', async () => {
      const first = await commit('First\n\nWith a body', { 'src/a.txt': 'a', 'b.txt': 'b' });
      fs.rmSync(path.join(work, 'b.txt'));
      const second = await commit('Second', { 'src/a.txt': 'A', 'c.txt': 'c' });
      await push('dana', 'main', 'main:feature/login');
      expect((await askGitLab('/repository/branches/feature%2Flogin')).body).toMatchObject({
        commit: { id: second },
      });
      const { body, next } = await askGitLab(`/repository/commits?ref_name=${second}&per_page=1`);
      expect(body).toMatchObject([{ id: second, parent_ids: [first] }]);
      const [last] = (await ask(next ?? '')).body;
      expect(last).toMatchObject({
        id: first,
        parent_ids: [],
        author_name: 'Ann',
        authored_date: '2025-11-24T16:00:00Z',
        committer_email: 'dana@example.com',
        committed_date: '2025-11-24T16:01:40Z',
        message: 'First\n\nWith a body',
      });
      expect((await askGitLab(`/repository/commits/${first}`)).body).toEqual(last);
      const tree = await askGitLab(`/repository/tree?ref=${first}&recursive=true&per_page=2`);
      expect(tree.body).toMatchObject([
        { path: 'b.txt', type: 'blob' },
        { path: 'src', type: 'tree' },
      ]);
      expect((await ask(tree.next ?? '')).body).toMatchObject([{ path: 'src/a.txt', name: 'a.txt' }]);
      const compared = await askGitLab(`/repository/compare?from=${first}&to=${second}&straight=true`);
      expect(compared.body).toMatchObject({
        compare_timeout: false,
        diffs: [
          { old_path: 'b.txt', deleted_file: true },
          { new_path: 'src/a.txt', new_file: false, deleted_file: false },
          { new_path: 'c.txt', new_file: true },
        ],
      });
    });

    it.each([
      ['/repository/branches/other', 404],
      [`/repository/commits?ref_name=${'1'.repeat(40)}`, 404],
      [`/repository/commits/${'1'.repeat(40)}`, 404],
      [`/repository/tree?ref=${'1'.repeat(40)}&recursive=true`, 404],
      [`/repository/compare?from=${'1'.repeat(40)}&to=${'1'.repeat(40)}&straight=true`, 404],
      ['/issues', 501],
    ])('answers to %s with %d', async (pathname, status) => {
      await commit('First');
      await push('dana', 'main');
      expect((await askGitLab(pathname)).status).toBe(status);
      expect((await askGitLab(pathname, 'example/other')).status).toBe(404);
    });
  });

  it.each(['orders', '../orders', 'example/..', 'a//c', 'example/x.git'])(
    'makes no repository %s',
    async (name) => {
      await expect(forge.createRepository(name)).rejects.toThrow(TypeError);
    },
  );

  it('tells again after a restart, and records what a killed process did not, as its pusher did it', async () => {
    const first = await commit('First');
    await push('dana', 'main');
    const { repositories } = forgeTables(hostOf());
    const token = forge.readOnlyToken();
    await forge.stop?.();
    const second = await commit('Second');
    await git('push', '--quiet', path.join(stateDir, 'forge', `${REPOSITORY}.git`), 'main');
    repositories.put(REPOSITORY, { branches: { 'refs/heads/main': first }, pushing: 'erin' });
    told = [];
    await open();
    expect(told).toMatchObject([
      { after: first, actor: 'dana' },
      { after: second, actor: 'erin' },
    ]);
    expect(forge.readOnlyToken()).toBe(token);
    expect((await ask('/activity')).body).toHaveLength(2);
  });
});
