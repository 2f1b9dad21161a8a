import type { Held } from '../../../tasks/calendar/hold-rules.ts';
import { type Override, overriddenBy } from '../../../tasks/calendar/override.ts';
import { mayDecideOverride, whyNotAsk } from '../../../tasks/calendar/override-rules.ts';
import { anAbsence, anApproval, aPerson, aReview } from '../doubles/samples.ts';

const now = new Date('2026-11-24T12:00:00.000Z');
const held: Held = {
  environment: 'prod',
  holds: [{ id: 'declared:f1', kind: 'declared', name: 'incident', timeZone: 'UTC' }],
  reasons: ['incident'],
  timeZone: 'UTC',
};
const override: Override = {
  promotionId: 'p',
  application: 'shop',
  environment: 'prod',
  attempt: 1,
  reason: 'hotfix',
  holds: held.holds,
  askedBy: aPerson('olga'),
  askedAt: '2026-11-24T11:59:00.000Z',
};
const decision = {
  decision: 'confirm',
  role: 'qc',
  person: aPerson('quinn'),
  at: '2026-11-24T12:00:00.000Z',
  signedInAt: '2026-11-24T11:59:00.000Z',
} as const;
const member = (name: string, ...groups: string[]) => ({ ...aPerson(name), groups });
const dana = {
  name: 'Dana',
  address: 'dana@example.com',
  because: [{ role: 'author', commitId: 'c', count: 1 }],
};
const requests = [anApproval({ review: aReview({ makers: [dana] as never }) })];
type Context = Parameters<typeof mayDecideOverride>[1];
const decide = (person: Context['person'], change: Partial<Context> = {}, of = override): string => {
  const ruling = mayDecideOverride(of, {
    person,
    signedInAt: now.getTime() - 60_000,
    requests,
    policy: { makersMayDecide: false, freshSignInMinutes: 15 },
    absences: [],
    now,
    ...change,
  });
  return ruling.kind === 'ok' ? `ok as ${ruling.role}` : ruling.reason;
};
const away = (absent: string, substitute: string) => ({
  absence: anAbsence(aPerson(absent), aPerson(substitute)),
  absentIsMember: true,
});

describe('who confirms that a promotion goes on during a freeze', () => {
  it.each<[string, string]>([
    ['ok as qc', decide(member('quinn', 'qc'))],
    ['ok as pmo', decide(member('parker', 'pmo'))],
    ['NotInRole', decide(member('sam', 'operator'))],
    ['NotInRole', decide(member('sam'))],
    // The operator who asked is an approver as well, or has a second account.
    ['SamePerson', decide(member('olga', 'operator', 'qc'))],
    ['SamePerson', decide({ ...member('other', 'qc'), verifiedEmail: 'olga@example.com' })],
    ['SamePerson', decide({ ...member('other', 'qc'), verifiedEmail: 'Olga+2@example.com' })],
    ['MadeTheChange', decide(member('dana', 'qc'))],
    ['ok as qc', decide(member('dana', 'qc'), { policy: { makersMayDecide: true, freshSignInMinutes: 15 } })],
    ['NoVerifiedEmail', decide({ ...member('quinn', 'qc'), verifiedEmail: '' })],
    ['SignInTooOld', decide(member('quinn', 'qc'), { signedInAt: now.getTime() - 16 * 60_000 })],
    ['MakersUnknown', decide(member('quinn', 'qc'), { requests: [] })],
    ['NotPossible', decide(member('quinn', 'qc'), {}, { ...override, decision })],
    // Who is absent does not decide; a substitute does, unless they or the absent person may not.
    ['NotInRole', decide(member('quinn', 'qc'), { absences: [away('quinn', 'sam')] })],
    ['ok as qc', decide(member('sam'), { absences: [away('quinn', 'sam')] })],
    ['SamePerson', decide(member('sam'), { absences: [away('olga', 'sam')] })],
    ['MadeTheChange', decide(member('sam'), { absences: [away('dana', 'sam')] })],
  ])('%s', (expected, ruling) => expect(ruling).toBe(expected));
});

describe('an operator who asks', () => {
  const ask = (change: Partial<Parameters<typeof whyNotAsk>[0]> = {}) =>
    whyNotAsk({
      operator: { kind: 'ok' },
      person: aPerson('olga'),
      held,
      overrides: [],
      requests,
      policy: { makersMayDecide: false },
      reason: 'hotfix',
      ...change,
    })?.reason ?? 'ok';
  it.each<[string, string]>([
    ['ok', ask()],
    ['NotInRole', ask({ operator: { kind: 'denied', reason: 'NotInRole', message: '' } })],
    ['NotPossible', ask({ held: undefined })],
    ['NotPossible', ask({ overrides: [override] })],
    ['ok', ask({ overrides: [{ ...override, decision: { ...decision, decision: 'decline' } }] })],
    ['NotPossible', ask({ reason: ' ' })],
    ['NoVerifiedEmail', ask({ person: { ...aPerson('olga'), verifiedEmail: '' } })],
    ['MakersUnknown', ask({ requests: [] })],
    ['ok', ask({ requests: [], policy: { makersMayDecide: true } })],
  ])('%s', (expected, ruling) => expect(ruling).toBe(expected));
});

describe('what is overridden', () => {
  it.each<[string, Override, number]>([
    ['what two people agreed on', { ...override, decision }, 1],
    ['nothing that waits', override, 0],
    ['nothing that was declined', { ...override, decision: { ...decision, decision: 'decline' } }, 0],
    ['nothing of one person', { ...override, decision: { ...decision, person: aPerson('olga') } }, 0],
    ['nothing of another environment', { ...override, decision, environment: 'qat' }, 0],
  ])('%s', (_, one, size) => expect(overriddenBy([one], 'prod').size).toBe(size));
});
