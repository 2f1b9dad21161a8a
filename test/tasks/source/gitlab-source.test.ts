import { createGitLabSource, gitLab as provider } from '../../../tasks/source/gitlab-source.ts';
import {
  type Recorded,
  type RecordedAnswers,
  recordedProvider,
  TOKEN,
  unreadable,
} from './support/recorded-provider.ts';

const API = 'https://gitlab.example.com/api/v4';
const PROJECT = '/projects/example%2Fshop%2Forders';
const id = (digit: string) => digit.repeat(40);
const [A, B, C] = [id('a'), id('b'), id('c')];

/** GitLab as recorded. */
const gitLab = (answers: RecordedAnswers, branch = 'main') => {
  const { api, ...world } = recordedProvider(provider, API, answers);
  return { ...world, source: createGitLabSource('example/shop/orders', branch, api) };
};

const branchPath = `${PROJECT}/repository/branches/main`;
const commitsPath = (sha: string) => `${PROJECT}/repository/commits?ref_name=${sha}&per_page=100`;
const commitPath = (sha: string) => `${PROJECT}/repository/commits/${sha}`;
const treePath = (sha: string) =>
  `${PROJECT}/repository/tree?ref=${sha}&recursive=true&per_page=100&pagination=keyset`;
const comparePath = `${PROJECT}/repository/compare?from=${A}&to=${B}&straight=true`;
const eventsPath = `${PROJECT}/events?action=pushed&sort=desc&per_page=100`;
const commit = (sha: string, ...parents: readonly string[]) => ({
  id: sha,
  parent_ids: parents,
  author_name: 'Dana',
  author_email: 'dana@example.com',
  authored_date: '2026-11-22T12:00:00.000+01:00',
  committer_name: 'Erin',
  committer_email: 'erin@example.com',
  committed_date: '2026-11-22T11:00:01.000Z',
  message: `Make ${sha[0]}`,
});

describe('a file at GitLab', () => {
  const path = `${PROJECT}/repository/files/a%20b%2Fc%23.txt?ref=${A}`;
  const readWith = (answers: RecordedAnswers) => gitLab(answers).source.readFile(A, 'a b/c#.txt');

  it('is read by its escaped path, out of base64', async () => {
    const body = { encoding: 'base64', content: 'aGVsbG8=' };
    expect(await readWith({ [path]: { body } })).toEqual(Buffer.from('hello'));
  });

  it('is none if it is gone', async () => {
    expect(await readWith({ [PROJECT]: {} })).toBeUndefined();
  });

  it('fails with an encoding that GitLab does not document', async () => {
    expect(
      await unreadable(readWith({ [path]: { body: { encoding: 'text', content: 'hello' } } })),
    ).toContain('has the encoding text');
  });
});

describe('the head at GitLab', () => {
  it('is the commit of the branch, whose name is escaped', async () => {
    const path = `${PROJECT}/repository/branches/release%2F1%232`;
    const { source, authorizations } = gitLab(
      { [path]: { body: { name: 'x', commit: { id: A } } } },
      'release/1#2',
    );
    expect(await source.head()).toBe(A);
    expect(authorizations).toEqual([`Bearer ${TOKEN}`]);
  });

  it('is none if the project has no such branch', async () => {
    expect(await gitLab({ [PROJECT]: {} }).source.head()).toBeUndefined();
  });

  it('fails if the token does not reach the project', async () => {
    expect(await unreadable(gitLab({}).source.head())).toContain(`GitLab answers 404 to ${PROJECT}.`);
  });

  it('fails with a branch without commit', async () => {
    expect(await unreadable(gitLab({ [branchPath]: { body: { name: 'main' } } }).source.head())).toContain(
      'has no commit',
    );
  });
});

