import type { Approval, Person, RefusalReason } from '../ledger/items.ts';
import type { ApproverRole } from '../payloads.ts';

/** Role names as pages, mails and messages write them. */
export const roleTitles: Readonly<Record<ApproverRole, string>> = { qc: 'QC', pmo: 'PMO' };

/** What the rules say about one person's attempt to decide. */
export type Ruling =
  | { readonly kind: 'ok' }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly message: string };

type Identity = Pick<Person, 'subject' | 'verifiedEmail'>;

/** One person may have two accounts: the same subject or the same verified e-mail address is the same person (T48). */
export const isSamePerson = (a: Identity, b: Identity): boolean =>
  a.subject === b.subject ||
  (a.verifiedEmail !== '' && a.verifiedEmail.toLowerCase() === b.verifiedEmail.toLowerCase());

/** Whether the request's time is up. */
export const hasExpired = (approval: Approval, now: Date): boolean =>
  approval.status === 'EXPIRED' || now.getTime() >= Date.parse(approval.expiresAt);

/** Whether half of the time has passed without a decision: whoever should decide may not have got the mail. */
export const isWaitingLong = ({ status, requestedAt, expiresAt }: Approval, now: Date): boolean =>
  status === 'PENDING' && now.getTime() >= (Date.parse(requestedAt) + Date.parse(expiresAt)) / 2;

const refused = (reason: RefusalReason, message: string): Ruling => ({ kind: 'refused', reason, message });

/**
 * Whether this person may decide this request now.
 * @param approvals all of the promotion's approvals; whoever approved in the other role may not decide here
 */
export const mayDecide = (
  approval: Approval,
  approvals: readonly Approval[],
  person: Person,
  now: Date,
): Ruling => {
  const title = roleTitles[approval.role];
  if (!person.groups.includes(approval.role))
    return refused(
      'NotInRole',
      `${person.name} is not in the group ${approval.role}: only its members decide as ${title}.`,
    );
  if (approval.status === 'APPROVED' || approval.status === 'REFUSED')
    return refused(
      'AlreadyDecided',
      `${approval.decidedBy?.name ?? 'Somebody'} has ${approval.status === 'APPROVED' ? 'approved' : 'refused'} this already.`,
    );
  if (hasExpired(approval, now))
    return refused(
      'Expired',
      `This request expired at ${approval.expiresAt}. After a redrive, ${title} gets a new one.`,
    );
  const other = approvals.find(
    (candidate) =>
      candidate.role !== approval.role &&
      candidate.status === 'APPROVED' &&
      candidate.decidedBy !== undefined &&
      isSamePerson(candidate.decidedBy, person),
  );
  if (other !== undefined)
    return refused(
      'ApproversMustDiffer',
      `${person.name} approved as ${roleTitles[other.role]}: somebody else must decide as ${title}.`,
    );
  return { kind: 'ok' };
};
