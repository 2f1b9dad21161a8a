import fc from 'fast-check';
import {
  type DecisionContext,
  partInChange,
  mayDecide as ruleOn,
} from '../../../tasks/approvals/decision-rules.ts';
import type { Review } from '../../../tasks/approvals/review.ts';
import { isSamePerson } from '../../../tasks/approvals/same-person.ts';
import type { Approval, Person } from '../../../tasks/ledger/items.ts';
import {
  aDecision,
  aMaker,
  anApproval,
  aPerson,
  aPolicy,
  aPromotion,
  aReview,
  COMMIT,
  rejectedBy,
} from '../doubles/samples.ts';

const now = new Date('2026-11-23T00:00:00.000Z');
/** Right after signing in and looking, unless something else is given. */
const mayDecide = (
  approval: Approval,
  approvals: readonly Approval[],
  person: Person,
  at: Date,
  change: Partial<DecisionContext> = {},
) =>
  ruleOn(approval, {
    person,
    approvals,
    promotion: aPromotion(),
    jobs: [],
    isRunning: true,
    configurationVersion: aReview().configurationVersion,
    signedInAt: at.getTime(),
    shownDigest: approval.digest,
    policy: aPolicy,
    absences: [],
    now: at,
    ...change,
  });
const approvedBy = (person: Person, change: Partial<Approval> = {}): Approval =>
  anApproval({ status: 'APPROVED', decisions: [aDecision(person)], ...change });
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
    ['a rejected request is decided', anApproval(rejectedBy(sam)), [], aPerson('quinn'), 'AlreadyDecided'],
    ['an expired request is over', anApproval({ status: 'EXPIRED' }), [], aPerson('quinn'), 'Expired'],
    [
      'a request is over at its last instant',
      anApproval({ expiresAt: now.toISOString() }),
      [],
      aPerson('quinn'),
      'Expired',
    ],
    [
      'the person who approved as QC does not decide as PMO',
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
      'nobody without a verified e-mail decides',
      pmoRequest,
      [approvedBy(aPerson('quinn', { verifiedEmail: '' }))],
      aPerson('parker', { verifiedEmail: '' }),
      'NoVerifiedEmail',
    ],
    [
      'the author of a commit of the change does not decide',
      anApproval(),
      [],
      aPerson('dana'),
      'MadeTheChange',
    ],
    [
      'the committer of a commit of the change does not decide, in any spelling of the address',
      anApproval({ review: aReview({ makers: [aMaker('Erin@Example.com')] }) }),
      [],
      aPerson('erin'),
      'MadeTheChange',
    ],
    [
      'the co-author of a commit of the change does not decide',
      anApproval({
        review: aReview({
          makers: [
            aMaker('erin+x@example.com', { because: [{ role: 'co-author', commitId: COMMIT, count: 1 }] }),
          ],
        }),
      }),
      [],
      aPerson('erin'),
      'MadeTheChange',
    ],
    [
      'the pusher of an earlier push since the live commit does not decide',
      anApproval({
        review: aReview({
          makers: [
            {
              name: 'quinn',
              address: '',
              arn: 'arn:aws:iam::000000000000:user/quinn',
              because: [{ role: 'pusher', commitId: COMMIT, count: 1 }],
            },
          ],
        }),
      }),
      [],
      aPerson('quinn'),
      'MadeTheChange',
    ],
    [
      'a person does not decide about a commit under a further name of theirs',
      anApproval({ review: aReview({ makers: [aMaker('q@home', { person: 'quinn@example.com' })] }) }),
      [],
      aPerson('quinn'),
      'MadeTheChange',
    ],
    [
      'the pusher does not decide, by user name',
      anApproval({ review: aReview({ makers: [] }) }),
      [],
      aPerson('Dana', { verifiedEmail: 'd@example.com' }),
      'MadeTheChange',
    ],
    [
      'the pusher does not decide, by the e-mail address that names the session of a role',
      anApproval({
        review: aReview({ makers: [] }),
        candidate: {
          ...anApproval().candidate,
          pushedBy: 'arn:aws:sts::000000000000:assumed-role/Developers/Quinn@example.com',
        },
      }),
      [],
      aPerson('quinn'),
      'MadeTheChange',
    ],
    [
      'an operator who made the change is not exempt',
      anApproval(),
      [],
      aPerson('dana', { groups: ['qc', 'pmo', 'operator'] }),
      'MadeTheChange',
    ],
    [
      'a withdrawn request is over',
      anApproval({ status: 'WITHDRAWN', withdrawnBecause: 'Another one took its place.' }),
      [],
      aPerson('quinn'),
      'Withdrawn',
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
      kind: 'denied',
      reason: 'ApproversMustDiffer',
      message: 'sam approved as QC. Another member of PMO must decide.',
    });
  });

  it.each<[string, Partial<DecisionContext>, string]>([
    ['a promotion that was stopped asks nobody', { isRunning: false }, 'Withdrawn'],
    [
      'makers decide where the configuration lets them',
      { person: aPerson('dana'), policy: { ...aPolicy, makersMayDecide: true } },
      'ok',
    ],
    [
      'nobody without a verified address decides, even there',
      {
        person: aPerson('quinn', { verifiedEmail: '' }),
        policy: { ...aPolicy, makersMayDecide: true },
      },
      'NoVerifiedEmail',
    ],
    ['a decision about something else is denied', { shownDigest: 'another' }, 'CandidateChanged'],
    ['a decision without what it is about is denied', { shownDigest: '' }, 'CandidateChanged'],
    ['another commit is denied', { promotion: aPromotion({ commitId: 'f'.repeat(40) }) }, 'CandidateChanged'],
    ['another application is denied', { promotion: aPromotion({ application: 'x' }) }, 'CandidateChanged'],
    ['another image is denied', { promotion: aPromotion({ images: { qat: 'ami-2' } }) }, 'CandidateChanged'],
    [
      'another deployment is denied',
      { promotion: aPromotion({ deployments: { qat: 'd-2' } }) },
      'CandidateChanged',
    ],
    ['another configuration is denied', { configurationVersion: 'c0ffee000002' }, 'CandidateChanged'],
    ['a promotion without a record is ruled on by the request', { promotion: undefined }, 'ok'],
    ['a sign-in of 15 minutes ago is fresh', { signedInAt: now.getTime() - 15 * 60_000 }, 'ok'],
    ['a sign-in by a clock that is a minute ahead is', { signedInAt: now.getTime() + 60_000 }, 'ok'],
    ['one of later than that is not', { signedInAt: now.getTime() + 15 * 60_000 + 1 }, 'SignInTooOld'],
    ['an older sign-in is not', { signedInAt: now.getTime() - 15 * 60_000 - 1 }, 'SignInTooOld'],
  ])('%s', (_, change, expected) => {
    const ruling = mayDecide(anApproval(), [], aPerson('quinn'), now, change);
    expect(ruling.kind === 'ok' ? 'ok' : ruling.reason).toBe(expected);
  });

  it.each<Partial<Review>>([
    { tests: [] },
    { commits: [] },
    { commitCount: 2 },
    { files: [] },
    { fileCount: { added: 0, changed: 1, removed: 0 } },
    { makers: [] },
    { gaps: ['The QAT image: it is gone'] },
    { images: { qat: { imageId: 'ami-1', recipe: 'shop 1.0.1', parentImage: 'al2023', components: [] } } },
    { qatUrl: 'https://elsewhere.example.com' },
    { dotsIgnoredIn: ['example.com'] },
    { live: { promotionId: 'another', commitId: COMMIT } },
  ])('denies a decision about a request of which %j was changed under its digest', (change) => {
    const changed = { ...anApproval({ review: aReview(change) }), digest: anApproval().digest };
    expect(mayDecide(changed, [], aPerson('quinn'), now)).toMatchObject({ reason: 'CandidateChanged' });
  });

  it('denies a decision about a request whose pusher was changed under its digest', () => {
    const { candidate, digest } = anApproval();
    const changed = anApproval({ candidate: { ...candidate, pushedBy: 'another' }, digest });
    expect(mayDecide(changed, [], aPerson('quinn'), now)).toMatchObject({ reason: 'CandidateChanged' });
  });

  it('tells what has changed', () => {
    const promotion = aPromotion({ commitId: 'f'.repeat(40) });
    expect(mayDecide(anApproval(), [], aPerson('quinn'), now, { promotion })).toMatchObject({
      changes: [{ what: 'Commit', before: COMMIT, now: 'f'.repeat(40) }],
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
        const allowed =
          second.groups.includes('pmo') && !isSamePerson(first, second) && second.verifiedEmail !== '';
        expect(ruling.kind === 'ok').toBe(allowed);
      }),
    );
  });

  it('tells the same person in either order', () => {
    fc.assert(fc.property(people, people, (a, b) => isSamePerson(a, b) === isSamePerson(b, a)));
  });

  it('never allows a decision that breaks any one rule, in any other circumstances', () => {
    const at = fc.integer({ min: -1, max: 1 }).map((sign) => now.getTime() + sign * 60_000);
    const digests = fc.constantFrom(anApproval().digest, 'another', '');
    const statuses = fc.constantFrom<Approval['status']>(
      'PENDING',
      'APPROVED',
      'REJECTED',
      'EXPIRED',
      'WITHDRAWN',
    );
    fc.assert(
      fc.property(
        people,
        people,
        statuses,
        at,
        digests,
        fc.boolean(),
        fc.boolean(),
        fc.subarray(['x@example.com', 'y@example.com']),
        (first, person, status, expiresAt, shownDigest, isRunning, makersMayDecide, makers) => {
          const request = anApproval({
            role: 'pmo',
            status,
            review: aReview({ makers: makers.map((address) => aMaker(address)) }),
            expiresAt: new Date(expiresAt).toISOString(),
          });
          const ruling = mayDecide(request, [approvedBy(first)], person, now, {
            isRunning,
            shownDigest,
            policy: { ...aPolicy, makersMayDecide },
          });
          const broken = [
            !person.groups.includes('pmo'),
            status !== 'PENDING',
            !isRunning,
            expiresAt <= now.getTime(),
            isSamePerson(first, person),
            !makersMayDecide && partInChange(person, request) !== undefined,
            person.verifiedEmail === '',
            shownDigest !== request.digest,
          ];
          expect(ruling.kind).toBe(broken.includes(true) ? 'denied' : 'ok');
        },
      ),
      { numRuns: 500 },
    );
  });
});
