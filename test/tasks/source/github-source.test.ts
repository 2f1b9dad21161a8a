import { createGitHubSource, gitHub as provider } from '../../../tasks/source/github-source.ts';
import { createProviderApi } from '../../../tasks/source/provider-api.ts';
import {
  type Recorded,
  type RecordedAnswers,
  recordedProvider,
  TOKEN,
  unreadable,
} from './support/recorded-provider.ts';

const API = 'https://github.example.com/api/v3';
const REPOSITORY = '/repos/example/orders';
const id = (digit: string) => digit.repeat(40);
const [A, B, C] = [id('a'), id('b'), id('c')];

const gitHub = (answers: RecordedAnswers, branch = 'main') => {
  const { api, ...world } = recordedProvider(provider, API, answers);
  return { ...world, source: createGitHubSource('example/orders', branch, api) };
};

const signature = { name: 'Dana', email: 'dana@example.com', date: '2026-11-22T11:00:00Z' };
const commit = (sha: string, ...parents: readonly string[]) => ({
  sha,
  parents: parents.map((parent) => ({ sha: parent })),
  commit: { author: signature, committer: { ...signature, name: 'Erin' }, message: `Make ${sha[0]}` },
  author: null,
});
const commitsPath = (sha: string) => `${REPOSITORY}/commits?sha=${sha}&per_page=100`;
const treePath = (sha: string) => `${REPOSITORY}/git/trees/${sha}?recursive=1`;
const activityPath = `${REPOSITORY}/activity?ref=refs%2Fheads%2Fmain&direction=desc&per_page=100`;
const activity = (after: string, timestamp: string, actor: unknown = { login: 'octo-dana' }) => ({
  id: 1,
  before: A,
  after,
  ref: 'refs/heads/main',
  timestamp,
  activity_type: 'push',
  actor,
});

describe('the head', () => {
  it('is the commit of the branch, whose name is escaped', async () => {
    const { source, authorizations } = gitHub(
      { [`${REPOSITORY}/git/ref/heads/release/1%232`]: { body: { object: { sha: A, type: 'commit' } } } },
      'release/1#2',
    );
    expect(await source.head()).toBe(A);
    expect(authorizations).toEqual([`Bearer ${TOKEN}`]);
  });

  it.each([404, 409])('is none if GitHub answers %d and has the repository', async (status) => {
    const { source } = gitHub({ [`${REPOSITORY}/git/ref/heads/main`]: { status }, [REPOSITORY]: {} });
    expect(await source.head()).toBeUndefined();
  });

  it('fails if the token does not reach the repository', async () => {
    const { source } = gitHub({});
    expect(await unreadable(source.head())).toContain(`GitHub answers 404 to ${REPOSITORY}.`);
  });
});

describe('a file', () => {
  const path = `${REPOSITORY}/contents/a%20b/c%23.txt?ref=${A}`;
  const readWith = (answers: RecordedAnswers) => gitHub(answers).source.readFile(A, 'a b/c#.txt');

  it('is read by its escaped path, out of base64 with line breaks', async () => {
    const body = { type: 'file', encoding: 'base64', content: 'aGVs\nbG8=\n' };
    expect(await readWith({ [path]: { body } })).toEqual(Buffer.from('hello'));
  });

  it.each<[string, Recorded]>([
    ['is gone', { status: 404 }],
    ['has more than 1 MB', { body: { type: 'file', encoding: 'none', content: '' } }],
    ['is a submodule', { body: { type: 'submodule', content: '' } }],
  ])('is none if it %s', async (_, answer) => {
    expect(await readWith({ [path]: answer, [REPOSITORY]: {} })).toBeUndefined();
  });

  it.each([{ type: 'file', encoding: 'base64', content: '?' }, { type: 'file', encoding: 'rot13' }, []])(
    'fails with what GitHub does not document: %j',
    async (body) => {
      expect(await unreadable(readWith({ [path]: { body } }))).toContain('GitHub');
    },
  );
});

