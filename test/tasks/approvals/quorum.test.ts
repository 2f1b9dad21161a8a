import fc from 'fast-check';
import { confirmApprovers } from '../../../tasks/approvals/confirm-approvers.ts';
import { mayDecide, partInChange } from '../../../tasks/approvals/decision-rules.ts';
import { approvalsIn, withDecision } from '../../../tasks/approvals/decisions.ts';
import { isSamePerson } from '../../../tasks/approvals/same-person.ts';
import { shortageOf } from '../../../tasks/approvals/shortage.ts';
import type { Approval, Person } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { ApproverRole, Decision } from '../../../tasks/payloads.ts';
import { createDeciding, createMails } from '../doubles/deciding.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aDecision,
  anAbsence,
  anApproval,
  aPerson,
  aPolicy,
  aPromotion,
  approvedBy,
  aReview,
  ONE_EACH,
  PROMOTION_ID,
} from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

const NOW = '2026-11-23T08:00:00.000Z';
const now = new Date(NOW);
const quinn = aPerson('quinn');
const sam = aPerson('sam');
const twoNeeded = anApproval({ count: 2 });

/** What the rules say about an attempt, right after signing in and looking. */
const rulingOn = (
  approval: Approval,
  approvals: readonly Approval[],
  person: Person,
  change: Partial<Parameters<typeof mayDecide>[1]> = {},
) =>
  mayDecide(approval, {
    person,
    approvals,
    promotion: aPromotion(),
    jobs: [],
    isRunning: true,
    configurationVersion: aReview().configurationVersion,
    signedInAt: now.getTime(),
    shownDigest: approval.digest,
    policy: aPolicy,
    absences: [],
    now,
    ...change,
  });

describe('a request that two people must approve', () => {
  const once = withDecision(twoNeeded, aDecision(quinn));
  const rejectedOnce = { ...once, status: 'EXPIRED' as const };
  const pmo = anApproval({ role: 'pmo', approvalId: 'pmo-request-1' });

  it.each<[string, Approval, readonly Approval[], Person, string]>([
    ['another member approves as well', once, [once], sam, 'ok'],
    ['nobody decides twice about it', once, [once], quinn, 'ApproversMustDiffer'],
    [
      'another account with the same address is the same person (T48)',
      once,
      [once],
      aPerson('quincy', { verifiedEmail: 'QUINN+x@example.com' }),
      'ApproversMustDiffer',
    ],
    ['one who approved as QC does not decide as PMO', pmo, [once, pmo], quinn, 'ApproversMustDiffer'],
    ['not even if that request expired', pmo, [rejectedOnce, pmo], quinn, 'ApproversMustDiffer'],
    ['somebody else decides as PMO', pmo, [once, pmo], sam, 'ok'],
  ])('%s', (_, approval, approvals, person, expected) => {
    const ruling = rulingOn(approval, approvals, person);
    expect(ruling.kind === 'ok' ? 'ok' : ruling.reason).toBe(expected);
  });

  it.each<[string, Approval, Approval['status']]>([
    ['waits after the first approval', once, 'PENDING'],
    ['is approved by the second', withDecision(once, aDecision(sam)), 'APPROVED'],
    ['is rejected at once', withDecision(twoNeeded, aDecision(sam, { decision: 'reject' })), 'REJECTED'],
    ['is rejected after an approval', withDecision(once, aDecision(sam, { decision: 'reject' })), 'REJECTED'],
  ])('%s', (_, { status }, expected) => {
    expect(status).toBe(expected);
  });

  it('has another digest than one that one person must approve: what is needed is bound', () => {
    expect(twoNeeded.digest).not.toBe(anApproval().digest);
    const lowered = { ...twoNeeded, count: 1 };
    expect(rulingOn(lowered, [lowered], quinn)).toMatchObject({ reason: 'CandidateChanged' });
  });
});

