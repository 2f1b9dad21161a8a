import type { CommitRecord } from '../../../tasks/approvals/commit-record.ts';
import { createKeptCommits } from '../../../tasks/approvals/dynamodb-kept-commits.ts';
import { startLedgerTables } from '../doubles/ledger-table.ts';

let tables: Awaited<ReturnType<typeof startLedgerTables>>;
beforeAll(async () => {
  tables = await startLedgerTables();
});
afterAll(() => tables.stop());

const aRecord = (index: number, name = 'Dana'): CommitRecord => ({
  commitId: String(index).padStart(40, '0'),
  parents: [String(index - 1).padStart(40, '0')],
  claims: [{ role: 'author', name, address: 'dana@example.com' }],
});

it('keeps commits of each application, however many', async () => {
  const table = await tables.table();
  const kept = createKeptCommits(table, 'shop', tables.client);
  expect(await kept.load()).toEqual([]);
  const records = Array.from({ length: 5000 }, (_, index) => aRecord(index));
  await kept.save(records);
  await kept.save(records.slice(0, 10));
  await kept.save([]);
  const found = new Map((await kept.load()).map((record) => [record.commitId, record]));
  expect(found.size).toBeGreaterThan(3000);
  await kept.save(records);
  expect(new Set((await kept.load()).map(({ commitId }) => commitId)).size).toBe(5000);
  expect(await createKeptCommits(table, 'orders', tables.client).load()).toEqual([]);
});

it('leaves out a commit that fits into no item: it is read again', async () => {
  const kept = createKeptCommits(await tables.table(), 'shop', tables.client);
  await kept.save([aRecord(1), aRecord(2, 'x'.repeat(400_000)), aRecord(3)]);
  expect((await kept.load()).map(({ commitId }) => Number(commitId))).toEqual([1, 3]);
});
