import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import type { CommitRecord } from '../../../tasks/approvals/commit-record.ts';
import { type KeptCommits, readChange } from '../../../tasks/approvals/read-change.ts';
import type { Source, SourceCommit } from '../../../tasks/source/source.ts';

/** Seed of the histories below: the same in each run. */
const SEED = 20261129;

/** Keeps commits as the ledger does. */
const createKept = () => {
  const records = new Map<string, CommitRecord>();
  const kept: KeptCommits = {
    load: async () => [...records.values()],
    save: async (more) => {
      for (const record of more) records.set(record.commitId, record);
    },
  };
  return { kept, records };
};

/** A repository: each commit with its parents and its time. */
const history = (...commits: readonly [id: string, parents: string, time: number][]) => {
  const all = new Map(
    commits.map(([commitId, parents, time]): [string, SourceCommit] => {
      const who = { name: commitId, email: `${commitId}@example.com`, date: `${time} +0000` };
      return [
        commitId,
        { commitId, parents: parents.split(' ').filter(Boolean), author: who, committer: who },
      ];
    }),
  );
  let calls = 0;
  let largest = 0;
  const read: Source['commits'] = async (ids) => {
    calls += 1;
    largest = Math.max(largest, ids.length);
    return ids.flatMap((id) => all.get(id) ?? []);
  };
  const between = async (head: string, base?: string, kept = createKept().kept, isTimeUp = () => false) => {
    const records = await readChange({ commits: read, kept, isTimeUp }, head, base);
    return records.map(({ commitId }) => commitId).join(' ');
  };
  return { all, between, calls: () => calls, largest: () => largest };
};

const linear = history(['a', '', 1], ['b', 'a', 2], ['c', 'b', 3], ['d', 'c', 4]);
// `m` merges a branch that left before what is in Prod.
const merged = history(['a', '', 1], ['side', 'a', 2], ['b', 'a', 3], ['c', 'b', 4], ['m', 'c side', 5]);
const chain = (length: number, first: string): [string, string, number][] =>
  Array.from({ length }, (_, index) => [`f${index}`, index === 0 ? first : `f${index - 1}`, 100 + index]);

