import type { Commit } from '@aws-sdk/client-codecommit';
import fc from 'fast-check';
import { commitsBetween } from '../../../tasks/approvals/commits-between.ts';

/** A history: each commit with its parents and its time. */
const history = (...commits: readonly [id: string, parents: string, time: number][]) => {
  const all = new Map(
    commits.map(([commitId, parents, time]): [string, Commit] => [
      commitId,
      {
        commitId,
        parents: parents.split(' ').filter(Boolean),
        committer: { name: 'Dana', email: 'dana@example.com', date: `${time} +0000` },
      },
    ]),
  );
  const between = async (head: string, base: string | undefined, most = 100) => {
    const { commits, hasMore } = await commitsBetween(
      async (ids) => ids.flatMap((id) => all.get(id) ?? []),
      head,
      base,
      most,
    );
    return [commits.map(({ commitId }) => commitId).join(' '), hasMore];
  };
  return { all, between };
};

const linear = history(['a', '', 1], ['b', 'a', 2], ['c', 'b', 3], ['d', 'c', 4]);
// `m` merges a branch that left before what is in Prod.
const merged = history(['a', '', 1], ['side', 'a', 2], ['b', 'a', 3], ['c', 'b', 4], ['m', 'c side', 5]);

describe('the commits of a change', () => {
  it.each<[string, Promise<unknown>, unknown]>([
    ['are those since what is in Prod', linear.between('d', 'b'), ['d c', false]],
    ['are none if Prod has the commit', linear.between('c', 'c'), ['', false]],
    ['are none if Prod is ahead', linear.between('b', 'd'), ['', false]],
    ['are all of them before the first promotion', linear.between('c', undefined), ['c b a', false]],
    ['include a merged branch that Prod does not have', merged.between('m', 'c'), ['m side', false]],
    [
      'do not depend on the time of commits of one second',
      history(['a', '', 1], ['b', 'a', 1], ['c', 'b', 1]).between('a', 'c'),
      ['', false],
    ],
    ['say so when there are too many to read', linear.between('d', undefined, 2), ['d c', true]],
    ['count everything if Prod has a commit that is gone', linear.between('b', 'gone'), ['b a', false]],
  ])('%s', async (_, found, expected) => {
    expect(await found).toEqual(expected);
  });

  it('are what leads to the one and not to the other, in any history', async () => {
    const graph = fc.array(fc.array(fc.nat(), { maxLength: 2 }), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(graph, fc.nat(), fc.nat(), async (edges, head, base) => {
        const commits = edges.map((parents, index): [string, string, number] => [
          `c${index}`,
          index === 0 ? '' : [...new Set(parents.map((parent) => `c${parent % index}`))].join(' '),
          index,
        ]);
        const { all, between } = history(...commits);
        const environmentAccess = (id: string): Set<string> => {
          const seen = new Set<string>();
          const rest = [id];
          for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
            if (seen.has(next)) continue;
            seen.add(next);
            rest.push(...(all.get(next)?.parents ?? []));
          }
          return seen;
        };
        const [from, to] = [`c${head % edges.length}`, `c${base % edges.length}`];
        const expected = [...environmentAccess(from)].filter((id) => !environmentAccess(to).has(id)).sort();
        const [found] = await between(from, to);
        expect(String(found).split(' ').filter(Boolean).sort()).toEqual(expected);
      }),
    );
  });
});