describe('commits at GitLab', () => {
  it('are read a hundred at a time, ahead of those who ask', async () => {
    const { source, asked } = gitLab({ [commitsPath(A)]: { body: [commit(A, B), commit(B, C), commit(C)] } });
    expect(await source.commits([A])).toEqual([
      {
        commitId: A,
        parents: [B],
        author: { name: 'Dana', email: 'dana@example.com', date: '1795345200 +0000' },
        committer: { name: 'Erin', email: 'erin@example.com', date: '1795345201 +0000' },
        message: 'Make a',
      },
    ]);
    expect((await source.commits([B, C])).map(({ parents }) => parents)).toEqual([[C], []]);
    expect(asked).toEqual([commitsPath(A)]);
  });

  it.each<[string, Recorded]>([
    ['404', { status: 404 }],
    ['no commits', { body: [] }],
  ])('that do not exist are left out: GitLab answers %s', async (_, answer) => {
    const { source } = gitLab({
      [commitsPath(A)]: { body: [commit(A)] },
      [commitsPath(B)]: answer,
      [PROJECT]: {},
    });
    expect((await source.commits([A, B])).map(({ commitId }) => commitId)).toEqual([A]);
  });

  it.each<[string, unknown]>([
    ['no list', {}],
    ['no commits, though there is this one', []],
    ['another commit', [commit(B)]],
    ['no parents', [{ ...commit(A), parent_ids: undefined }]],
    ['a parent that is no commit id', [commit(A, 'main')]],
    ['an author without address', [{ ...commit(A), author_email: null }]],
    ['a date that is none', [{ ...commit(A), committed_date: 'soon' }]],
    ['no message', [{ ...commit(A), message: null }]],
  ])('fail with %s', async (_, body) => {
    const { source } = gitLab({ [commitsPath(A)]: { body }, [commitPath(A)]: { body: commit(A) } });
    expect(await unreadable(source.commits([A]))).toContain(`GitLab's answer to ${commitsPath(A)}`);
  });
});

describe('differences at GitLab', () => {
  const diff = (before: string, after: string, change: object = {}) => ({
    old_path: before,
    new_path: after,
    new_file: false,
    deleted_file: false,
    renamed_file: before !== after,
    ...change,
  });
  const comparison = (...diffs: readonly object[]) => ({ diffs, compare_timeout: false });

  it('are those of a comparison, sorted, at most so many; a renamed file is removed and added', async () => {
    const body = comparison(
      diff('run.sh', 'run.sh'),
      diff('old', 'new'),
      diff('gone', 'gone', { deleted_file: true }),
      diff('added', 'added', { new_file: true }),
    );
    const { source, asked } = gitLab({ [comparePath]: { body } });
    const all = [
      { path: 'added', change: 'added' },
      { path: 'gone', change: 'removed' },
      { path: 'new', change: 'added' },
      { path: 'old', change: 'removed' },
      { path: 'run.sh', change: 'changed' },
    ];
    expect(await source.differences(A, B, 10)).toEqual(all);
    expect(await source.differences(A, B, 2)).toEqual(all.slice(0, 2));
    expect(asked).toEqual([comparePath, comparePath]);
  });

  it('from nothing are all files, page by page', async () => {
    const next = `${PROJECT}/repository/tree?page_token=x`;
    const file = (path: string, type = 'blob') => ({ id: A, path, type, mode: '100644' });
    const { source } = gitLab({
      [treePath(A)]: {
        body: [file('b'), file('lib', 'tree')],
        headers: { link: `<${API}${next}>; rel="next"` },
      },
      [next]: { body: [file('lib/a')] },
    });
    expect(await source.differences(undefined, A, 10)).toEqual([
      { path: 'b', change: 'added' },
      { path: 'lib/a', change: 'added' },
    ]);
  });

  it.each<[string, object, string]>([
    ['a comparison that was cut', { diffs: [], compare_timeout: true }, 'has not all files'],
    ['one that does not say whether it is complete', { diffs: [] }, 'has no "compare_timeout"'],
    ['no diffs', { compare_timeout: false }, 'has no diffs'],
    ['a file without path', comparison({ new_file: true }), 'has no old_path'],
  ])('fail with %s', async (_, body, reason) => {
    expect(await unreadable(gitLab({ [comparePath]: { body } }).source.differences(A, B, 10))).toContain(
      reason,
    );
  });
});

