import fc from 'fast-check';
import {
  type CheckedAbsence,
  capacityOf,
  type HandOver,
  isActive,
  whyNoHandOver,
} from '../../../tasks/approvals/absence-rules.ts';
import { mayDecide, partInChange } from '../../../tasks/approvals/decision-rules.ts';
import { deciderText, withDecision } from '../../../tasks/approvals/decisions.ts';
import { isSamePerson, peopleOf } from '../../../tasks/approvals/same-person.ts';
import type { Absence, Approval, Person } from '../../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../../tasks/payloads.ts';
import {
  aDecision,
  anAbsence,
  anApproval,
  aPerson,
  aPolicy,
  aPromotion,
  aReview,
} from '../doubles/samples.ts';

const now = new Date('2026-11-23T08:00:00.000Z');
const DAY = 86_400_000;
const later = (days: number) => new Date(now.getTime() + days * DAY).toISOString();

const quinn = aPerson('quinn', { groups: ['qc'] });
const sam = aPerson('sam');
const parker = aPerson('parker', { groups: ['pmo'] });
const olga = aPerson('olga', { groups: ['operator'] });
const dana = aPerson('dana', { groups: [] });

const checked = (change: Partial<Absence> = {}, absentIsMember = true): CheckedAbsence => ({
  absence: anAbsence(quinn, olga, change),
  absentIsMember,
});

const rulingOn = (
  approval: Approval,
  approvals: readonly Approval[],
  person: Person,
  absences: readonly CheckedAbsence[],
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
    absences,
    now,
  });

const qc = anApproval();
const pmo = anApproval({ role: 'pmo', approvalId: 'pmo-request-1' });
const forQuinn = { absenceId: 'absence-1', absent: quinn, until: anAbsence(quinn, olga).until };
const by = (person: Person, absent?: Person): Approval =>
  withDecision(qc, aDecision(person, absent ? { absence: { ...forQuinn, absent } } : {}));
const openBy = (person: Person, absent?: Person): Approval =>
  withDecision(
    anApproval({ count: 3 }),
    aDecision(person, absent ? { absence: { ...forQuinn, absent } } : {}),
  );

