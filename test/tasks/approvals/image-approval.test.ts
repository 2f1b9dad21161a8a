import fc from 'fast-check';
import { confirmApprovers } from '../../../tasks/approvals/confirm-approvers.ts';
import { mayDecide } from '../../../tasks/approvals/decision-rules.ts';
import { whyImageNotApproved } from '../../../tasks/approvals/image-approval.ts';
import { takenOver } from '../../../tasks/approvals/request-approval.ts';
import { notBeforeOf } from '../../../tasks/calendar/read-held.ts';
import { pointAtImage } from '../../../tasks/images/point-at-image.ts';
import type { Approval, Job, Person } from '../../../tasks/ledger/items.ts';
import type { ApproverRole, RequestApprovalRequest } from '../../../tasks/payloads.ts';
import { approverRoles } from '../../../tasks/words.ts';
import { anImageRequest, aProdBuild, aProdImage } from '../doubles/image-approval.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aDecision,
  anApproval,
  aPerson,
  aPolicy,
  aPromotion,
  approvedBy,
  aReview,
  ONE_EACH,
  PROMOTION_ID,
  rejectedBy,
} from '../doubles/samples.ts';

const now = new Date('2026-11-23T00:00:00.000Z');
const quinn = aPerson('quinn');
const parker = aPerson('parker');
const change = (role: ApproverRole, person: Person, more: Partial<Approval> = {}): Approval =>
  anApproval({
    role,
    approvalId: `${role}-change`,
    state: role === 'qc' ? 'QC approval' : 'PMO approval',
    ...approvedBy(person),
    ...more,
  });
const both = [change('qc', quinn), change('pmo', parker)];
const ofImage = (role: ApproverRole, person: Person, more: Partial<Approval> = {}): Approval =>
  anImageRequest({ role, approvalId: `${role}-image`, ...approvedBy(person), ...more });
const bothOfImage = [ofImage('qc', quinn), ofImage('pmo', parker)];
const other = { ...aProdImage, imageId: 'ami-other' };
const otherDifferences = { ...aProdImage, differs: 'The package jq 1.7 was added.' };
const otherContents = { ...aProdImage, inventory: 'a'.repeat(64) };

const rows: readonly (readonly [string, readonly Job[], readonly Approval[], RegExp | undefined])[] = [
  ['it is as approved', [aProdBuild({ differs: undefined })], both, undefined],
  ['no Prod image was built', [], both, undefined],
  ['both approved it', [aProdBuild()], [...both, ...bothOfImage], undefined],
  ['it differs, and nobody was asked about it', [aProdBuild()], both, /QC has not approved it/],
  ['PMO was not asked about it', [aProdBuild()], [...both, ofImage('qc', quinn)], /PMO has not approved/],
  [
    'a request about it is open',
    [aProdBuild()],
    [...both, ofImage('qc', quinn), anImageRequest({ role: 'pmo' })],
    /PMO has not/,
  ],
  [
    'it was rejected',
    [aProdBuild()],
    [...both, ofImage('qc', quinn, rejectedBy(quinn)), ofImage('pmo', parker)],
    /QC has not/,
  ],
  [
    'fewer approved than must',
    [aProdBuild()],
    [...both, ofImage('qc', quinn, { count: 2 }), ofImage('pmo', parker)],
    /QC has not/,
  ],
  [
    'another image was approved',
    [aProdBuild()],
    [...both, ...approverRoles.map((role) => ofImage(role, parker, anImageOf(other)))],
    /QC has not/,
  ],
  [
    'an image of other contents was approved',
    [aProdBuild()],
    [...both, ofImage('qc', quinn), ofImage('pmo', parker, anImageOf(otherContents))],
    /PMO has not/,
  ],
  [
    'people were told of other differences',
    [aProdBuild()],
    [...both, ofImage('qc', quinn), ofImage('pmo', parker, anImageOf(otherDifferences))],
    /PMO has not/,
  ],
  [
    'another one was built after it was approved',
    [aProdBuild(), aProdBuild({ imageId: 'ami-other' }, { attempt: 2 })],
    [...both, ...bothOfImage],
    /ami-other differs .* QC has not/,
  ],
  [
    'the latest request of a role is not about it',
    [aProdBuild()],
    [...bothOfImage, change('pmo', parker, { attempt: 3, approvalId: 'later' })],
    /PMO has not/,
  ],
];

