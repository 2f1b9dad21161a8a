import { appendEvidence } from '../../../tasks/evidence/append-evidence.ts';
import type { Fact, Seal } from '../../../tasks/evidence/chain.ts';
import { createDynamoDbEvidenceStore } from '../../../tasks/evidence/dynamodb-evidence-store.ts';
import type { EvidenceStore } from '../../../tasks/evidence/evidence-store.ts';
import { verifyChain } from '../../../tasks/evidence/verify-chain.ts';
import { createDynamoDbLedger } from '../../../tasks/ledger/dynamodb-ledger.ts';
import { startLedgerTables } from '../doubles/ledger-table.ts';
import { createMemoryEvidence } from '../doubles/memory-evidence.ts';
import { aPromotion, PROMOTION_ID } from '../doubles/samples.ts';

const fact = (key: string): Fact => ({
  key,
  kind: 'job-ended',
  at: '2026-11-22T10:00:00.000Z',
  actor: { type: 'person', subject: 's', name: 'quinn', verifiedEmail: '' },
  what: { cause: `über ${'👍'.slice(0, 1)}`, attempt: 1, output: { imageId: 'ami-1', none: undefined } },
});

let tables: Awaited<ReturnType<typeof startLedgerTables>>;
beforeAll(async () => {
  tables = await startLedgerTables();
});
afterAll(() => tables.stop());

describe.each<[string, () => Promise<EvidenceStore>]>([
  ['in memory', async () => createMemoryEvidence()],
  ['in DynamoDB', async () => createDynamoDbEvidenceStore(await tables.table(), tables.client)],
])('a record %s', (_, open) => {
  let store: EvidenceStore;
  beforeEach(async () => {
    store = await open();
  });
  const append = (...keys: string[]) => appendEvidence(store)(PROMOTION_ID, ...keys.map(fact));
  const keys = async (promotionId = PROMOTION_ID) => (await store.entries(promotionId)).map(({ key }) => key);

  it('grows by what is appended, in order, and is whole', async () => {
    await append('a');
    await append('b', 'c');
    expect(await keys()).toEqual(['a', 'b', 'c']);
    expect(verifyChain(PROMOTION_ID, await store.entries(PROMOTION_ID))).toEqual([]);
  });

  it('takes each occurrence once', async () => {
    await append('a', 'b');
    await append('b', 'c', 'a');
    await append('c');
    expect(await keys()).toEqual(['a', 'b', 'c']);
  });

  it('takes everything once and stays whole when many append at once', async () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all([...all, ...all].map((key) => append(key, 'shared')));
    expect((await keys()).sort()).toEqual([...all, 'shared']);
    expect(verifyChain(PROMOTION_ID, await store.entries(PROMOTION_ID))).toEqual([]);
  });

  it("keeps promotions' records apart", async () => {
    await append('a');
    await appendEvidence(store)('other', fact('a'));
    expect(await keys()).toEqual(['a']);
    expect(verifyChain('other', await store.entries('other'))).toEqual([]);
  });

  it('keeps the first of two seals over the same entries', async () => {
    const seal: Seal = { entries: 2, state: 'FAILED', head: 'h', at: 'now', key: 'k', signature: 'one' };
    await store.addSeal(PROMOTION_ID, seal);
    await store.addSeal(PROMOTION_ID, { ...seal, signature: 'two' });
    await store.addSeal(PROMOTION_ID, { ...seal, entries: 10 });
    expect(await store.seals(PROMOTION_ID)).toEqual([seal, { ...seal, entries: 10 }]);
  });
});

it('passes on what is no conflict', async () => {
  const store = createMemoryEvidence();
  const broken: EvidenceStore = {
    ...store,
    addEntry: async () => {
      throw new Error('throttled');
    },
  };
  await expect(appendEvidence(broken)(PROMOTION_ID, fact('a'))).rejects.toThrow('throttled');
});

it("stays out of the ledger's own listings", async () => {
  const table = await tables.table();
  const ledger = createDynamoDbLedger(table, tables.client);
  await ledger.addPromotion(aPromotion());
  await appendEvidence(createDynamoDbEvidenceStore(table, tables.client))(PROMOTION_ID, fact('a'));
  expect(await ledger.jobs(PROMOTION_ID)).toEqual([]);
  expect(await ledger.approvals(PROMOTION_ID)).toEqual([]);
  expect(await ledger.denials(PROMOTION_ID)).toEqual([]);
  expect((await ledger.promotions()).items).toHaveLength(1);
});