describe('while a role is handed over', () => {
  it.each<[string, Approval, readonly Approval[], Person, readonly CheckedAbsence[], string]>([
    ['the substitute decides', qc, [], olga, [checked()], 'ok'],
    ['the absent person does not', qc, [], quinn, [checked()], 'Absent'],
    ['other members do', qc, [], sam, [checked()], 'ok'],
    ['nobody else does', qc, [], dana, [checked()], 'NotInRole'],
    ['the substitute does not in the other role', pmo, [], olga, [checked()], 'NotInRole'],
    ['not before it begins', qc, [], olga, [checked({ from: later(0.1) })], 'NotInRole'],
    ['not at its last instant', qc, [], olga, [checked({ until: now.toISOString() })], 'NotInRole'],
    ['not once it was ended', qc, [], olga, [checked({ endedAt: later(-0.1) })], 'NotInRole'],
    ['the absent person decides once it was ended', qc, [], quinn, [checked({ endedAt: later(-0.1) })], 'ok'],
    ['not once the absent person has left the group', qc, [], olga, [checked({}, false)], 'NotInRole'],
    [
      'another account with the address of the substitute is not the substitute',
      qc,
      [],
      { ...olga, subject: 'another' },
      [checked()],
      'NotInRole',
    ],
    [
      'another account with the address of the absent person does not decide',
      qc,
      [],
      { ...quinn, subject: 'another' },
      [checked()],
      'Absent',
    ],
    [
      'a maker is no substitute',
      qc,
      [],
      dana,
      [{ absence: anAbsence(quinn, dana), absentIsMember: true }],
      'MadeTheChange',
    ],
    [
      'nobody stands in for a maker',
      qc,
      [],
      olga,
      [{ absence: anAbsence(dana, olga), absentIsMember: true }],
      'MadeTheChange',
    ],
    [
      'nobody stands in for somebody without a verified address, who may be a maker',
      qc,
      [],
      olga,
      [{ absence: anAbsence({ ...sam, verifiedEmail: '' }, olga), absentIsMember: true }],
      'NoVerifiedEmail',
    ],
    [
      'the approver of the other role is no substitute',
      pmo,
      [by(quinn)],
      quinn,
      [{ absence: anAbsence(parker, quinn, { role: 'pmo' }), absentIsMember: true }],
      'ApproversMustDiffer',
    ],
    [
      'nobody stands in for the approver of the other role',
      pmo,
      [by(sam)],
      olga,
      [{ absence: anAbsence(sam, olga, { role: 'pmo' }), absentIsMember: true }],
      'ApproversMustDiffer',
    ],
    [
      'nobody decides in the other role for whom a substitute decided',
      pmo,
      [by(olga, sam)],
      sam,
      [],
      'ApproversMustDiffer',
    ],
    [
      'nobody stands in for somebody who approved the request before',
      openBy(quinn),
      [],
      olga,
      [checked()],
      'ApproversMustDiffer',
    ],
    [
      'nobody decides for whom a substitute approved the request before',
      openBy(olga, quinn),
      [],
      quinn,
      [],
      'ApproversMustDiffer',
    ],
    [
      'a substitute of two people decides once',
      openBy(olga, quinn),
      [],
      olga,
      [checked(), { absence: anAbsence(sam, olga), absentIsMember: true }],
      'ApproversMustDiffer',
    ],
    [
      'a substitute of two people decides for the one who may',
      openBy(quinn),
      [],
      olga,
      [checked(), { absence: anAbsence(sam, olga, { setAt: later(-2) }), absentIsMember: true }],
      'ok',
    ],
    [
      'a substitute who handed the role on decides for nobody: no chains',
      qc,
      [],
      sam,
      [
        { absence: anAbsence(quinn, sam), absentIsMember: true },
        { absence: anAbsence(sam, olga), absentIsMember: true },
      ],
      'Absent',
    ],
    [
      'a role has one substitute: the one who was named first',
      qc,
      [],
      dana,
      [
        checked({ setAt: later(-3) }),
        { absence: anAbsence(quinn, dana, { setAt: later(-2), absenceId: 'second' }), absentIsMember: true },
      ],
      'NotInRole',
    ],
  ])('%s', (_, approval, approvals, person, absences, expected) => {
    const ruling = rulingOn(approval, approvals, person, absences);
    expect(ruling.kind === 'ok' ? 'ok' : ruling.reason).toBe(expected);
  });

  it('says for whom the substitute decides, in the ruling and in words', () => {
    expect(rulingOn(qc, [], olga, [checked()])).toEqual({ kind: 'ok', absence: anAbsence(quinn, olga) });
    const [decision] = by(olga, quinn).decisions;
    expect(decision && deciderText(decision)).toBe('olga for quinn (absent until 30 Nov 2026, 00:00 UTC)');
  });
});

describe('handing a role over', () => {
  const asked: HandOver = {
    person: quinn,
    signedInAt: now.getTime(),
    freshSignInMinutes: 15,
    role: 'qc',
    substituteName: 'olga',
    substitute: { ...olga, isEnabled: true },
    from: later(1),
    until: later(8),
    reason: 'Holiday',
    absences: [],
    now,
  };
  it.each<[string, Partial<HandOver>, RegExp | undefined]>([
    ['is possible', {}, undefined],
    ['is possible for 90 days', { until: later(91) }, undefined],
    [
      'beside an absence that has been ended',
      { absences: [anAbsence(quinn, sam, { endedAt: later(0) })] },
      undefined,
    ],
    ['beside one in the other role', { absences: [anAbsence(quinn, sam, { role: 'pmo' })] }, undefined],
    ['not by somebody outside the group', { person: olga }, /not in the group qc/],
    ['not for the other role', { role: 'pmo' }, /not in the group pmo/],
    ['not after an old sign-in', { signedInAt: now.getTime() - 15 * 60_000 - 1 }, /last 15 minutes/],
    ['not after a sign-in in the future', { signedInAt: now.getTime() + 15 * 60_000 + 1 }, /last 15 minutes/],
    [
      'not to somebody unknown',
      { substitute: undefined, substituteName: 'x' },
      /nobody with the user name "x"/,
    ],
    ['not to a disabled account', { substitute: { ...olga, isEnabled: false } }, /disabled/],
    [
      'not without a verified address',
      { substitute: { ...olga, verifiedEmail: '', isEnabled: true } },
      /verified/,
    ],
    ['not to oneself', { substitute: { ...quinn, isEnabled: true } }, /to yourself/],
    [
      'not to another account of oneself',
      { substitute: { ...olga, verifiedEmail: 'Quinn@example.com', isEnabled: true } },
      /to yourself/,
    ],
    ['not without days', { from: '' }, /first and the last day/],
    ['not backwards', { until: later(1) }, /before the first/],
    ['not in the past', { from: later(-3), until: later(-1) }, /is over/],
    ['not for longer than 90 days', { until: later(91.01) }, /longer than 90 days/],
    ['not years ahead', { from: later(366), until: later(370) }, /more than 365 days/],
    ['not without a reason', { reason: '' }, /0 characters/],
    ['not with a long one', { reason: 'x'.repeat(201) }, /201 characters/],
    ['not without a verified address', { person: { ...quinn, verifiedEmail: '' } }, /You have no verified/],
    ['not twice', { absences: [anAbsence(quinn, sam)] }, /handed QC to sam/],
    ['not by a substitute', { absences: [anAbsence(sam, quinn)] }, /cannot hand it on/],
    ['not to somebody absent', { absences: [anAbsence(olga, sam)] }, /olga is absent/],
  ])('%s', (_, change, message) => {
    const why = whyNoHandOver({ ...asked, ...change });
    if (message === undefined) expect(why).toBeUndefined();
    else expect(why?.message).toMatch(message);
  });
});