/** A request's candidate with another image. */
function anImageOf(prodImage: typeof aProdImage): Partial<Approval> {
  return { candidate: { ...anApproval().candidate, prodImage } };
}

describe('a Prod image', () => {
  it.each(rows)('may be used or not, if %s', async (_, jobs, approvals, why) => {
    const said = whyImageNotApproved(jobs, approvals);
    if (why === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(why);
  });

  it.each(rows)('is what Prod is pointed at or not, if %s (T48)', async (_, jobs, approvals, why) => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(aPromotion());
    const point = pointAtImage({
      parameters: { read: async () => 'ami-x', write: async () => undefined },
      ledger: { ...ledger, jobs: async () => jobs, approvals: async () => approvals },
      wait: async () => undefined,
    });
    const request = { promotionId: PROMOTION_ID, parameterName: '/p', imageId: 'ami-x' };
    const pointed = await point({ ...request, environment: 'prod' }).catch((error: Error) => error);
    expect(pointed).toMatchObject(
      why === undefined ? { imageId: 'ami-x' } : { name: 'ApproversNotRecorded' },
    );
    // Nothing is to be restored after it either.
    expect((await ledger.promotion(PROMOTION_ID))?.images).toEqual(why ? {} : { prod: 'ami-x' });
    expect(await point({ ...request, environment: 'qat' })).toEqual({ imageId: 'ami-x' });
  });

  it('is used only if the latest request of each role was approved about just this one', () => {
    const images = [undefined, aProdImage, other, otherContents, otherDifferences];
    const request = fc.record({
      role: fc.constantFrom<ApproverRole>('qc', 'pmo'),
      prodImage: fc.constantFrom(...images),
      status: fc.constantFrom<Approval['status']>('PENDING', 'APPROVED', 'REJECTED', 'EXPIRED', 'WITHDRAWN'),
    });
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 6 }),
        fc.constantFrom(aProdImage, other, otherContents, otherDifferences),
        (asked, built) => {
          const approvals = asked.map(({ role, prodImage, status }, index) =>
            anApproval({
              role,
              attempt: index + 1,
              status,
              decisions: status === 'APPROVED' ? [aDecision(quinn)] : [],
              candidate: { ...anApproval().candidate, ...(prodImage && { prodImage }) },
            }),
          );
          const isApproved = approverRoles.every((role) => {
            const last = asked.filter((one) => one.role === role).at(-1);
            return last?.status === 'APPROVED' && last.prodImage === built;
          });
          expect(whyImageNotApproved([aProdBuild(built)], approvals) === undefined).toBe(isApproved);
        },
      ),
    );
  });
});

describe('confirming the approvers of a Prod image', () => {
  const confirm = async (jobs: readonly Job[], approvals: readonly Approval[]) => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(aPromotion());
    return confirmApprovers({
      ledger: { ...ledger, jobs: async () => jobs, approvals: async () => approvals },
      counts: ONE_EACH,
      makersMayDecide: false,
    })({ promotionId: PROMOTION_ID });
  };
  it('takes the same people as before', async () => {
    expect(await confirm([aProdBuild()], [...both, ...bothOfImage])).toEqual({
      qc: ['quinn'],
      pmo: ['parker'],
    });
  });
  it.each<[string, readonly Job[], readonly Approval[], string]>([
    ['takes no approval of the change for one of the image', [aProdBuild()], both, 'ApprovedSomethingElse'],
    [
      'takes no approval of another image',
      [aProdBuild(other)],
      [...both, ...bothOfImage],
      'ApprovedSomethingElse',
    ],
    [
      'takes no approval of an image that nobody recorded',
      [],
      [...both, ...bothOfImage],
      'ApprovedSomethingElse',
    ],
    [
      'takes nobody who approved the change in the other role',
      [aProdBuild()],
      [...both, ofImage('qc', parker), ofImage('pmo', aPerson('sam'))],
      'ApproversMustDiffer',
    ],
  ])('%s', async (_, jobs, approvals, name) => {
    await expect(confirm(jobs, approvals)).rejects.toMatchObject({ name });
  });
});

