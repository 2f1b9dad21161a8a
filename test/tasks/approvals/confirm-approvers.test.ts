import type { ApprovalCounts } from '../../../tasks/approvals/approval-counts.ts';
import { confirmApprovers } from '../../../tasks/approvals/confirm-approvers.ts';
import type { Approval, Person, Promotion } from '../../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../../tasks/payloads.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aDecision,
  aMaker,
  anAbsence,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aReview,
  ONE_EACH,
  PROMOTION_ID,
  rejectedBy,
} from '../doubles/samples.ts';

let promotion = aPromotion();
let makersMayDecide = false;
let counts: ApprovalCounts = ONE_EACH;
afterEach(() => {
  counts = ONE_EACH;
  makersMayDecide = false;
  promotion = aPromotion();
});
const confirm = async (...approvals: Approval[]) => {
  const ledger = createMemoryLedger();
  await ledger.addPromotion(promotion);
  for (const approval of approvals) await ledger.addApproval(approval);
  return confirmApprovers({ ledger, counts, makersMayDecide })({ promotionId: PROMOTION_ID });
};
const approved = (role: ApproverRole, person: Person, attempt = 1): Approval =>
  anApproval({ role, attempt, approvalId: `${role}-${attempt}`, ...approvedBy(person) });

describe('confirming that the approvers differ', () => {
  it('names the two who approved', async () => {
    expect(await confirm(approved('qc', aPerson('quinn')), approved('pmo', aPerson('parker')))).toEqual({
      qc: ['quinn'],
      pmo: ['parker'],
    });
  });

  it('reads the latest request of each role', async () => {
    const expired = anApproval({ status: 'EXPIRED' });
    expect(
      await confirm(expired, approved('qc', aPerson('quinn'), 2), approved('pmo', aPerson('parker'))),
    ).toMatchObject({ qc: ['quinn'] });
  });

  it.each<[string, Approval[], RegExp]>([
    ['nobody was asked', [], /no approval of QC, its request is missing/],
    [
      'the token was told by hand',
      [approved('qc', aPerson('quinn')), anApproval({ role: 'pmo' })],
      /no approval of PMO, its request is PENDING/,
    ],
    ['QC rejected', [anApproval(rejectedBy(aPerson('quinn')))], /its request is REJECTED/],
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

  it('fails with ApproversMustDiffer if a substitute approved for somebody whose address is not verified', async () => {
    makersMayDecide = false;
    const absent = aPerson('sam', { verifiedEmail: '' });
    const absence = { absenceId: 'a', absent, until: '2026-11-30T00:00:00.000Z' };
    const bySubstitute = anApproval(approvedBy(aPerson('olga'), { absence }));
    await expect(confirm(bySubstitute, approved('pmo', aPerson('parker')))).rejects.toMatchObject({
      name: 'ApproversMustDiffer',
      message: expect.stringMatching(/olga for sam .*approved as QC without a verified e-mail address/),
    });
  });

  it.each([false, true])(
    'fails with ApproversMustDiffer if an address is not verified (makers may decide: %s)',
    async (mayDecide) => {
      makersMayDecide = mayDecide;
      const unverified = approved('pmo', aPerson('parker', { verifiedEmail: '' }));
      await expect(confirm(approved('qc', aPerson('quinn')), unverified)).rejects.toMatchObject({
        name: 'ApproversMustDiffer',
        message: expect.stringContaining('parker approved as PMO without a verified e-mail address'),
      });
    },
  );

  it.each<[string, string, Approval]>([
    ['wrote or committed', 'dana', approved('pmo', aPerson('dana'))],
    [
      'committed an earlier commit of it',
      'erin',
      approved('pmo', aPerson('erin', { verifiedEmail: 'Erin@example.com' })),
    ],
    ['pushed', 'dana', approved('pmo', aPerson('dana', { verifiedEmail: 'd@example.com' }))],
  ])('fails with ApproverMadeChange on somebody who %s the change', async (_part, name, approval) => {
    const known = aReview({ makers: [aMaker('dana@example.com'), aMaker('erin@example.com')] });
    const { digest: _, ...decided } = approved('qc', aPerson('quinn'));
    const qc = anApproval({ ...decided, review: known });
    await expect(confirm(qc, approval)).rejects.toMatchObject({
      name: 'ApproverMadeChange',
      message: expect.stringContaining(`${name} approved as PMO`),
    });
    makersMayDecide = true;
    expect(await confirm(qc, approval)).toEqual({ qc: ['quinn'], pmo: [name] });
  });

  it.each<[string, Person, Person, string, RegExp]>([
    [
      'approved as PMO',
      aPerson('parker'),
      aPerson('parker'),
      'ApproversMustDiffer',
      /olga for parker \(absent until/,
    ],
    ['made the change', aPerson('dana'), aPerson('parker'), 'ApproverMadeChange', /dana wrote or committed/],
  ])('fails if QC was decided for an absent person who %s', async (_, absent, pmo, name, message) => {
    const { absenceId, until } = anAbsence(absent, aPerson('olga'));
    const decisions = [aDecision(aPerson('olga'), { absence: { absenceId, absent, until } })];
    const qc = anApproval({ status: 'APPROVED', decisions });
    await expect(confirm(qc, approved('pmo', pmo))).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, Partial<Promotion>, RegExp]>([
    ['another commit', { commitId: 'f'.repeat(40) }, /Commit 8f0c9c1f\w+, now f{40}/],
    ['another image', { images: { qat: 'ami-2' } }, /QAT image ami-0123456789abcdef0, now ami-2/],
    ['another deployment', { deployments: { qat: 'd-2' } }, /QAT deployment d-QAT000001, now d-2/],
  ])('fails with ApprovedSomethingElse if the promotion has %s', async (_, change, message) => {
    promotion = aPromotion(change);
    await expect(
      confirm(approved('qc', aPerson('quinn')), approved('pmo', aPerson('parker'))),
    ).rejects.toMatchObject({ name: 'ApprovedSomethingElse', message: expect.stringMatching(message) });
  });

  it('fails with ApprovedSomethingElse if a record was changed under its digest', async () => {
    const { digest } = anApproval();
    const changed = { ...approved('qc', aPerson('quinn')), review: aReview({ tests: [] }), digest };
    await expect(confirm(changed, approved('pmo', aPerson('parker')))).rejects.toMatchObject({
      name: 'ApprovedSomethingElse',
      message: expect.stringContaining(digest),
    });
  });
});