describe('pushes at GitLab', () => {
  const since = new Date('2026-11-20T00:00:00Z');
  const event = (at: string, data: object, author: unknown = { username: 'd.ana' }) => ({
    id: 1,
    action_name: 'pushed to',
    created_at: at,
    author,
    push_data: { action: 'pushed', ref_type: 'branch', ref: 'main', ...data },
  });
  const pushesIn = (...body: readonly object[]) => gitLab({ [eventsPath]: { body } }).source.pushes(since);

  it('are those to the branch, read page by page until they are older', async () => {
    const second = `${PROJECT}/events?page=2`;
    const { source, asked } = gitLab({
      [eventsPath]: {
        body: [
          event('2026-11-22T11:00:00.123Z', { commit_from: B, commit_to: C }),
          event('2026-11-22T10:00:00.000Z', { ref: 'other', commit_from: null, commit_to: C }),
          event('2026-11-22T09:00:00.000Z', { ref_type: 'tag', ref: 'main', commit_to: C }),
        ],
        headers: { link: `<${API}${second}>; rel="next"` },
      },
      [second]: {
        body: [
          event('2026-11-21T11:00:00.000+01:00', { commit_from: A, commit_to: B }, { username: 'merge-bot' }),
          event('2026-11-19T00:00:00.000Z', { commit_from: C, commit_to: A }, null),
        ],
        headers: { link: `<${API}${PROJECT}/events?page=3>; rel="next"` },
      },
    });
    expect(await source.pushes(since)).toEqual([
      { commitId: B, pushedBy: 'merge-bot', pushedAt: '2026-11-21T10:00:00.000Z' },
      { commitId: C, pushedBy: 'd.ana', pushedAt: '2026-11-22T11:00:00.123Z' },
    ]);
    expect(asked).toEqual([eventsPath, second]);
  });

  it.each<[string, object, string]>([
    [
      'an account that no longer exists',
      event('2026-11-22T11:00:00Z', { commit_from: A, commit_to: B }, { username: 'ghost' }),
      'no longer exists in example/shop/orders at GitLab',
    ],
    [
      'no account',
      event('2026-11-22T11:00:00Z', { commit_from: A, commit_to: B }, null),
      'no longer exists in example/shop/orders at GitLab',
    ],
    ['no push', { created_at: '2026-11-22T11:00:00Z', author: null }, 'has no push_data'],
    ['another kind', event('2026-11-22T11:00:00Z', { ref_type: 'wiki' }), 'a push to a wiki'],
    ['no branch', event('2026-11-22T11:00:00Z', { ref: undefined }), 'has no ref'],
    ['no commit', event('2026-11-22T11:00:00Z', { commit_from: A, commit_to: 'main' }), 'as commit_to'],
    ['no time', event('yesterday', { commit_from: A, commit_to: B }), 'has no time as created_at'],
  ])('fail with %s', async (_, one, reason) => {
    expect(await unreadable(pushesIn(one))).toContain(reason);
  });

  it('fail with what is no list', async () => {
    expect(await unreadable(gitLab({ [eventsPath]: { body: {} } }).source.pushes(since))).toContain(
      'has no list of events',
    );
  });

  it('fail if an event is missing, as those of deleted accounts are', async () => {
    const message = await unreadable(
      pushesIn(
        event('2026-11-22T11:00:00Z', { commit_from: B, commit_to: C }),
        event('2026-11-21T11:00:00Z', { commit_from: null, commit_to: A }),
      ),
    );
    expect(message).toContain(`No event tells who moved main from ${A} to ${B} in example/shop/orders`);
    expect(message).toContain('makersMayDecide');
  });
});

it.each<[number, string]>([
  [401, 'GitLab rejects the token'],
  [403, 'the scope read_api and the role Reporter'],
  [500, 'status.gitlab.com'],
])('fails after %d with what to do', async (status, remedy) => {
  const { source } = gitLab({ [comparePath]: { status } });
  expect(await unreadable(source.differences(A, B, 1))).toContain(remedy);
});

it('waits as GitLab asks when its limit is reached', async () => {
  const reset = String(Date.parse('2026-11-22T12:00:20Z') / 1000);
  const limited = { status: 429, headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': reset } };
  const { source, waits } = gitLab({ [branchPath]: [limited, { body: { commit: { id: A } } }] });
  expect(await source.head()).toBe(A);
  expect(waits).toEqual([20_000]);
});