describe('commits', () => {
  it('are read a hundred at a time, ahead of those who ask', async () => {
    const { source, asked } = gitHub({ [commitsPath(A)]: { body: [commit(A, B), commit(B, C), commit(C)] } });
    expect(await source.commits([A])).toEqual([
      {
        commitId: A,
        parents: [B],
        author: { name: 'Dana', email: 'dana@example.com', date: '1795345200 +0000' },
        committer: { name: 'Erin', email: 'dana@example.com', date: '1795345200 +0000' },
        message: 'Make a',
      },
    ]);
    expect((await source.commits([B, C])).map(({ parents }) => parents)).toEqual([[C], []]);
    expect(asked).toEqual([commitsPath(A)]);
  });

  it('of a long history need a call for each hundred', async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => index.toString(16).padStart(40, '0'));
    const history = ids.map((one, index) => commit(one, ...ids.slice(index + 1, index + 2)));
    const { source, asked } = gitHub(
      Object.fromEntries(
        ids.map((one, index) => [commitsPath(one), { body: history.slice(index, index + 100) }]),
      ),
    );
    let read = 0;
    for (let next = ids[0]; next !== undefined; read++)
      next = (await source.commits([next]))[0]?.parents?.[0];
    expect(read).toBe(1000);
    expect(asked).toHaveLength(10);
  });

  it('that do not exist are left out', async () => {
    const { source } = gitHub({ [commitsPath(A)]: { body: [commit(A)] }, [REPOSITORY]: {} });
    expect((await source.commits([A, B])).map(({ commitId }) => commitId)).toEqual([A]);
  });

  it.each<[string, unknown]>([
    ['no list', {}],
    ['another commit', [commit(B)]],
    ['no parents', [{ ...commit(A), parents: undefined }]],
    ['a parent that is no commit id', [commit(A, 'main')]],
    ['an author who is not known', [{ ...commit(A), commit: { ...commit(A).commit, author: null } }]],
    [
      'an author without address',
      [{ ...commit(A), commit: { ...commit(A).commit, author: { ...signature, email: null } } }],
    ],
    [
      'a date that is none',
      [{ ...commit(A), commit: { ...commit(A).commit, committer: { ...signature, date: 'soon' } } }],
    ],
    ['no message', [{ ...commit(A), commit: { ...commit(A).commit, message: null } }]],
  ])('fail with %s', async (_, body) => {
    const { source } = gitHub({ [commitsPath(A)]: { body } });
    expect(await unreadable(source.commits([A]))).toContain(`GitHub's answer to ${commitsPath(A)}`);
  });
});

describe('differences', () => {
  const file = (path: string, sha: string, mode = '100644') => ({ path, mode, type: 'blob', sha });
  const tree = (...files: readonly object[]) => ({ body: { sha: A, tree: files, truncated: false } });

  it('are those of both trees, sorted, at most so many', async () => {
    const { source } = gitHub({
      [treePath(A)]: tree(file('same', A), file('changed', A), file('run.sh', A), file('gone', A), {
        path: 'lib',
        mode: '040000',
        type: 'tree',
        sha: A,
      }),
      [treePath(B)]: tree(
        file('same', A),
        file('changed', B),
        file('run.sh', A, '100755'),
        file('lib/new', B),
        { path: 'lib', mode: '040000', type: 'tree', sha: B },
      ),
    });
    const all = [
      { path: 'changed', change: 'changed' },
      { path: 'gone', change: 'removed' },
      { path: 'lib/new', change: 'added' },
      { path: 'run.sh', change: 'changed' },
    ];
    expect(await source.differences(A, B, 10)).toEqual(all);
    expect(await source.differences(A, B, 2)).toEqual(all.slice(0, 2));
  });

  it('from nothing are all files', async () => {
    const { source } = gitHub({ [treePath(A)]: tree(file('b', B), file('a', A)) });
    expect(await source.differences(undefined, A, 10)).toEqual([
      { path: 'a', change: 'added' },
      { path: 'b', change: 'added' },
    ]);
  });

  it.each<[string, object, string]>([
    ['a truncated tree', { tree: [], truncated: true }, 'has not all files'],
    ['a tree that does not say whether it is complete', { tree: [] }, 'has no "truncated"'],
    ['no tree', { truncated: false }, 'has no tree'],
    ['a file without path', { tree: [{ type: 'blob' }], truncated: false }, 'has no path'],
  ])('fail with %s', async (_, body, reason) => {
    const { source } = gitHub({ [treePath(A)]: { body } });
    expect(await unreadable(source.differences(undefined, A, 10))).toContain(reason);
  });
});

