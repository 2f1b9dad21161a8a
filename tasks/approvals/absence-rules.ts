import { DAY_MS } from '../durations.ts';
import type { Absence, Person } from '../ledger/items.ts';
import type { ApproverRole } from '../payloads.ts';
import { roleTitles, utcTime } from '../words.ts';
import { staleSignIn } from './fresh-sign-in.ts';
import { isSamePerson } from './same-person.ts';

/** Longest absence, in days. */
export const MOST_ABSENCE_DAYS = 90;
/** Longest reason, in characters. */
export const LONGEST_REASON = 200;

/** Days before its beginning in which an absence may be set: longer ago, groups and people may have changed. */
const MOST_DAYS_AHEAD = 365;

/** An absence, and whether the absent person still is a member of the role's group. */
export interface CheckedAbsence {
  readonly absence: Absence;
  readonly absentIsMember: boolean;
}

/** As whom somebody decides in a role. */
export type Capacity =
  | { readonly kind: 'member' }
  /** For one of these. */
  | { readonly kind: 'substitute'; readonly absences: readonly Absence[] }
  /** They handed the role to somebody. */
  | { readonly kind: 'absent'; readonly absence: Absence }
  /** `lapsed`: somebody handed them the role who is no longer in the group. */
  | { readonly kind: 'none'; readonly lapsed?: Absence };

/** When it is over. ISO 8601 */
const endOf = ({ until, endedAt }: Absence): string =>
  endedAt !== undefined && endedAt < until ? endedAt : until;

/** Whether an absence holds at a moment. */
export const isActive = (absence: Absence, now: Date): boolean =>
  Date.parse(absence.from) <= now.getTime() && now.getTime() < Date.parse(endOf(absence));

/** Whether an absence holds now or will. */
export const isCurrent = (absence: Absence, now: Date): boolean =>
  absence.endedAt === undefined && now.getTime() < Date.parse(absence.until);

const overlaps = (absence: Absence, from: string, until: string): boolean =>
  Date.parse(absence.from) < Date.parse(until) && Date.parse(from) < Date.parse(endOf(absence));

const earlierFirst = (a: Absence, b: Absence): number =>
  `${a.setAt} ${a.absenceId}` < `${b.setAt} ${b.absenceId}` ? -1 : 1;

/** Absences that hold in a role now. Of several of one person, the one set first holds: a role has one substitute at a time. */
const holding = (
  all: readonly CheckedAbsence[],
  role: ApproverRole,
  now: Date,
  dotsIgnoredIn: readonly string[],
): readonly CheckedAbsence[] =>
  all
    .filter(({ absence }) => absence.role === role && isActive(absence, now))
    .sort((a, b) => earlierFirst(a.absence, b.absence))
    .filter(
      ({ absence }, index, active) =>
        !active
          .slice(0, index)
          .some((one) => isSamePerson(one.absence.absent, absence.absent, dotsIgnoredIn)),
    );

/**
 * As whom a person decides in a role now. Who handed it to somebody does not decide in it, not even for another person: there
 * are no chains. A substitute counts only by the account that was named.
 * @param dotsIgnoredIn domains in which dots make no other address
 */
export function capacityOf(
  person: Person,
  role: ApproverRole,
  absences: readonly CheckedAbsence[],
  now: Date,
  dotsIgnoredIn: readonly string[] = [],
): Capacity {
  const active = holding(absences, role, now, dotsIgnoredIn);
  const own = active.find(({ absence }) => isSamePerson(absence.absent, person, dotsIgnoredIn));
  if (own !== undefined) return { kind: 'absent', absence: own.absence };
  if (person.groups.includes(role)) return { kind: 'member' };
  const forOthers = active.filter(({ absence }) => absence.substitute.subject === person.subject);
  const valid = forOthers.filter(({ absentIsMember }) => absentIsMember);
  if (valid.length > 0) return { kind: 'substitute', absences: valid.map(({ absence }) => absence) };
  const lapsed = forOthers[0]?.absence;
  return { kind: 'none', ...(lapsed && { lapsed }) };
}

/** The role and whether somebody decides in it now, about any request. */
export const decidesAs = (
  person: Person,
  role: ApproverRole,
  absences: readonly CheckedAbsence[],
  now: Date,
): boolean => ['member', 'substitute'].includes(capacityOf(person, role, absences, now).kind);

/** A person as the user pool has them. */
export type PoolPerson = Pick<Person, 'subject' | 'name' | 'verifiedEmail'> & {
  /** Whether they can sign in. */
  readonly isEnabled: boolean;
};

