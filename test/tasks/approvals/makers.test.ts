import type { CommitRecord } from '../../../tasks/approvals/commit-record.ts';
import { makersOf } from '../../../tasks/approvals/makers.ts';

const user = (name: string) => `arn:aws:iam::000000000000:user/${name}`;
const aRecord = (commitId: string, ...addresses: readonly string[]): CommitRecord => ({
  commitId,
  parents: [],
  claims: addresses.map((address) => ({ role: 'author', name: 'Dana', address })),
});
describe('makers', () => {
  it('are each named once, with why: a commit and a role, and how often', () => {
    const records = [aRecord('c2', 'd@example.com'), aRecord('c1', 'd@example.com', 'e@example.com')];
    expect(makersOf(records, [{ commitId: 'c2', pushedBy: user('dana') }])).toEqual([
      { name: 'Dana', address: 'd@example.com', because: [{ role: 'author', commitId: 'c2', count: 2 }] },
      { name: 'Dana', address: 'e@example.com', because: [{ role: 'author', commitId: 'c1', count: 1 }] },
      {
        name: 'dana',
        address: '',
        arn: user('dana'),
        because: [{ role: 'pusher', commitId: 'c2', count: 1 }],
      },
    ]);
  });

  it('are named by a signed archive as IAM and GitHub name pushers', () => {
    const claims = [{ role: 'pusher', name: user('dana'), address: '' }] as const;
    expect(makersOf([{ commitId: 'v1', parents: [], claims }], [])).toEqual([
      {
        name: 'dana',
        address: '',
        arn: user('dana'),
        because: [{ role: 'pusher', commitId: 'v1', count: 1 }],
      },
    ]);
  });
});