describe('pushes', () => {
  const since = new Date('2026-11-20T00:00:00Z');
  const second = `${REPOSITORY}/activity?after=xyz`;

  it('are read page by page, until they are older', async () => {
    const third = `${REPOSITORY}/activity?after=zzz`;
    const { source, asked } = gitHub({
      [activityPath]: {
        body: [activity(C, '2026-11-22T11:00:00Z'), activity(id('0'), '2026-11-22T10:59:00Z')],
        headers: { link: `<${API}${activityPath}>; rel="prev", <${API}${second}>; rel="next"` },
      },
      [second]: {
        body: [
          activity(B, '2026-11-21T11:00:00+01:00', { login: 'merge-bot[bot]' }),
          activity(A, '2026-11-19T00:00:00Z', null),
        ],
        headers: { link: `<${API}${third}>; rel="next"` },
      },
    });
    expect(await source.pushes(since)).toEqual([
      { commitId: C, pushedBy: 'octo-dana', pushedAt: '2026-11-22T11:00:00.000Z' },
      { commitId: B, pushedBy: 'merge-bot[bot]', pushedAt: '2026-11-21T10:00:00.000Z' },
    ]);
    expect(asked).toEqual([activityPath, second]);
  });

  it.each<[string, unknown, string]>([
    ['an account that no longer exists', [activity(C, '2026-11-22T11:00:00Z', null)], 'no longer exists'],
    ['an actor without login', [activity(C, '2026-11-22T11:00:00Z', {})], 'has no login'],
    [
      'another branch',
      [{ ...activity(C, '2026-11-22T11:00:00Z'), ref: 'refs/heads/other' }],
      'tells of refs/heads/other',
    ],
    ['no time', [activity(C, 'yesterday')], 'has no time'],
    ['no commit', [activity('main', '2026-11-22T11:00:00Z')], 'has no commit id'],
    ['no list', { message: 'Hello' }, 'has no list of activities'],
  ])('fail with %s', async (_, body, reason) => {
    expect(await unreadable(gitHub({ [activityPath]: { body } }).source.pushes(since))).toContain(reason);
  });

  it('fail if the next page is elsewhere: the token goes nowhere else', async () => {
    const { source } = gitHub({
      [activityPath]: {
        body: [activity(C, '2026-11-22T11:00:00Z')],
        headers: { link: '<https://github.example.com.evil.test/api/v3/x>; rel="next"' },
      },
    });
    expect(await unreadable(source.pushes(since))).toContain('not below https://github.example.com/api/v3');
  });
});

describe('what GitHub does not answer', () => {
  const path = treePath(A);
  const complete = { body: { tree: [], truncated: false } };
  const differences = (...answers: readonly Recorded[]) => {
    const world = gitHub({ [path]: answers });
    return { ...world, result: world.source.differences(undefined, A, 1) };
  };
  const reset = String(Date.parse('2026-11-22T12:00:30Z') / 1000);

  it.each<[string, Recorded, readonly number[]]>([
    ['502', { status: 502 }, [1000]],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '7' } }, [7000]],
    ['429', { status: 429 }, [1000]],
    ['403 with Retry-After', { status: 403, headers: { 'retry-after': '60' } }, [60_000]],
    [
      '403 with an exhausted limit',
      { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } },
      [30_000],
    ],
    ['no connection', { status: 0 }, [1000]],
  ])('is asked for again after %s', async (_, answer, waits) => {
    const world = differences(answer, complete);
    expect(await world.result).toEqual([]);
    expect(world.waits).toEqual(waits);
  });

  it('is asked for with the token that replaced a rejected one', async () => {
    const world = differences({ status: 401 }, complete);
    expect(await world.result).toEqual([]);
    expect(world.authorizations).toEqual([`Bearer ${TOKEN}`, 'Bearer github_pat_renewed']);
  });

  it.each<[string, Recorded, number, string]>([
    ['401', { status: 401 }, 2, 'GitHub rejects the token'],
    [
      '403',
      { status: 403, headers: { 'x-ratelimit-remaining': '4000' } },
      1,
      'Contents and Metadata, read-only',
    ],
    ['404', { status: 404 }, 1, 'Check source.repository'],
    ['301', { status: 301, headers: { location: 'https://evil.test/' } }, 1, 'new owner and name'],
    ['422', { status: 422 }, 1, 'does not know this answer'],
    ['500 each time', { status: 500 }, 5, 'GitHub fails'],
    [
      'a limit that lasts longer',
      { status: 429, headers: { 'retry-after': '600' } },
      1,
      'Redrive when it is reset',
    ],
  ])('fails after %s, with status, path and remedy', async (_, answer, requests, remedy) => {
    const world = differences(answer);
    const message = await unreadable(world.result);
    expect(message).toContain(`GitHub answers ${answer.status} to ${path}. `);
    expect(message).toContain(remedy);
    expect(world.asked).toHaveLength(requests);
  });

  it('fails without a connection, and does not repeat what the error says', async () => {
    const message = await unreadable(differences({ status: 0 }).result);
    expect(message).toContain(`could not be asked for ${path} at ${API}: TypeError.`);
  });

  it('fails with an answer that is no JSON', async () => {
    expect(await unreadable(differences({ text: '<html>' }).result)).toContain('is no JSON');
  });

  it.each(['', 'two\nlines', '{"token":"x"}'])(
    'fails with the secret %j, which is no token',
    async (secret) => {
      const api = createProviderApi(provider, {
        apiUrl: API,
        token: async () => secret,
        fetch: async () => {
          throw new Error('asked');
        },
      });
      expect(await unreadable(api.get('/x'))).toContain('Store the token alone');
    },
  );
});