describe('the commits of a change', () => {
  it.each<[string, () => Promise<unknown>, unknown]>([
    ['are those since what is in Prod', () => linear.between('d', 'b'), 'd c'],
    ['are none if Prod has the commit', () => linear.between('c', 'c'), ''],
    ['are none if Prod is ahead', () => linear.between('b', 'd'), ''],
    ['are all of them before the first promotion', () => linear.between('c'), 'c b a'],
    ['include a merged branch that Prod does not have', () => merged.between('m', 'c'), 'm side'],
    [
      'do not depend on the time of commits of one second',
      () => history(['a', '', 1], ['b', 'a', 1], ['c', 'b', 1]).between('a', 'c'),
      '',
    ],
    ['count everything if Prod has a commit that is gone', () => linear.between('b', 'gone'), 'b a'],
  ])('%s', async (_, found, expected) => {
    expect(await found()).toBe(expected);
  });

  it('include one that is dated 1970, behind what Prod has', async () => {
    const hidden = history(
      ['root', '', 1_700_000_000],
      ['old', 'root', 0],
      ['live', 'root', 1_700_000_100],
      ...chain(300, 'live'),
      ['head', 'f299 old', 1_800_000_000],
    );
    expect((await hidden.between('head', 'live')).split(' ')).toContain('old');
  });

  it.each([
    ['a later promotion', 'live'],
    ['the first promotion', undefined],
  ])('include the one below 205 filler commits, on %s', async (_, base) => {
    const filled = history(['live', '', 1], ['mallory', 'live', 2], ...chain(205, 'mallory'));
    expect((await filled.between('f204', base)).split(' ')).toContain('mallory');
  });

  it('are read once: a later promotion reads only what is new', async () => {
    const repository = history(...chain(1000, ''));
    const { kept } = createKept();
    await repository.between('f899', undefined, kept);
    const before = repository.calls();
    expect((await repository.between('f999', 'f899', kept)).split(' ')).toHaveLength(100);
    expect(repository.calls() - before).toBe(100);
    // A promotion of something older reads nothing, and Prod's side is followed as well.
    await repository.between('f10', 'f999', kept);
    expect(repository.calls() - before).toBe(100);
  });

  it('are read a hundred at a time', async () => {
    const wide = history(
      ...Array.from({ length: 250 }, (_, index): [string, string, number] => [`w${index}`, '', 1]),
      ['head', Array.from({ length: 250 }, (_, index) => `w${index}`).join(' '), 2],
    );
    expect((await wide.between('head')).split(' ')).toHaveLength(251);
    expect([wide.calls(), wide.largest()]).toEqual([4, 100]);
  });

  it('fails with ChangeNotRead if a commit is missing, rather than give fewer', async () => {
    const broken = history(['b', 'gone', 2], ['c', 'b', 3]);
    await expect(broken.between('c', 'live')).rejects.toMatchObject({
      name: 'ChangeNotRead',
      message: expect.stringContaining('no commit gone, which c follows'),
    });
    await expect(broken.between('none')).rejects.toThrow('no commit none, which none is');
  });

  it('fails with ChangeNotRead when time is up, and the next attempt continues there', async () => {
    const repository = history(...chain(1000, ''));
    const { kept, records } = createKept();
    let left = 600;
    const attempt = () => repository.between('f999', undefined, kept, () => --left < 0);
    await expect(attempt()).rejects.toMatchObject({
      name: 'ChangeNotRead',
      message: expect.stringContaining('600 are read and kept'),
    });
    expect(records.size).toBe(600);
    left = 600;
    expect((await attempt()).split(' ')).toHaveLength(1000);
    expect(repository.calls()).toBe(1000);
  });

  it('fails as the repository fails, and keeps what was read', async () => {
    const { all } = history(...chain(10, ''));
    const { kept, records } = createKept();
    const commits: Source['commits'] = async ([id = '']) => {
      if (id === 'f3') throw new Error('throttled');
      return [all.get(id) ?? {}];
    };
    await expect(readChange({ commits, kept, isTimeUp: () => false }, 'f9', undefined)).rejects.toThrow(
      'throttled',
    );
    expect(records.size).toBe(6);
  });
});

/** Random histories: up to four parents, several roots, dates in any order. */
const histories = (most: number) =>
  fc.record({
    commits: fc.array(
      fc.record({
        parents: fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 4 }),
        near: fc.boolean(),
        time: fc.constantFrom(0, 1, 1_700_000_000, 4_000_000_000),
      }),
      { minLength: 2, maxLength: most, size: 'max' },
    ),
    head: fc.nat({ max: 1_000_000 }),
    base: fc.nat({ max: 1_000_000 }),
  });
type RandomHistory = typeof histories extends (most: number) => fc.Arbitrary<infer Value> ? Value : never;

const commitsOf = ({ commits }: RandomHistory): [string, string, number][] =>
  commits.map(({ parents, near, time }, index) => {
    const earlier = parents.map((parent) =>
      near ? Math.max(0, index - 1 - (parent % 5)) : parent % Math.max(1, index),
    );
    return [`c${index}`, index === 0 ? '' : [...new Set(earlier)].map((one) => `c${one}`).join(' '), time];
  });

/** Independent of what is tested: a bit for each of both sides, spread from children to parents, the latest first. */
const expectedChange = (commits: readonly [string, string, number][], head: number, base: number) => {
  const sides = new Uint8Array(commits.length);
  sides[head] = 1;
  sides[base] = (sides[base] ?? 0) | 2;
  for (let index = commits.length - 1; index >= 0; index--)
    for (const parent of commits[index]?.[1].split(' ').filter(Boolean) ?? [])
      sides[Number(parent.slice(1))] = (sides[Number(parent.slice(1))] ?? 0) | (sides[index] ?? 0);
  return commits.flatMap(([id], index) => (sides[index] === 1 ? [id] : []));
};