/** What somebody asks for who hands a role to another person. */
export interface HandOver {
  /** With the groups of now. */
  readonly person: Person;
  /** In ms since the epoch. */
  readonly signedInAt: number;
  readonly freshSignInMinutes: number;
  readonly role: ApproverRole;
  /** As it was typed. */
  readonly substituteName: string;
  /** Undefined if the user pool has nobody of that name. */
  readonly substitute: PoolPerson | undefined;
  /** ISO 8601. */
  readonly from: string;
  readonly until: string;
  readonly reason: string;
  /** All that were ever set. */
  readonly absences: readonly Absence[];
  readonly now: Date;
}

/** Why somebody may not set or end an absence. */
export interface AbsenceDenial {
  readonly reason: 'NotInRole' | 'SignInTooOld' | 'NotPossible';
  readonly message: string;
}

/** Why somebody may not change absences in a role at all: only its members do, after a fresh sign-in; undefined if they may. */
export function whyNoAbsence(
  { person, signedInAt, freshSignInMinutes }: Pick<HandOver, 'person' | 'signedInAt' | 'freshSignInMinutes'>,
  role: ApproverRole,
  now: Date,
): AbsenceDenial | undefined {
  if (!person.groups.includes(role))
    return {
      reason: 'NotInRole',
      message: `You are not in the group ${role}. Only its members hand their role to somebody; a substitute does not.`,
    };
  const stale = staleSignIn(signedInAt, now, freshSignInMinutes, 'change an absence');
  return stale === undefined ? undefined : { reason: 'SignInTooOld', message: stale };
}

/** Why a role cannot be handed over; undefined if it can. */
export function whyNoHandOver(request: HandOver): AbsenceDenial | undefined {
  const denial = whyNoAbsence(request, request.role, request.now);
  if (denial !== undefined) return denial;
  const message = whyNotPossible(request);
  return message === undefined ? undefined : { reason: 'NotPossible', message };
}

function whyNotPossible(request: HandOver): string | undefined {
  const { person, role, substitute, substituteName, from, until, reason, absences, now } = request;
  const title = roleTitles[role];
  if (person.verifiedEmail === '')
    return 'You have no verified e-mail address, so we cannot tell you from other people, and nobody can decide for you. Ask an administrator to verify it in the user pool, then sign in again.';
  if (substitute === undefined)
    return `The user pool has nobody with the user name "${substituteName}". Give the name that the person signs in with.`;
  if (!substitute.isEnabled)
    return `${substitute.name} cannot sign in: the account is disabled. Choose somebody else.`;
  if (substitute.verifiedEmail === '')
    return `${substitute.name} has no verified e-mail address, so we cannot tell them from other people. Choose somebody else.`;
  if (isSamePerson(person, substitute)) return 'You cannot hand your role to yourself. Choose somebody else.';
  const wrongTime = whyNoTime(from, until, now);
  if (wrongTime !== undefined) return wrongTime;
  if (reason === '' || reason.length > LONGEST_REASON)
    return `The reason has ${reason.length} characters. Give one with 1 to ${LONGEST_REASON}.`;
  const meanwhile = absences.filter((one) => one.role === role && overlaps(one, from, until));
  const own = meanwhile.find(({ absent }) => isSamePerson(absent, person));
  if (own !== undefined)
    return `You have handed ${title} to ${own.substitute.name} until ${utcTime(own.until)}. End that absence first.`;
  if (meanwhile.some((one) => isSamePerson(one.substitute, person)))
    return `Somebody has handed ${title} to you for that time, and a substitute cannot hand it on. Ask them to choose somebody else.`;
  if (meanwhile.some(({ absent }) => isSamePerson(absent, substitute)))
    return `${substitute.name} is absent as ${title} in that time. Choose somebody else.`;
  return undefined;
}

function whyNoTime(from: string, until: string, now: Date): string | undefined {
  const [start, end] = [Date.parse(from), Date.parse(until)];
  if (Number.isNaN(start) || Number.isNaN(end)) return 'Give the first and the last day, such as 2026-12-24.';
  if (end <= start) return 'The last day is before the first one. Correct the days.';
  if (end <= now.getTime()) return 'The last day is over. Give a later one.';
  if (end - start > MOST_ABSENCE_DAYS * DAY_MS)
    return `It lasts longer than ${MOST_ABSENCE_DAYS} days. Give an earlier last day, and set another absence later.`;
  if (start - now.getTime() > MOST_DAYS_AHEAD * DAY_MS)
    return `It begins in more than ${MOST_DAYS_AHEAD} days. Set it later.`;
  return undefined;
}