describe('of one person, whose addresses differ in dots that do not count', () => {
  const dotted = aPerson('quincy', { verifiedEmail: 'qui.nn@example.com' });
  const review = aReview({ dotsIgnoredIn: ['example.com'] });
  const request = anApproval({ review, count: 2 });

  it('the second account does not decide', () => {
    const once = withDecision(request, aDecision(quinn));
    expect(rulingOn(once, [once], dotted)).toMatchObject({ reason: 'ApproversMustDiffer' });
    const pmo = anApproval({ review, role: 'pmo', approvalId: 'pmo-request-1' });
    expect(rulingOn(pmo, [once, pmo], dotted)).toMatchObject({ reason: 'ApproversMustDiffer' });
    expect(rulingOn(twoNeeded, [withDecision(twoNeeded, aDecision(sam))], dotted).kind).toBe('ok');
  });

  it('neither account decides while one of them is absent', () => {
    const absence = anAbsence(quinn, sam);
    const context = { absences: [{ absence, absentIsMember: true }] };
    expect(rulingOn(request, [request], dotted, context)).toMatchObject({ reason: 'Absent' });
  });

  it('both count once among those who may decide', () => {
    expect(shortageOf(request, [quinn, dotted], [], aPolicy)).toMatchObject({ needed: 2, able: ['quinn'] });
  });

  it('both do not release to Prod, even if only the later request was made with that rule', async () => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(aPromotion());
    await ledger.addApproval(anApproval(approvedBy(quinn)));
    await ledger.addApproval(
      anApproval({ review, role: 'pmo', approvalId: 'pmo-request-1', ...approvedBy(dotted) }),
    );
    const confirm = confirmApprovers({ ledger, counts: ONE_EACH, makersMayDecide: false });
    await expect(confirm({ promotionId: PROMOTION_ID })).rejects.toMatchObject({
      name: 'ApproversMustDiffer',
    });
  });
});

const people = fc.record({
  subject: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
  name: fc.constantFrom('quinn', 'sam', 'dana'),
  verifiedEmail: fc.constantFrom(
    ...['', 'a@x.com', 'A@x.com', 'b@x.com', 'c@x.com', 'd@x.com', 'e@x.com', 'dana@example.com'],
  ),
  groups: fc.subarray(['qc', 'pmo', 'operator'], { minLength: 1 }),
});
const attempts = fc.array(
  fc.record({
    role: fc.constantFrom<ApproverRole>('qc', 'pmo'),
    person: people,
    decision: fc.constantFrom<Decision>(...Array<Decision>(19).fill('approve'), 'reject'),
  }),
  { minLength: 10, maxLength: 40 },
);
const counts = fc.record({ qc: fc.integer({ min: 1, max: 3 }), pmo: fc.integer({ min: 1, max: 3 }) });

it('approves both requests only by as many people as needed, all different members and no makers, in any order', async () => {
  let approvedPairs = 0;
  await fc.assert(
    fc.asyncProperty(attempts, counts, async (sequence, needed) => {
      const requests = {
        qc: anApproval({ count: needed.qc }),
        pmo: anApproval({ role: 'pmo', approvalId: 'pmo-request-1', count: needed.pmo }),
      };
      const deciders: Person[] = [];
      for (const { role, person, decision } of sequence) {
        const ruling = rulingOn(requests[role], [requests.qc, requests.pmo], person);
        if (ruling.kind === 'denied') continue;
        expect(person.groups).toContain(role);
        requests[role] = withDecision(requests[role], aDecision(person, { decision }));
        deciders.push(person);
      }
      for (const [index, one] of deciders.entries()) {
        expect(deciders.slice(0, index).some((other) => isSamePerson(one, other))).toBe(false);
        expect(partInChange(one, requests.qc)).toBeUndefined();
      }
      if (requests.qc.status !== 'APPROVED' || requests.pmo.status !== 'APPROVED') return;
      approvedPairs += 1;
      expect(deciders).toHaveLength(needed.qc + needed.pmo);
      const ledger = createMemoryLedger();
      await ledger.addPromotion(aPromotion());
      await ledger.addApproval(requests.qc);
      await ledger.addApproval(requests.pmo);
      const confirm = confirmApprovers({ ledger, counts: needed, makersMayDecide: false });
      const { qc, pmo } = await confirm({ promotionId: PROMOTION_ID });
      expect([qc.length, pmo.length]).toEqual([needed.qc, needed.pmo]);
    }),
    { seed: 1, numRuns: 300 },
  );
  expect(approvedPairs).toBeGreaterThan(20);
});