describe('deciding about a Prod image', () => {
  const rule = (person: Person, approval: Approval, jobs: readonly Job[] = [aProdBuild()]) =>
    mayDecide(approval, {
      person,
      approvals: both,
      promotion: aPromotion(),
      jobs,
      isRunning: true,
      configurationVersion: aReview().configurationVersion,
      signedInAt: now.getTime(),
      shownDigest: approval.digest,
      policy: aPolicy,
      absences: [],
      now,
    });
  it.each<[string, string, Person, readonly Job[], string]>([
    ['who approved the change in the role may', 'ok', quinn, [aProdBuild()], 'qc'],
    ['another member of the role may', 'ok', aPerson('sam'), [aProdBuild()], 'qc'],
    ['who approved the change in the other role may not', 'denied', parker, [aProdBuild()], 'qc'],
    ['nor the other way round', 'denied', quinn, [aProdBuild()], 'pmo'],
    ['nobody may if another image was built since', 'denied', quinn, [aProdBuild(other)], 'qc'],
    ['nobody may if none is recorded', 'denied', quinn, [], 'qc'],
  ])('%s', (_, kind, person, jobs, role) => {
    expect(rule(person, anImageRequest({ role: role as ApproverRole }), jobs)).toMatchObject({ kind });
  });

  it('is bound to the image, its contents and its differences', () => {
    const digests = [
      aProdImage,
      other,
      otherContents,
      { ...aProdImage, differs: 'The package jq 1.7 was added.' },
    ].map((prodImage) => anApproval(anImageOf(prodImage)).digest);
    expect(new Set([...digests, anApproval().digest]).size).toBe(5);
  });
});

describe('a state that asks', () => {
  const request = (more: Partial<RequestApprovalRequest>): RequestApprovalRequest => ({
    promotionId: PROMOTION_ID,
    redrives: 0,
    state: 'QC image approval',
    taskToken: 'new',
    stateAttempt: 0,
    role: 'qc',
    expiresInSeconds: 60,
    candidate: anImageRequest().candidate,
    ...more,
  });
  const ofChange = { state: 'QC approval', candidate: anApproval().candidate };
  it.each<[string, Approval, Partial<RequestApprovalRequest>, 'other' | 'as it is' | 'this']>([
    ['does not take over what was approved about the change', change('qc', quinn), {}, 'other'],
    [
      'nor when that had more attempts',
      change('qc', quinn, { stateAttempt: 3 }),
      { stateAttempt: 0 },
      'other',
    ],
    ['nor an open request about the change', anApproval(), {}, 'other'],
    ['takes over what was approved about the image', ofImage('qc', quinn), { stateAttempt: 100 }, 'this'],
    ['takes over the open request about it', anImageRequest(), { stateAttempt: 100 }, 'this'],
    [
      'does not take over what was approved about another image',
      ofImage('qc', quinn, anImageOf(other)),
      { stateAttempt: 100 },
      'other',
    ],
    [
      'leaves the request about the image alone as a straggler about the change',
      anImageRequest(),
      { ...ofChange, stateAttempt: 3 },
      'as it is',
    ],
    ['also when that is decided', ofImage('qc', quinn), { ...ofChange, stateAttempt: 100 }, 'as it is'],
    [
      'also when that has expired',
      anImageRequest({ status: 'EXPIRED' }),
      { ...ofChange, stateAttempt: 100 },
      'as it is',
    ],
  ])('%s', (_, latest, more, expected) => {
    const same = takenOver(latest, request(more), now);
    expect(same === undefined ? 'other' : same === latest ? 'as it is' : 'this').toBe(expected);
  });
});

it('leaves the time before which nobody deploys to what was said about the change', () => {
  const at = '2026-12-01T00:00:00.000Z';
  const said = change('pmo', parker, { decisions: [aDecision(parker, { notBefore: at })] });
  expect(notBeforeOf([said, ...bothOfImage])).toEqual({ at, by: 'parker' });
});
