import { loggedLedger } from '../../../tasks/ledger/logged-ledger.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, anApproval, aPerson, aPromotion, approvedBy, PROMOTION_ID } from '../doubles/samples.ts';

const written: { message: string; keys: Readonly<Record<string, unknown>> }[] = [];
const ledger = loggedLedger(createMemoryLedger(), (message, keys) => written.push({ message, keys }));

it('logs each change with the promotion, and none of what would let a reader answer for it', async () => {
  await ledger.addPromotion(aPromotion());
  await ledger.addJob(aJob());
  await ledger.replaceJob(aJob(), aJob({ status: 'FAILED', error: 'ImageBuildFailed' }));
  await ledger.addApproval(anApproval());
  await ledger.replaceApproval(anApproval(), anApproval(approvedBy(aPerson('quinn'))));
  await ledger.addDenial({
    promotionId: PROMOTION_ID,
    approvalId: 'qc-request-1',
    role: 'qc',
    person: aPerson('dana'),
    reason: 'NotInRole',
    at: '2026-11-22T10:00:00.000Z',
  });
  await ledger.updatePromotion(PROMOTION_ID, { status: 'FAILED', cause: 'the whole log' });
  expect(written.map(({ message, keys }) => [message, keys.status ?? keys.reason ?? ''])).toEqual([
    ['Promotion recorded', ''],
    ['Job recorded', 'STARTING'],
    ['Job changed', 'FAILED'],
    ['Approval asked for', 'PENDING'],
    ['Approval changed', 'APPROVED'],
    ['Decision not allowed', 'NotInRole'],
    ['Promotion changed', 'FAILED'],
  ]);
  expect(written.every(({ keys }) => keys.promotionId === PROMOTION_ID)).toBe(true);
  expect(JSON.stringify(written)).not.toMatch(/token|qc-request-1|the whole log/);
});

it('logs nothing that was not written', async () => {
  written.length = 0;
  await expect(ledger.addJob(aJob())).rejects.toMatchObject({ name: 'LedgerConflict' });
  expect(written).toEqual([]);
});
