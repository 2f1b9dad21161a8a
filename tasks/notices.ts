import { roleTitles } from './approvals/rules.ts';
import { executionLink } from './console-links.ts';
import type { Approval, Promotion } from './ledger/items.ts';
import type { ApproverRole } from './payloads.ts';
import { fitCause } from './task-completions.ts';

/** A mail to all members of a role who subscribed. */
export interface Notice {
  readonly role: ApproverRole | 'operator';
  /** Subscriptions may be to some applications only. */
  readonly application: string;
  readonly subject: string;
  readonly message: string;
}

/** Sends notices. */
export interface Notices {
  readonly send: (notice: Notice) => Promise<void>;
}

/** SNS wants less than 100 characters in a mail's subject, and less than 998 in a line (T49). */
const MAX_SUBJECT = 99;
const MAX_LINE = 990;
/** Characters of a cause that a mail shows; the page shows all of it. */
const MAX_CAUSE = 6_000;

/** A subject that SNS takes: printable ASCII, one line, begun with a letter or digit. */
export const asciiSubject = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, MAX_SUBJECT)
    .trim();

const plain = (lines: readonly string[]): string =>
  lines
    .join('\n')
    .split(/\r?\n/)
    .map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line))
    .join('\n');

const utc = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** Asks a role to decide. Its one link carries nothing but the request's opaque id (T45). */
export const approvalNotice = (
  approval: Approval,
  promotion: Promotion | undefined,
  siteUrl: string,
): Notice => {
  const { application, commitId, branch, pushedBy, qatImageId, qatDeploymentId } = approval.subject;
  return {
    role: approval.role,
    application,
    subject: asciiSubject(
      `${roleTitles[approval.role]} approval: ${application} ${commitId.slice(0, 8)} ${promotion?.commitMessage ?? ''}`,
    ),
    message: plain([
      `${application} waits for ${roleTitles[approval.role]} to approve or refuse its promotion to production.`,
      '',
      `Commit:         ${commitId}${promotion === undefined ? '' : ` (${promotion.commitMessage})`}`,
      `Author:         ${promotion?.commitAuthor ?? 'unknown'}`,
      `Branch:         ${branch}`,
      `Pushed by:      ${pushedBy}`,
      `QAT image:      ${qatImageId}`,
      `QAT deployment: ${qatDeploymentId}`,
      `Decide until:   ${utc(approval.expiresAt)}`,
      '',
      `${siteUrl}/approvals/${approval.approvalId}`,
      '',
      'Opening the page decides nothing: sign in, look, then approve or refuse.',
    ]),
  };
};

/** Tells operators that a promotion has failed, where and why. */
export const failureNotice = (
  promotion: Promotion,
  failure: { readonly state: string | undefined; readonly error: string; readonly cause: string },
  siteUrl: string,
): Notice => ({
  role: 'operator',
  application: promotion.application,
  subject: asciiSubject(
    `Failed: ${promotion.application} ${promotion.commitId.slice(0, 8)} at ${failure.state ?? 'an unknown state'}`,
  ),
  message: plain([
    `The promotion of ${promotion.application} failed at the state "${failure.state ?? 'unknown'}": ${failure.error}`,
    '',
    `Commit:   ${promotion.commitId}${promotion.commitMessage === '' ? '' : ` (${promotion.commitMessage})`}`,
    `Author:   ${promotion.commitAuthor || 'unknown'}`,
    `Redrives: ${promotion.redrives}`,
    '',
    fitCause(failure.cause === '' ? 'No cause was given.' : failure.cause, MAX_CAUSE),
    '',
    'Put right what failed, then redrive the promotion: it goes on at this state.',
    `${siteUrl}/promotions/${encodeURIComponent(promotion.promotionId)}`,
  ]),
});

/** Tells operators that nobody has decided yet, while there is still time. */
export const waitingNotice = (
  approval: Approval,
  promotion: Promotion | undefined,
  siteUrl: string,
): Notice => {
  const { application, commitId } = approval.subject;
  const title = roleTitles[approval.role];
  return {
    role: 'operator',
    application,
    subject: asciiSubject(`Waiting for ${title}: ${application} ${commitId.slice(0, 8)}`),
    message: plain([
      `The promotion of ${application} waits at the state "${approval.state}": nobody of ${title} has decided.`,
      '',
      `Commit:       ${commitId}${promotion === undefined ? '' : ` (${promotion.commitMessage})`}`,
      `Asked:        ${utc(approval.requestedAt)}`,
      `Decide until: ${utc(approval.expiresAt)}; then the state fails, and a redrive asks anew`,
      '',
      `${siteUrl}/promotions/${encodeURIComponent(approval.promotionId)}`,
      ...(promotion === undefined ? [] : ['', `Execution: ${executionLink(promotion.executionArn)}`]),
    ]),
  };
};
