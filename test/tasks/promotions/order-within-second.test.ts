import { orderedWithinSecond } from '../../../tasks/promotions/order-within-second.ts';
import type { SourceCommit } from '../../../tasks/source/source.ts';

const PUSHED_AT = '2026-11-22T10:00:00Z';
const SECOND = Date.parse(PUSHED_AT) / 1000;

/** A branch whose commits were made so many seconds before the push, oldest first. */
const branch = (...secondsBefore: readonly number[]): readonly SourceCommit[] =>
  secondsBefore.map((seconds, index) => ({
    commitId: `c${index}`,
    parents: index === 0 ? [] : [`c${index - 1}`, 'merged'],
    committer: { date: `${SECOND - seconds} +0100` },
  }));
const order = (commits: readonly SourceCommit[], index = commits.length - 1) =>
  orderedWithinSecond(PUSHED_AT, commits[index] ?? {}, async (id) =>
    commits.find(({ commitId }) => commitId === id),
  );

describe('the order of pushes within a second', () => {
  it('is that of their commits, however they come', async () => {
    const commits = branch(86_400, 3, 2, 2, 1, 1, 1);
    const orders = await Promise.all(
      [6, 2, 5, 3, 1, 4].map(async (index) => [index, await order(commits, index)]),
    );
    expect(
      orders.toSorted(([, a], [, b]) => ((a ?? '') < (b ?? '') ? -1 : 1)).map(([index]) => index),
    ).toEqual([1, 2, 3, 4, 5, 6]);
    expect(orders.every(([, at]) => String(at).startsWith('2026-11-22T10:00:00.'))).toBe(true);
  });

  it.each<[string, readonly SourceCommit[]]>([
    ['of a first commit', branch(1)],
    ['upon an old commit', branch(601, 1)],
    ['of a commit that is not there', []],
    ['upon a commit that is not there', branch(1, 1).slice(1)],
    ['upon a commit of no date', [{ commitId: 'c0' }, { commitId: 'c1', parents: ['c0'] }]],
  ])('is the second itself for a push %s', async (_, commits) => {
    expect(await order(commits)).toBe('2026-11-22T10:00:00.000Z');
  });

  it('stays open among more commits than are looked at, rather than being wrong', async () => {
    const commits = branch(...Array.from({ length: 80 }, () => 5));
    expect(await order(commits, 79)).toBe(await order(commits, 60));
  });
});
