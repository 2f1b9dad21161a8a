import type { Absence, Approval, DenialReason, Job, Person, Promotion } from '../ledger/items.ts';
import type { Candidate } from '../payloads.ts';
import { roleTitles, utcTime } from '../words.ts';
import { type Capacity, type CheckedAbsence, capacityOf } from './absence-rules.ts';
import {
  type CandidateChange,
  candidateChanges,
  candidateDigest,
  currentCandidate,
  requestedCandidate,
} from './candidate.ts';
import { decidersText } from './decisions.ts';
import { staleSignIn } from './fresh-sign-in.ts';
import { pusherOf } from './makers.ts';
import type { Review } from './review.ts';
import { isSameMaker } from './same-maker.ts';
import { dotsIgnoredBy, isSamePerson, peopleOf } from './same-person.ts';

/** What the rules say about one person's attempt to decide. */
export type Ruling =
  | {
      readonly kind: 'ok';
      /** If the person decides as a substitute: for whom. */
      readonly absence?: Absence;
    }
  | {
      readonly kind: 'denied';
      readonly reason: DenialReason;
      readonly message: string;
      /** With `CandidateChanged`: what is not as it was shown. */
      readonly changes?: readonly CandidateChange[];
    };

/** The rules that an application's configuration may loosen or tighten. */
export interface ApprovalPolicy {
  /** Whether makers (authors, committers, the pusher) may decide about their change. */
  readonly makersMayDecide: boolean;
  /** Minutes after which somebody must sign in again to decide. */
  readonly freshSignInMinutes: number;
}

/** An application's own rules: they hold for no other application. */
export type PolicyOf = (application: string) => ApprovalPolicy;

/** What the rules decide on. */
export interface DecisionContext {
  readonly person: Person;
  /** When the person signed in. In ms since the epoch. */
  readonly signedInAt: number;
  /** All approvals of the promotion. */
  readonly approvals: readonly Approval[];
  /** Undefined if the execution was started by hand. */
  readonly promotion: Promotion | undefined;
  /** All jobs of the promotion. */
  readonly jobs: readonly Job[];
  /** Whether the execution is under way. */
  readonly isRunning: boolean;
  /** The application's configuration as it is deployed now. */
  readonly configurationVersion: string;
  /** The digest of what the person was shown. */
  readonly shownDigest: string;
  readonly policy: ApprovalPolicy;
  /** Those that concern the person, as absent or as substitute. */
  readonly absences: readonly CheckedAbsence[];
  readonly now: Date;
}

/** What of a request the rules about people decide on. */
export interface RuledRequest extends Pick<Approval, 'role' | 'decisions'> {
  readonly candidate: Pick<Candidate, 'pushedBy'>;
  readonly review: Pick<Review, 'makers' | 'dotsIgnoredIn' | 'goBack'>;
}

/** What the rules about people decide on. */
type MemberContext = Pick<DecisionContext, 'person' | 'approvals'> & {
  readonly policy: Pick<ApprovalPolicy, 'makersMayDecide'>;
};

/** Whether the request's time is up. */
export const hasExpired = (approval: Approval, now: Date): boolean =>
  approval.status === 'EXPIRED' || now.getTime() >= Date.parse(approval.expiresAt);

/** A person's part in making the change; undefined if none is known. */
export function partInChange(
  person: Pick<Person, 'name' | 'verifiedEmail'>,
  { candidate, review }: Pick<RuledRequest, 'candidate' | 'review'>,
): 'wrote or committed' | 'co-wrote or signed off' | 'pushed' | 'asked for' | undefined {
  const dotsIgnoredIn = review.dotsIgnoredIn ?? [];
  const parts = review.makers.filter((maker) => isSameMaker(person, maker, dotsIgnoredIn));
  const roles = new Set(parts.flatMap(({ because }) => because.map(({ role }) => role)));
  if (roles.has('author') || roles.has('committer')) return 'wrote or committed';
  if (roles.has('co-author') || roles.has('signed off')) return 'co-wrote or signed off';
  const isPusher = roles.has('pusher') || isSameMaker(person, pusherOf(candidate.pushedBy), dotsIgnoredIn);
  if (review.goBack !== undefined) return isPusher || roles.has('asker') ? 'asked for' : undefined;
  return isPusher ? 'pushed' : undefined;
}

/** What a person did that keeps them from deciding; undefined if nothing does. An operator who goes back never decides about it. */
export function partThatForbids(
  person: Pick<Person, 'name' | 'verifiedEmail'>,
  request: Pick<RuledRequest, 'candidate' | 'review'>,
  makersMayDecide: boolean,
): ReturnType<typeof partInChange> {
  const part = partInChange(person, request);
  return makersMayDecide && part !== 'asked for' ? undefined : part;
}

/** Whether half of the time has passed without a decision: the approvers may not have got the mail. */
export const isWaitingLong = ({ status, requestedAt, expiresAt }: Approval, now: Date): boolean =>
  status === 'PENDING' && now.getTime() >= (Date.parse(requestedAt) + Date.parse(expiresAt)) / 2;

type Denied = Extract<Ruling, { kind: 'denied' }>;

const denied = (reason: DenialReason, message: string): Denied => ({ kind: 'denied', reason, message });

