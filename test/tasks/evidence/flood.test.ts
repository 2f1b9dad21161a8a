import { appendEvidence } from '../../../tasks/evidence/append-evidence.ts';
import { factsOf } from '../../../tasks/evidence/facts.ts';
import { recordedLedger } from '../../../tasks/evidence/recorded-ledger.ts';
import { verifyChain } from '../../../tasks/evidence/verify-chain.ts';
import { createDeciding } from '../doubles/deciding.ts';
import { createMemoryEvidence } from '../doubles/memory-evidence.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { anApproval, aPerson, aPromotion, PROMOTION_ID } from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

const NOW = '2026-11-23T08:00:00.000Z';
const FLOOD = 500;

/** A promotion that waits for QC, and the calls to the record's store that were made. */
const floodScene = async () => {
  const store = createMemoryEvidence();
  const calls: string[] = [];
  const append = appendEvidence({
    entries: (promotionId) => {
      calls.push('entries');
      return store.entries(promotionId);
    },
    addEntry: (promotionId, entry) => {
      calls.push('addEntry');
      return store.addEntry(promotionId, entry);
    },
  });
  const now = () => new Date(NOW);
  const ledger = recordedLedger(createMemoryLedger(), { append, now });
  await ledger.addPromotion(aPromotion());
  await ledger.addApproval(anApproval());
  const { tasks } = createTokens('qc-token-1');
  const decide = createDeciding({ ledger, tasks, now });
  const asDana = () =>
    decide({ approvalId: 'qc-request-1', decision: 'reject', person: { ...aPerson('dana'), groups: [] } });
  const asQuinn = () => decide({ approvalId: 'qc-request-1', decision: 'approve', person: aPerson('quinn') });
  return { store, ledger, calls, asDana, asQuinn };
};

it('attempts of somebody without the role make one item, and a record that does not grow with them', async () => {
  const { store, ledger, asDana } = await floodScene();
  for (let attempt = 0; attempt < FLOOD; attempt++) expect((await asDana()).kind).toBe('denied');
  expect(await ledger.denials(PROMOTION_ID)).toMatchObject([{ reason: 'NotInRole', count: FLOOD }]);
  const entries = await store.entries(PROMOTION_ID);
  expect(entries.filter(({ kind }) => kind === 'denial').map(({ what }) => what.attempts)).toEqual([
    1, 10, 100,
  ]);
  expect(verifyChain(PROMOTION_ID, entries)).toEqual([]);
  // Sealing adds nothing that is there, and what a crash left out.
  const denials = await ledger.denials(PROMOTION_ID);
  const facts = factsOf(aPromotion(), [], [], denials, [], NOW);
  expect(facts.map(({ key }) => key)).toEqual(
    entries.filter(({ kind }) => kind === 'denial').map(({ key }) => key),
  );
});

it('a decision makes as many calls in a flood as without it, and counts', async () => {
  const quiet = await floodScene();
  quiet.calls.length = 0;
  expect((await quiet.asQuinn()).kind).toBe('decided');

  const flooded = await floodScene();
  for (let attempt = 0; attempt < FLOOD; attempt++) await flooded.asDana();
  flooded.calls.length = 0;
  const [, decided] = await Promise.all([
    Promise.all(Array.from({ length: 50 }, flooded.asDana)),
    flooded.asQuinn(),
  ]);
  expect(decided.kind).toBe('decided');
  expect(flooded.calls).toEqual(quiet.calls);
});