describe('deciding about it', () => {
  let ledger: Ledger;
  let mails: ReturnType<typeof createMails>;
  let tokens: ReturnType<typeof createTokens>;
  beforeEach(async () => {
    ledger = createMemoryLedger();
    mails = createMails();
    tokens = createTokens('qc-token-1');
    await ledger.addApproval(twoNeeded);
  });
  const decide = (person: Person, decision: Decision) =>
    createDeciding({ ledger, tasks: tokens.tasks, now: () => now, notices: mails.notices })({
      approvalId: 'qc-request-1',
      decision,
      person,
      shownDigest: twoNeeded.digest,
    });

  it('completes nothing and mails nobody at the first approval, and names both at the second', async () => {
    expect(await decide(quinn, 'approve')).toMatchObject({
      kind: 'decided',
      approval: { status: 'PENDING' },
    });
    expect([tokens.completion, mails.sent]).toEqual([[], []]);
    expect(await decide(quinn, 'approve')).toMatchObject({ reason: 'ApproversMustDiffer' });
    expect(await decide(sam, 'approve')).toMatchObject({ kind: 'decided', approval: { status: 'APPROVED' } });
    expect(tokens.completion).toMatchObject([
      { output: { decision: 'approve', decidedBy: 'quinn and sam' } },
    ]);
    expect(mails.sent).toHaveLength(1);
    expect(mails.sent[0]?.message).toContain(
      'QC approved the promotion (quinn at 23 Nov 2026, 08:00 UTC and sam at 23 Nov 2026, 08:00 UTC).',
    );
  });

  it('completes once when both decide at the same moment', async () => {
    const outcomes = await Promise.all([decide(quinn, 'approve'), decide(sam, 'approve')]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['decided', 'decided']);
    expect(await ledger.approvalById('qc-request-1')).toMatchObject({ status: 'APPROVED', count: 2 });
    expect(tokens.completion).toHaveLength(1);
  });

  it('records one of two approvals that the same person sends at the same moment', async () => {
    const outcomes = await Promise.all([decide(quinn, 'approve'), decide(quinn, 'approve')]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['decided', 'denied']);
    expect((await ledger.approvalById('qc-request-1'))?.decisions).toHaveLength(1);
    expect(tokens.completion).toEqual([]);
  });

  it('ends it at once when the second person rejects, and names that person', async () => {
    await decide(quinn, 'approve');
    await decide(sam, 'reject');
    expect(tokens.completion).toMatchObject([{ output: { decision: 'reject', decidedBy: 'sam' } }]);
    expect(mails.sent[0]?.message).toContain('QC rejected the promotion (sam at');
  });
});

describe('confirming', () => {
  const approvedAs = (role: ApproverRole, ...by: readonly Person[]): Approval =>
    anApproval({
      role,
      approvalId: role,
      status: 'APPROVED',
      count: by.length,
      decisions: by.map((person) => aDecision(person)),
    });
  const confirm = async (needed: typeof ONE_EACH | { qc: number; pmo: number }, ...approvals: Approval[]) => {
    const ledger = createMemoryLedger();
    for (const approval of approvals) await ledger.addApproval(approval);
    return confirmApprovers({ ledger, counts: needed, makersMayDecide: false })({
      promotionId: PROMOTION_ID,
    });
  };
  const parker = approvedAs('pmo', aPerson('parker'));

  it('names everybody who approved', async () => {
    expect(await confirm({ qc: 2, pmo: 1 }, approvedAs('qc', quinn, sam), parker)).toEqual({
      qc: ['quinn', 'sam'],
      pmo: ['parker'],
    });
  });

  it.each<[string, Approval, string, RegExp]>([
    [
      'fewer people approved than the configuration wants, although the request says otherwise',
      approvedAs('qc', quinn),
      'ApproversNotRecorded',
      /1 of QC approved \(quinn\), and the configuration wants 2/,
    ],
    ['one person is counted twice', approvedAs('qc', quinn, quinn), 'ApproversMustDiffer', /same account/],
    [
      'one of them approved as PMO',
      approvedAs('qc', quinn, aPerson('parker')),
      'ApproversMustDiffer',
      /parker approved as QC and parker as PMO/,
    ],
    [
      'one of them has no verified address',
      approvedAs('qc', quinn, aPerson('sam', { verifiedEmail: '' })),
      'ApproversMustDiffer',
      /sam approved as QC without a verified/,
    ],
    ['one of them made the change', approvedAs('qc', quinn, aPerson('dana')), 'ApproverMadeChange', /dana/],
    [
      'the count was changed under the digest',
      { ...approvedAs('qc', quinn, sam), count: 1 },
      'ApprovedSomethingElse',
      /digest/,
    ],
  ])('fails if %s', async (_, qc, name, message) => {
    await expect(confirm({ qc: 2, pmo: 1 }, qc, parker)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });

  it('counts approvals, not decisions', () => {
    expect(
      approvalsIn({ decisions: [aDecision(quinn), aDecision(sam, { decision: 'reject' })] }),
    ).toHaveLength(1);
  });
});
