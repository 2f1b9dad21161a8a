import type { Absence, Person } from '../ledger/items.ts';
import { type Ledger, LedgerConflictError, nextWriteAttempt } from '../ledger/ledger.ts';
import type { ApproverRole } from '../payloads.ts';
import {
  type AbsenceDenial,
  type CheckedAbsence,
  isActive,
  isCurrent,
  type PoolPerson,
  whyNoAbsence,
  whyNoHandOver,
} from './absence-rules.ts';
import { identityOf, isSamePerson } from './same-person.ts';

/** The groups that a person is in now. */
type GroupsNow = (person: Person) => Promise<readonly string[]>;

/**
 * Absences that concern what a person may decide now. Groups of the absent are read only where the person stands in.
 * @returns a function that reads them
 */
export function readAbsencesOf({
  ledger,
  groupsNow,
  now,
}: {
  readonly ledger: Pick<Ledger, 'absences'>;
  readonly groupsNow: GroupsNow;
  readonly now: () => Date;
}) {
  return async function readAbsencesOf(person: Pick<Person, 'subject'>): Promise<readonly CheckedAbsence[]> {
    const active = (await ledger.absences()).filter((absence) => isActive(absence, now()));
    return Promise.all(
      active.map(async (absence) => ({
        absence,
        absentIsMember:
          absence.substitute.subject === person.subject &&
          (await groupsNow({ ...absence.absent, groups: [] })).includes(absence.role),
      })),
    );
  };
}

/** What setting and ending absences needs. */
export interface AbsenceDependencies {
  readonly ledger: Pick<Ledger, 'absences' | 'addAbsence' | 'replaceAbsence'>;
  /** Finds a person of the user pool. */
  readonly findPerson: (name: string) => Promise<PoolPerson | undefined>;
  readonly now: () => Date;
  /** Random and opaque. */
  readonly newAbsenceId: () => string;
}

/** Who acts, with the groups of now, and when they signed in (ms since the epoch). */
interface Acting {
  readonly person: Person;
  readonly signedInAt: number;
  readonly freshSignInMinutes: number;
}

/** What came of it. A denial by the rules is an expected outcome: its message says what to do. */
export type AbsenceOutcome =
  | { readonly kind: 'done'; readonly absence: Absence }
  | ({ readonly kind: 'denied' } & AbsenceDenial);

/** Hands a person's role to somebody for a time. Recorded for good. */
export function handOver({ ledger, findPerson, now, newAbsenceId }: AbsenceDependencies) {
  return async function handOver(
    acting: Acting,
    asked: {
      readonly role: ApproverRole;
      readonly substitute: string;
      /** ISO 8601. */
      readonly from: string;
      readonly until: string;
      readonly reason: string;
    },
  ): Promise<AbsenceOutcome> {
    const at = now();
    const substitute = asked.substitute === '' ? undefined : await findPerson(asked.substitute);
    const denial = whyNoHandOver({
      ...acting,
      ...asked,
      substitute,
      substituteName: asked.substitute,
      absences: await ledger.absences(),
      now: at,
    });
    if (denial !== undefined) return { kind: 'denied', ...denial };
    if (substitute === undefined) throw new TypeError('The rules let a role be handed to nobody.');
    const { role, from, until, reason } = asked;
    const absence: Absence = {
      absenceId: newAbsenceId(),
      role,
      absent: identityOf(acting.person),
      substitute: identityOf(substitute),
      // It holds from now on, not for what was decided before.
      from: Date.parse(from) < at.getTime() ? at.toISOString() : from,
      until,
      reason,
      setAt: at.toISOString(),
    };
    await ledger.addAbsence(absence);
    return { kind: 'done', absence };
  };
}

/** Ends an absence early. Only the absent person does. @throws LedgerContendedError */
export function endAbsence({ ledger, now }: Pick<AbsenceDependencies, 'ledger' | 'now'>) {
  return async function endAbsence(acting: Acting, absenceId: string): Promise<AbsenceOutcome> {
    for (let writeAttempt = 1; ; writeAttempt = nextWriteAttempt(writeAttempt, `Absence ${absenceId}`)) {
      const at = now();
      const absence = (await ledger.absences()).find((one) => one.absenceId === absenceId);
      const notPossible = (message: string): AbsenceOutcome => ({
        kind: 'denied',
        reason: 'NotPossible',
        message,
      });
      if (absence === undefined || !isSamePerson(absence.absent, acting.person))
        return notPossible('You have set no such absence. Only the absent person ends it.');
      const denial = whyNoAbsence(acting, absence.role, at);
      if (denial !== undefined) return { kind: 'denied', ...denial };
      if (!isCurrent(absence, at)) return notPossible('This absence has ended already.');
      const after: Absence = { ...absence, endedAt: at.toISOString() };
      try {
        await ledger.replaceAbsence(absence, after);
        return { kind: 'done', absence: after };
      } catch (error) {
        if (!(error instanceof LedgerConflictError)) throw error;
      }
    }
  };
}
