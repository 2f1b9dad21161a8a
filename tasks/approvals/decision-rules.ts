import type { Approval, DenialReason, Person, Promotion } from '../ledger/items.ts';
import { roleTitles, utcTime } from '../words.ts';
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
import { foldedAddress, isSameMaker } from './same-maker.ts';

/** What the rules say about one person's attempt to decide. */
export type Ruling =
  | { readonly kind: 'ok' }
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
  /** Whether the execution is under way. */
  readonly isRunning: boolean;
  /** The application's configuration as it is deployed now. */
  readonly configurationVersion: string;
  /** The digest of what the person was shown. */
  readonly shownDigest: string;
  readonly policy: ApprovalPolicy;
  readonly now: Date;
}

type Identity = Pick<Person, 'subject' | 'verifiedEmail'>;

/** One person may have two accounts: the same subject or the same verified e-mail address is the same person (T48). */
export const isSamePerson = (a: Identity, b: Identity): boolean =>
  a.subject === b.subject ||
  (a.verifiedEmail !== '' && foldedAddress(a.verifiedEmail, []) === foldedAddress(b.verifiedEmail, []));

/** Whether the request's time is up. */
export const hasExpired = (approval: Approval, now: Date): boolean =>
  approval.status === 'EXPIRED' || now.getTime() >= Date.parse(approval.expiresAt);

/** A person's part in making the change; undefined if none is known. */
export function partInChange(
  person: Pick<Person, 'name' | 'verifiedEmail'>,
  { candidate, review }: Pick<Approval, 'candidate' | 'review'>,
): 'wrote or committed' | 'co-wrote or signed off' | 'pushed' | undefined {
  const dotsIgnoredIn = review.dotsIgnoredIn ?? [];
  const parts = review.makers.filter((maker) => isSameMaker(person, maker, dotsIgnoredIn));
  const roles = new Set(parts.flatMap(({ because }) => because.map(({ role }) => role)));
  if (roles.has('author') || roles.has('committer')) return 'wrote or committed';
  if (roles.has('co-author') || roles.has('signed off')) return 'co-wrote or signed off';
  return roles.has('pusher') || isSameMaker(person, pusherOf(candidate.pushedBy), dotsIgnoredIn)
    ? 'pushed'
    : undefined;
}

/** Whether half of the time has passed without a decision: the approvers may not have got the mail. */
export const isWaitingLong = ({ status, requestedAt, expiresAt }: Approval, now: Date): boolean =>
  status === 'PENDING' && now.getTime() >= (Date.parse(requestedAt) + Date.parse(expiresAt)) / 2;

const denied = (reason: DenialReason, message: string): Ruling => ({ kind: 'denied', reason, message });

/** Denies whoever decided as the other role or about this request, and makers. */
const ruleOnPerson = (
  approval: Approval,
  { person, approvals, policy }: DecisionContext,
): Ruling | undefined => {
  const title = roleTitles[approval.role];
  // The other role's requests that are over count as well: nobody decides in both roles about one promotion.
  const before = [approval, ...approvals.filter(({ role }) => role !== approval.role)].find(({ decisions }) =>
    decisions.some((one) => isSamePerson(one.person, person)),
  );
  if (before !== undefined)
    return denied(
      'ApproversMustDiffer',
      `${person.name} approved as ${roleTitles[before.role]}. Another member of ${title} must decide.`,
    );
  const part = policy.makersMayDecide ? undefined : partInChange(person, approval);
  if (part !== undefined)
    return denied(
      'MadeTheChange',
      `${person.name} ${part} this change. Another member of ${title} must decide.`,
    );
  if (person.verifiedEmail === '')
    return denied(
      'NoVerifiedEmail',
      `${person.name} has no verified e-mail address, so we cannot tell whether they approved already or made this change. ` +
        'Ask an administrator to verify it in the user pool, then sign in again.',
    );
  return undefined;
};

/**
 * Whether this person may decide this request now. Nobody is exempt: permissions elsewhere do not matter.
 * The one place that rules on decisions.
 */
export function mayDecide(approval: Approval, context: DecisionContext): Ruling {
  const { person, promotion, isRunning, configurationVersion, shownDigest, policy, now } = context;
  const { role, status } = approval;
  const title = roleTitles[role];
  if (!person.groups.includes(role))
    return denied(
      'NotInRole',
      `${person.name} is not in the group ${role}: only its members decide as ${title}.`,
    );
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
  const onPerson = ruleOnPerson(approval, context);
  if (onPerson !== undefined) return onPerson;
  const requested = requestedCandidate(approval);
  const changes = candidateChanges(requested, currentCandidate(approval, promotion, configurationVersion));
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
  return stale === undefined ? { kind: 'ok' } : denied('SignInTooOld', stale);
}
