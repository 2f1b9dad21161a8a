import type { Approval, DenialReason, Person, Promotion } from '../ledger/items.ts';
import { roleTitles } from '../words.ts';
import {
  type CandidateChange,
  candidateChanges,
  candidateDigest,
  currentCandidate,
  requestedCandidate,
} from './candidate.ts';

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

/** The rules that a configuration may loosen or tighten. */
export interface ApprovalPolicy {
  /** Whether whoever wrote, committed or pushed the change may decide about it. */
  readonly makersMayDecide: boolean;
  /** Minutes after which somebody must sign in again to decide. */
  readonly freshSignInMinutes: number;
}

/** Under which circumstances somebody tries to decide. */
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
  (a.verifiedEmail !== '' && a.verifiedEmail.toLowerCase() === b.verifiedEmail.toLowerCase());

/** Whether the request's time is up. */
export const hasExpired = (approval: Approval, now: Date): boolean =>
  approval.status === 'EXPIRED' || now.getTime() >= Date.parse(approval.expiresAt);

/** What somebody did with the change, or undefined if nothing is known. */
export function partInChange(
  person: Pick<Person, 'name' | 'verifiedEmail'>,
  { candidate, review }: Pick<Approval, 'candidate' | 'review'>,
): 'wrote or committed' | 'pushed' | undefined {
  const email = person.verifiedEmail.toLowerCase();
  if (email !== '' && review.makers.some((maker) => maker.toLowerCase() === email))
    return 'wrote or committed';
  // IAM tells who pushed by the name of a user or of a role's session, which identity centres fill with either of these.
  const pusher = (candidate.pushedBy.split('/').at(-1) ?? '').toLowerCase();
  return pusher !== '' && (pusher === person.name.toLowerCase() || pusher === email) ? 'pushed' : undefined;
}

/** Whether half of the time has passed without a decision: whoever should decide may not have got the mail. */
export const isWaitingLong = ({ status, requestedAt, expiresAt }: Approval, now: Date): boolean =>
  status === 'PENDING' && now.getTime() >= (Date.parse(requestedAt) + Date.parse(expiresAt)) / 2;

const denied = (reason: DenialReason, message: string): Ruling => ({ kind: 'denied', reason, message });

/** Whether somebody else is to decide: the role, the other approver, and who made the change. */
const ruleOnPerson = (
  approval: Approval,
  { person, approvals, policy }: DecisionContext,
): Ruling | undefined => {
  const title = roleTitles[approval.role];
  const other = approvals.find(
    (candidate) =>
      candidate.role !== approval.role &&
      candidate.status === 'APPROVED' &&
      candidate.decidedBy !== undefined &&
      isSamePerson(candidate.decidedBy, person),
  );
  if (other !== undefined)
    return denied(
      'ApproversMustDiffer',
      `${person.name} approved as ${roleTitles[other.role]}: somebody else must decide as ${title}.`,
    );
  if (policy.makersMayDecide) return undefined;
  const part = partInChange(person, approval);
  if (part !== undefined)
    return denied(
      'MadeTheChange',
      `${person.name} ${part} this change: somebody else must decide as ${title}.`,
    );
  if (person.verifiedEmail === '')
    return denied(
      'NoVerifiedEmail',
      `${person.name} has no verified e-mail address, so it cannot be told who made this change. ` +
        'Ask an administrator to verify it in the user pool, then sign in again.',
    );
  return undefined;
};

/**
 * Whether this person may decide this request now. Nobody is exempt: what a person may do elsewhere is not asked.
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
      `${approval.decidedBy?.name ?? 'Somebody'} has ${status === 'APPROVED' ? 'approved' : 'denied'} this already.`,
    );
  if (status === 'WITHDRAWN' || (!isRunning && !hasExpired(approval, now)))
    return denied('Withdrawn', approval.withdrawnBecause ?? 'The promotion was stopped: nobody is asked.');
  if (hasExpired(approval, now))
    return denied(
      'Expired',
      `This request expired at ${approval.expiresAt}. After a redrive, ${title} gets a new one.`,
    );
  const onPerson = ruleOnPerson(approval, context);
  if (onPerson !== undefined) return onPerson;
  const requested = requestedCandidate(approval.candidate, approval.review);
  const changes = candidateChanges(requested, currentCandidate(approval, promotion, configurationVersion));
  if (changes.length > 0 || candidateDigest(requested) !== approval.digest || shownDigest !== approval.digest)
    return {
      kind: 'denied',
      reason: 'CandidateChanged',
      message:
        changes.length > 0
          ? 'What was asked about has changed since. A new request follows.'
          : 'The decision was not about what this page shows. Look again, then decide.',
      changes,
    };
  // A sign-in of later than now tells of a clock that was set back: how long ago it was, nobody knows.
  if (Math.abs(now.getTime() - context.signedInAt) > policy.freshSignInMinutes * 60_000)
    return denied(
      'SignInTooOld',
      `A decision needs a sign-in of the last ${policy.freshSignInMinutes} minutes. Sign in again, then decide.`,
    );
  return { kind: 'ok' };
}
