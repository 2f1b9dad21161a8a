import { nothingKept, readChange } from '../../../tasks/approvals/read-change.ts';
import { createRevisionOnlySource, isInCodeCommit } from '../../../tasks/source/revision-only-source.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aPromotion, COMMIT } from '../doubles/samples.ts';

it.each([
  ['orders', true],
  ['example/orders', false],
  ['archives/releases/orders.zip', false],
])('%s is in CodeCommit: %s', (repositoryName, expected) => {
  expect(isInCodeCommit(repositoryName)).toBe(expected);
});

it('tells the revision with the message of its push, and that files are not known', async () => {
  const ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion({ commitMessage: 'Count apples' }));
  const { commits, differences } = createRevisionOnlySource('example/shop', ledger);
  expect(await commits([COMMIT])).toEqual([{ commitId: COMMIT, parents: [], message: 'Count apples' }]);
  expect(await readChange({ commits, kept: nothingKept, isTimeUp: () => false }, COMMIT, 'before')).toEqual([
    { commitId: COMMIT, parents: [], claims: [] },
  ]);
  expect(await commits(['unknown'])).toEqual([{ commitId: 'unknown', parents: [] }]);
  await expect(differences(undefined, COMMIT, 1)).rejects.toThrow('look at example/shop itself');
});
