import { confirmApprovers } from '../../../tasks/approvals/confirm-approvers.ts';
import type { Approval, Person } from '../../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../../tasks/payloads.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { anApproval, aPerson, PROMOTION_ID } from '../doubles/samples.ts';

const confirm = async (...approvals: Approval[]) => {
  const ledger = createMemoryLedger();
  for (const approval of approvals) await ledger.addApproval(approval);
  return confirmApprovers({ ledger })({ promotionId: PROMOTION_ID });
};
const approved = (role: ApproverRole, person: Person, attempt = 1): Approval =>
  anApproval({ role, attempt, approvalId: `${role}-${attempt}`, status: 'APPROVED', decidedBy: person });

describe('confirming that the approvers differ', () => {
  it('names the two who approved', async () => {
    expect(await confirm(approved('qc', aPerson('quinn')), approved('pmo', aPerson('parker')))).toEqual({
      qc: 'quinn',
      pmo: 'parker',
    });
  });

  it('reads the latest request of each role', async () => {
    const expired = anApproval({ status: 'EXPIRED' });
    expect(
      await confirm(expired, approved('qc', aPerson('quinn'), 2), approved('pmo', aPerson('parker'))),
    ).toMatchObject({ qc: 'quinn' });
  });

  it.each<[string, Approval[], RegExp]>([
    ['nobody was asked', [], /no approval of QC, its request is missing/],
    [
      'the token was told by hand',
      [approved('qc', aPerson('quinn')), anApproval({ role: 'pmo' })],
      /no approval of PMO, its request is PENDING/,
    ],
    [
      'QC refused',
      [anApproval({ status: 'REFUSED', decidedBy: aPerson('quinn') })],
      /its request is REFUSED/,
    ],
    [
      'the latest request is not approved',
      [approved('qc', aPerson('quinn')), anApproval({ attempt: 2, approvalId: 'again' })],
      /no approval of QC, its request is PENDING/,
    ],
  ])('fails with ApproversNotRecorded if %s', async (_, approvals, message) => {
    await expect(confirm(...approvals)).rejects.toMatchObject({
      name: 'ApproversNotRecorded',
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, Person, RegExp]>([
    ['account', aPerson('sam'), /same account/],
    ['e-mail address', aPerson('samuel', { verifiedEmail: 'sam@example.com' }), /address sam@example.com/],
  ])('fails with ApproversMustDiffer on the same %s', async (_, second, message) => {
    await expect(confirm(approved('qc', aPerson('sam')), approved('pmo', second))).rejects.toMatchObject({
      name: 'ApproversMustDiffer',
      message: expect.stringMatching(message),
    });
  });
});
