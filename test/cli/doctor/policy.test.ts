import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

/** What the doctor calls: in its own files, and in those of others that it uses. */
const files = [
  ...fs.readdirSync(path.join(root, 'cli/doctor')).map((file) => `cli/doctor/${file}`),
  'tasks/approvals/role-members.ts',
  'tasks/images/own-images.ts',
  'tasks/subscriptions/sns-subscriptions.ts',
  'tasks/environment-access.ts',
];
const called = files.flatMap((file) =>
  [...read(file).matchAll(/\b(?:new (\w+)Command\(|paginate(\w+)\()/g)].map(
    ([, command, pages]) => command ?? pages ?? '',
  ),
);
/** Absences are listed by the ledger. */
const expected = [...new Set([...called, 'Query'])]
  // Everybody may ask who they are.
  .filter((operation) => operation !== 'GetCallerIdentity')
  .sort();

const { Statement } = JSON.parse(read('docs/doctor-policy.json')) as {
  Statement: { Effect: string; Action: string | string[] }[];
};
const actions = Statement.flatMap(({ Action }) => Action);

describe('the policy of the doctor', () => {
  it('allows what it calls, and nothing else', () => {
    expect(called.length).toBeGreaterThan(15);
    const operations = actions.map((action) => action.split(':')[1] ?? '');
    expect([...new Set(operations)].sort()).toEqual(expected);
  });

  it('allows reading alone', () => {
    expect(
      actions.filter((action) => !/:(?:Admin)?(?:Describe|Get|List|Query|AssumeRole)/.test(action)),
    ).toEqual([]);
  });
});