/** As whom the person decides, or why not. */
const asWhom = (
  approval: Approval,
  { person, absences, now }: DecisionContext,
): Denied | Extract<Capacity, { kind: 'member' | 'substitute' }> => {
  const { role } = approval;
  const title = roleTitles[role];
  const capacity = capacityOf(person, role, absences, now, dotsIgnoredBy(approval));
  if (capacity.kind === 'absent')
    return denied(
      'Absent',
      `${person.name} handed ${title} to ${capacity.absence.substitute.name} until ${utcTime(capacity.absence.until)}. ` +
        `${capacity.absence.substitute.name} decides; end the absence to decide yourself.`,
    );
  if (capacity.kind !== 'none') return capacity;
  return denied(
    'NotInRole',
    capacity.lapsed === undefined
      ? `${person.name} is not in the group ${role}: only its members decide as ${title}.`
      : `${capacity.lapsed.absent.name}, who handed ${title} to ${person.name}, is no longer in the group ${role}.`,
  );
};

/**
 * Denies people who decided in the other role or about this request, and makers: the person, and the absent person for whom
 * they would decide. An absent person and their substitute count as one.
 */
const ruleOnPeople = (
  approval: RuledRequest,
  { person, approvals, policy }: MemberContext,
  absence: Absence | undefined,
): Ruling | undefined => {
  const title = roleTitles[approval.role];
  for (const one of peopleOf({ person, ...(absence && { absence }) })) {
    const decides = one === person ? '' : ` ${person.name} would decide for ${one.name}.`;
    // The other role's requests that are over count as well: nobody decides in both roles about one promotion.
    const requests: readonly Pick<RuledRequest, 'role' | 'decisions'>[] = [
      approval,
      ...approvals.filter(({ role }) => role !== approval.role),
    ];
    const before = requests.find(({ decisions }) =>
      decisions.some((decision) =>
        peopleOf(decision).some((other) => isSamePerson(other, one, dotsIgnoredBy(approval))),
      ),
    );
    if (before !== undefined)
      return denied(
        'ApproversMustDiffer',
        `${one.name} approved as ${roleTitles[before.role]}.${decides} Another member of ${title} must decide.`,
      );
    const part = partThatForbids(one, approval, policy.makersMayDecide);
    if (part !== undefined)
      return denied(
        'MadeTheChange',
        `${one.name} ${part} this change.${decides} Another member of ${title} must decide.`,
      );
    if (one.verifiedEmail === '')
      return denied(
        'NoVerifiedEmail',
        `${one.name} has no verified e-mail address, so we cannot tell whether they approved already or made this change.${decides} ` +
          'Ask an administrator to verify it in the user pool, then sign in again' +
          `${one === person ? '' : ' and set the absence again'}.`,
      );
  }
  return undefined;
};

/**
 * Whether something about a person speaks against a decision of theirs; undefined if nothing does.
 * @param absence if they would decide as a substitute: for whom
 */
export const ruleOnMember = (
  approval: RuledRequest,
  context: MemberContext,
  absence?: Absence,
): Ruling | undefined => ruleOnPeople(approval, context, absence);

/**
 * Whether this person may decide this request now. Nobody is exempt: permissions elsewhere do not matter.
 * The one place that rules on decisions.
 */
export function mayDecide(approval: Approval, context: DecisionContext): Ruling {
  const { isRunning, configurationVersion, shownDigest, policy, now } = context;
  const { role, status } = approval;
  const title = roleTitles[role];
  const capacity = asWhom(approval, context);
  if (capacity.kind === 'denied') return capacity;
  if (status === 'APPROVED' || status === 'REJECTED')
    return denied(
      'AlreadyDecided',
      `This request is already ${status === 'APPROVED' ? 'approved' : 'rejected'} (${decidersText(approval)}).`,
    );
  if (status === 'WITHDRAWN' || (!isRunning && !hasExpired(approval, now)))
    return denied(
      'Withdrawn',
      approval.withdrawnBecause ?? 'The promotion was stopped. This request is closed.',
    );
  if (hasExpired(approval, now))
    return denied(
      'Expired',
      `This request expired at ${utcTime(approval.expiresAt)}. After a redrive, ${title} gets a new request.`,
    );
  // Of several absent people, a substitute decides for the first for whom nothing speaks against it.
  const choices = capacity.kind === 'substitute' ? capacity.absences : [undefined];
  const rulings = choices.map((absence) => ruleOnPeople(approval, context, absence));
  const chosen = rulings.indexOf(undefined);
  if (chosen < 0 && rulings[0] !== undefined) return rulings[0];
  const absence = choices[chosen];
  const requested = requestedCandidate(approval);
  const changes = candidateChanges(requested, currentCandidate(approval, context, configurationVersion));
  if (changes.length > 0 || candidateDigest(requested) !== approval.digest || shownDigest !== approval.digest)
    return {
      kind: 'denied',
      reason: 'CandidateChanged',
      message:
        changes.length > 0
          ? 'The candidate has changed since this request. A new request follows.'
          : 'The decision was about an older version of this page. Review the page again, then decide.',
      changes,
    };
  const stale = staleSignIn(context.signedInAt, now, policy.freshSignInMinutes, 'decide');
  return stale === undefined ? { kind: 'ok', ...(absence && { absence }) } : denied('SignInTooOld', stale);
}
