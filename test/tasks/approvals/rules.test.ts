import fc from 'fast-check';
import { isSamePerson, mayDecide } from '../../../tasks/approvals/rules.ts';
import type { Approval, Person } from '../../../tasks/ledger/items.ts';
import { anApproval, aPerson } from '../doubles/samples.ts';

const now = new Date('2026-11-23T00:00:00.000Z');
const approvedBy = (person: Person, change: Partial<Approval> = {}): Approval =>
  anApproval({ status: 'APPROVED', decision: 'approve', decidedBy: person, ...change });
const pmoRequest = anApproval({ role: 'pmo', approvalId: 'pmo-request-1' });
const sam = aPerson('sam');

describe('who may decide', () => {
  it.each<[string, Approval, readonly Approval[], Person, string]>([
    ['a member of the role decides', anApproval(), [], aPerson('quinn', { groups: ['qc'] }), 'ok'],
    ['nobody without a group decides', anApproval(), [], aPerson('dana', { groups: [] }), 'NotInRole'],
    [
      'a group whose name contains the role is not the role',
      anApproval(),
      [],
      aPerson('x', { groups: ['not-qc', 'QC'] }),
      'NotInRole',
    ],
    ['an operator does not decide', anApproval(), [], aPerson('olga', { groups: ['operator'] }), 'NotInRole'],
    ['an approved request is decided', approvedBy(sam), [], aPerson('quinn'), 'AlreadyDecided'],
    [
      'a refused request is decided',
      anApproval({ status: 'REFUSED', decidedBy: sam }),
      [],
      aPerson('quinn'),
      'AlreadyDecided',
    ],
    ['an expired request is over', anApproval({ status: 'EXPIRED' }), [], aPerson('quinn'), 'Expired'],
    [
      'a request is over at its last instant',
      anApproval({ expiresAt: now.toISOString() }),
      [],
      aPerson('quinn'),
      'Expired',
    ],
    [
      'whoever approved as QC does not decide as PMO',
      pmoRequest,
      [approvedBy(sam)],
      sam,
      'ApproversMustDiffer',
    ],
    [
      'the same e-mail is the same person (T48)',
      pmoRequest,
      [approvedBy(sam)],
      aPerson('samuel', { verifiedEmail: 'SAM@example.com' }),
      'ApproversMustDiffer',
    ],
    [
      'the same subject under another name is the same person',
      pmoRequest,
      [approvedBy(sam)],
      { ...aPerson('samuel'), subject: sam.subject },
      'ApproversMustDiffer',
    ],
    [
      'two people without a verified e-mail differ',
      pmoRequest,
      [approvedBy(aPerson('quinn', { verifiedEmail: '' }))],
      aPerson('parker', { verifiedEmail: '' }),
      'ok',
    ],
    ['somebody else decides as PMO', pmoRequest, [approvedBy(aPerson('quinn'))], aPerson('parker'), 'ok'],
    [
      'an earlier approval in the same role does not count',
      anApproval({ attempt: 2 }),
      [approvedBy(sam)],
      sam,
      'ok',
    ],
    [
      'an approval of QC that came after counts as well',
      anApproval(),
      [approvedBy(sam, { role: 'pmo' })],
      sam,
      'ApproversMustDiffer',
    ],
  ])('%s', (_, approval, approvals, person, expected) => {
    const ruling = mayDecide(approval, approvals, person, now);
    expect(ruling.kind === 'ok' ? 'ok' : ruling.reason).toBe(expected);
  });

  it('says who, in which role, and what to do', () => {
    expect(mayDecide(pmoRequest, [approvedBy(sam)], sam, now)).toEqual({
      kind: 'refused',
      reason: 'ApproversMustDiffer',
      message: 'sam approved as QC: somebody else must decide as PMO.',
    });
  });

  const people = fc.record({
    subject: fc.constantFrom('a', 'b', 'c'),
    name: fc.constantFrom('quinn', 'parker'),
    verifiedEmail: fc.constantFrom('', 'x@example.com', 'X@example.com', 'y@example.com'),
    groups: fc.subarray(['qc', 'pmo', 'operator']),
  });

  it('never lets one person approve twice, nor anybody outside the role', () => {
    fc.assert(
      fc.property(people, people, (first, second) => {
        const ruling = mayDecide(pmoRequest, [approvedBy(first)], second, now);
        const allowed = second.groups.includes('pmo') && !isSamePerson(first, second);
        expect(ruling.kind === 'ok').toBe(allowed);
      }),
    );
  });

  it('tells the same person in either order', () => {
    fc.assert(fc.property(people, people, (a, b) => isSamePerson(a, b) === isSamePerson(b, a)));
  });
});