it('never lets an absence count one person twice, a maker, or somebody who handed the role over', () => {
  const person = fc.constantFrom(quinn, sam, parker, olga, dana, aPerson('carol', { groups: [] }));
  const role = fc.constantFrom<ApproverRole>('qc', 'pmo');
  const absences = fc.array(
    fc
      .record({
        absent: person,
        substitute: person,
        role,
        from: fc.integer({ min: -2, max: 1 }),
        until: fc.integer({ min: 0, max: 3 }),
        isEnded: fc.boolean(),
        absentIsMember: fc.boolean(),
        setAt: fc.integer({ min: -5, max: -1 }),
      })
      .map(
        ({ absent, substitute, absentIsMember, isEnded, ...one }): CheckedAbsence => ({
          absence: anAbsence(absent, substitute, {
            absenceId: JSON.stringify([absent.name, substitute.name, one]),
            role: one.role,
            from: later(one.from),
            until: later(one.until),
            setAt: later(one.setAt),
            ...(isEnded ? { endedAt: later(-0.5) } : {}),
          }),
          absentIsMember,
        }),
      ),
    { maxLength: 6 },
  );
  let substituted = 0;
  fc.assert(
    fc.property(
      fc.array(fc.record({ role, person, absences }), { minLength: 6, maxLength: 30 }),
      (attempts) => {
        const requests = { qc: anApproval({ count: 2 }), pmo: anApproval({ role: 'pmo', count: 2 }) };
        const counted: Person['subject'][] = [];
        for (const { role: asRole, person: who, absences: known } of attempts) {
          const ruling = rulingOn(requests[asRole], [requests.qc, requests.pmo], who, known);
          if (ruling.kind === 'denied') continue;
          const { absence } = ruling;
          const decision = aDecision(who, absence ? { absence } : {});
          const people = peopleOf(decision);
          expect(people.some((one) => partInChange(one, requests.qc) !== undefined)).toBe(false);
          expect(counted.some((subject) => people.some((one) => one.subject === subject))).toBe(false);
          const away = known.some(
            (one) =>
              one.absence.role === asRole &&
              isActive(one.absence, now) &&
              isSamePerson(one.absence.absent, who),
          );
          expect(away).toBe(false);
          if (absence === undefined) expect(who.groups).toContain(asRole);
          else {
            substituted += 1;
            expect(isActive(absence, now)).toBe(true);
            expect(known.find((one) => one.absence === absence)?.absentIsMember).toBe(true);
          }
          expect(capacityOf(who, asRole, known, now).kind).toBe(absence ? 'substitute' : 'member');
          counted.push(...people.map(({ subject }) => subject));
          requests[asRole] = withDecision(requests[asRole], decision);
        }
      },
    ),
    { seed: 2, numRuns: 1000 },
  );
  expect(substituted).toBeGreaterThan(50);
});
