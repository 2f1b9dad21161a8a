import { shortageText } from '../approvals/shortage.ts';
import { fitCause } from '../failure-cause.ts';
import type { Approval, Promotion, PromotionStatus, Shortage } from '../ledger/items.ts';
import { asciiSubject, ours, plain } from '../mail-text.ts';
import { roleTitles, shortCommit } from '../words.ts';
import {
  commitText,
  MAX_CAUSE,
  type NotStarted,
  notStartedLines,
  notStartedSubject,
  promotionLink,
  titleOf,
} from './notice.ts';
import type { MakersMail } from './tell-makers.ts';

/** Tells the pusher that too few members of a role may decide about what they pushed. */
export function pusherShortageNotice(
  approval: Approval,
  shortage: Shortage,
  promotion: Promotion | undefined,
  siteUrl: string,
): MakersMail {
  const { application, commitId } = approval.candidate;
  const title = roleTitles[approval.role];
  return {
    application,
    subject: asciiSubject(`Your change needs other approvers: ${application} ${shortCommit(commitId)}`),
    message: plain([
      `You pushed a commit of ${application}, and its promotion waits for ${title}. ${shortageText(approval.role, shortage)}`,
      ...shortage.unable.map(({ name, why }) => `- ${name}: ${why}`),
      '',
      `Commit: ${commitText(commitId, promotion)}`,
      '',
      `Operators are told, too: they can add somebody else to ${title}. Otherwise have others make this change, and push it again.`,
      promotionLink(approval.promotionId, siteUrl),
    ]),
  };
}

/** Tells author and pusher that their push started nothing. @param cause who marked the commit bad, and why */
export const notStartedNotice = (promotion: NotStarted, cause: string, siteUrl: string): MakersMail => ({
  application: promotion.application,
  subject: notStartedSubject(promotion),
  message: plain([
    `You pushed a commit of ${promotion.application} that is marked bad. Its promotion was not started.`,
    '',
    ...notStartedLines(promotion, cause, siteUrl),
    '',
    'Fix the fault and push another commit. If it is no fault, another operator or approver can unmark this one; then push it again.',
    '',
    'You get this mail because you are the author or the pusher of the commit.',
  ]),
});

/** How a promotion ended: the mail's subject, its first line, and what follows. */
const ends: Readonly<
  Record<
    Exclude<PromotionStatus, 'RUNNING'>,
    { readonly subject: string; readonly line: string; readonly next: string }
  >
> = {
  SUCCEEDED: {
    subject: 'Promoted',
    line: 'was promoted: Prod runs this commit.',
    next: 'You need to do nothing.',
  },
  REJECTED: {
    subject: 'Rejected',
    line: 'was rejected.',
    next: 'Its page has the comment. Fix the reason for the rejection and push a new commit to start another promotion.',
  },
  SUPERSEDED: {
    subject: 'Superseded',
    line: 'was superseded by a newer promotion.',
    next: 'The newer promotion continues. Push again if it does not contain this commit.',
  },
  STALE: {
    subject: 'Stale',
    line: 'is stale: Prod runs a newer commit.',
    next: 'Push again if the newer commit does not contain this one.',
  },
  RECALLED: {
    subject: 'Recalled',
    line: 'was recalled: the commit is marked bad.',
    next: 'Fix the fault and push another commit. If it is no fault, another operator or approver can unmark this one; then push it again.',
  },
  FAILED: {
    subject: 'Failed',
    line: 'failed.',
    next: 'Operators are told, too. If they redrive it, another mail says how it ended. If the commit is at fault, push another one.',
  },
  TIMED_OUT: {
    subject: 'Failed',
    line: 'ran out of time.',
    next: 'Operators are told, too. If they redrive it, another mail says how it ended.',
  },
  ABORTED: {
    subject: 'Stopped',
    line: 'was stopped.',
    next: 'Operators are told, too. If they redrive it, another mail says how it ended.',
  },
};

/** Tells author and pusher how the promotion of their commit ended. @param cause may be empty */
export function endNotice(
  promotion: Promotion,
  end: {
    readonly status: Exclude<PromotionStatus, 'RUNNING'>;
    /** Where it failed. */
    readonly state?: string | undefined;
    readonly cause: string;
  },
  siteUrl: string,
): MakersMail {
  const { application, commitId, promotionId } = promotion;
  const { subject, line, next } = ends[end.status];
  return {
    application,
    subject: asciiSubject(`${subject}: ${application} ${shortCommit(commitId)} ${titleOf(promotion)}`),
    message: plain([
      `The promotion of ${application} ${line}`,
      '',
      `Commit: ${commitText(commitId, promotion)}`,
      `Branch: ${promotion.branch}`,
      ...(end.state === undefined ? [] : [ours(`State:  ${end.state}`)]),
      ...(end.cause === '' ? [] : ['', fitCause(end.cause, MAX_CAUSE)]),
      '',
      next,
      promotionLink(promotionId, siteUrl),
      '',
      'You get this mail because you are the author or the pusher of the commit.',
    ]),
  };
}