describe(`in random histories of seed ${SEED}, the commits of a change`, () => {
  it.each([
    [20, 300],
    [5000, 6],
  ])('of up to %i commits are those that lead to the head and not to what is live', async (most, numRuns) => {
    await fc.assert(
      fc.asyncProperty(histories(most), async (random) => {
        const commits = commitsOf(random);
        const [head, base] = [random.head % commits.length, random.base % commits.length];
        const { kept } = createKept();
        const { between } = history(...commits);
        const found = (await between(`c${head}`, `c${base}`, kept)).split(' ').filter(Boolean);
        expect(found.sort()).toEqual(expectedChange(commits, head, base).sort());
        // The same from what was kept.
        expect((await between(`c${head}`, `c${base}`, kept)).split(' ').filter(Boolean).sort()).toEqual(
          found,
        );
      }),
      { seed: SEED, numRuns },
    );
  });

  it('are those of git rev-list', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'read-change-'));
    const git = (args: readonly string[], input = '') =>
      execFileSync('git', ['--git-dir', directory, ...args], { input, maxBuffer: 1 << 28 }).toString();
    try {
      git(['init', '--quiet', '--bare']);
      const samples = fc.sample(histories(400), { seed: SEED, numRuns: 4 });
      for (const [at, random] of samples.entries()) {
        const commits = commitsOf(random);
        const lines = commits.flatMap(([id, parents, time], index) => {
          const [from, ...merge] = parents.split(' ').filter(Boolean);
          const mark = (name: string) => `:${Number(name.slice(1)) + 1}`;
          return [
            ...(from === undefined ? [`reset refs/heads/h${at}`] : []),
            `commit refs/heads/h${at}`,
            `mark :${index + 1}`,
            `committer ${id} <${id}@example.com> ${time} +0000`,
            'data 0',
            ...(from === undefined ? [] : [`from ${mark(from)}`]),
            ...merge.map((name) => `merge ${mark(name)}`),
            '',
          ];
        });
        const marks = path.join(directory, 'marks');
        git(['fast-import', '--quiet', '--force', `--export-marks=${marks}`], lines.join('\n'));
        const ids = fs
          .readFileSync(marks, 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.slice(1).split(' '))
          .sort(([a], [b]) => Number(a) - Number(b))
          .map(([, id = '']) => id);
        const [head = '', base = ''] = [ids[random.head % ids.length], ids[random.base % ids.length]];
        const commitsIn: Source['commits'] = async (wanted) =>
          git(['log', '--no-walk=unsorted', '--format=%H %P', '--stdin'], wanted.join('\n'))
            .trim()
            .split('\n')
            .map((line) => {
              const [commitId = '', ...parents] = line.split(' ').filter(Boolean);
              return { commitId, parents };
            });
        const sources = { commits: commitsIn, kept: createKept().kept, isTimeUp: () => false };
        const found = (await readChange(sources, head, base)).map(({ commitId }) => commitId);
        const expected = git(['rev-list', head, `^${base}`])
          .split('\n')
          .filter(Boolean);
        expect(found.sort()).toEqual(expected.sort());
      }
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  });

  it('takes a part of the 256 MB that its function has, with 20,000 commits', () => {
    const script = path.join(import.meta.dirname, 'read-many-commits.ts');
    const printed = execFileSync(process.execPath, ['--import', 'tsx', script, '20000'], {
      encoding: 'utf8',
    });
    const { commits, makers, megabytes } = JSON.parse(printed) as Record<string, number>;
    expect([commits, makers]).toEqual([20_000, 11]);
    // The runtime and the function's own code take some 110 MB.
    expect(megabytes).toBeLessThan(130);
  });
});
