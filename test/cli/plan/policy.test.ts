import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

/** What a plan is read by: its own files, and those of others that it uses. */
const files = [
  ...fs.readdirSync(path.join(root, 'cli/plan')).map((file) => `cli/plan/${file}`),
  'tasks/approvals/role-members.ts',
  'tasks/source/cloudtrail-pushes.ts',
  'tasks/source/codecommit-files.ts',
  'tasks/source/codecommit-source.ts',
  'tasks/executions/execution-history.ts',
  'tasks/images/ec2-image.ts',
  'tasks/images/reuse-sources.ts',
];
const called = files.flatMap((file) =>
  [...read(file).matchAll(/\b(?:new (\w+)Command\(|paginate(\w+)\()/g)].map(
    ([, command, pages]) => command ?? pages ?? '',
  ),
);
/** Everybody may ask who they are; a plan reads executions, and `redrive` and `stop` are other commands. */
const others = ['GetCallerIdentity', 'RedriveExecution', 'StopExecution'];
/** The ledger's reads, and the parameters by which every command finds it. */
const expected = [...new Set([...called, 'GetItem', 'Query', 'GetParameters'])]
  .filter((operation) => !others.includes(operation))
  .sort();

const { Statement } = JSON.parse(read('docs/plan-policy.json')) as {
  Statement: { Effect: string; Action: string[] }[];
};
const actions = Statement.flatMap(({ Action }) => Action);

describe('the policy of plan', () => {
  it('allows what it calls, and nothing else', () => {
    expect(called.length).toBeGreaterThan(10);
    expect([...new Set(actions.map((action) => action.split(':')[1] ?? ''))].sort()).toEqual(expected);
  });

  it('allows reading alone', () => {
    expect(
      actions.filter((action) => !/:(?:Admin|Batch)?(?:Describe|Get|List|Lookup|Query)/.test(action)),
    ).toEqual([]);
  });
});

it('keeps commits in the ledger for nobody: it only loads what requests kept', () => {
  const sources = files.filter((file) => file.startsWith('cli/plan/')).map(read);
  expect(sources.filter((text) => /\b(?:save|add|replace|update|append)\w*\(/.test(text))).toEqual([]);
});
