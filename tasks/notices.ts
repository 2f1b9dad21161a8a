import { roleTitles } from './approvals/decision-rules.ts';
import { consoleLine, executionLink } from './console-links.ts';
import type { Approval, Promotion } from './ledger/items.ts';
import { type ApproverRole, QAT_CHANGED } from './payloads.ts';
import type { ServingFleet } from './prod-fleet/serving-fleet.ts';
import { fitCause } from './task-completions.ts';
import { cutText } from './truncate-text.ts';

/** A mail to all members of a role who subscribed. */
export interface Notice {
  readonly role: ApproverRole | 'operator';
  /** Subscriptions may be to some applications only. */
  readonly application: string;
  /** Below 100 printable ASCII characters. */
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

/** A line that mail servers take, in bytes as they count; never cut within a character. */
const fitLine = (line: string): string => {
  if (Buffer.byteLength(line) <= MAX_LINE) return line;
  let fitted = '';
  let bytes = Buffer.byteLength('…');
  for (const character of line) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_LINE) break;
    fitted += character;
  }
  return `${fitted}…`;
};

/** Lines of text without anything that a mail reader could take for more than text. */
const plain = (lines: readonly string[]): string =>
  lines
    .join('\n')
    .split(/\r\n|[\r\n\u2028\u2029]/)
    .map((line) => fitLine(line.replace(/[^\P{Cc}\t]/gu, '')))
    .join('\n');

const utc = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** Longest subject of a commit that a mail repeats; the page shows all of it. */
const MAX_TITLE = 200;

/** First line of what the commit says. */
const titleOf = (promotion: Promotion | undefined): string => {
  const first = (promotion?.commitMessage ?? '').trim().split(/\r?\n/)[0] ?? '';
  return cutText(first, MAX_TITLE);
};

const changeLines = ({ candidate, review }: Approval, promotion: Promotion | undefined): string[] => {
  const title = titleOf(promotion);
  const { added, changed, removed } = review.fileCount;
  return [
    `Commit:         ${candidate.commitId}${title === '' ? '' : ` (${title})`}`,
    `Author:         ${promotion?.commitAuthor || 'unknown'}`,
    `Branch:         ${candidate.branch}`,
    `Pushed by:      ${candidate.pushedBy}`,
    `Against Prod:   ${review.commits.length}${review.hasMoreCommits ? ' or more' : ''} commit(s), files: ${added} added, ${changed} changed, ${removed} removed`,
    `QAT image:      ${candidate.qatImageId}`,
    `QAT deployment: ${candidate.qatDeploymentId}`,
  ];
};

const subjectLine = (what: string, { candidate }: Approval, promotion: Promotion | undefined): string =>
  asciiSubject(`${what}: ${candidate.application} ${candidate.commitId.slice(0, 8)} ${titleOf(promotion)}`);

const linkOf = (approval: Approval, siteUrl: string): string => `${siteUrl}/approvals/${approval.approvalId}`;

/** Asks a role to decide, or reminds it. Its one link carries nothing but the request's opaque id (T45). */
export const approvalNotice = (
  approval: Approval,
  promotion: Promotion | undefined,
  siteUrl: string,
  kind: 'request' | 'reminder' = 'request',
): Notice => {
  const { application } = approval.candidate;
  const title = roleTitles[approval.role];
  return {
    role: approval.role,
    application,
    subject: subjectLine(
      kind === 'reminder' ? `Reminder, ${title} approval` : `${title} approval`,
      approval,
      promotion,
    ),
    message: plain([
      kind === 'reminder'
        ? `${application} still waits for ${title}, asked at ${utc(approval.requestedAt)}, to approve or refuse its promotion to production.`
        : `${application} waits for ${title} to approve or refuse its promotion to production.`,
      '',
      ...changeLines(approval, promotion),
      `Decide until:   ${utc(approval.expiresAt)}`,
      '',
      linkOf(approval, siteUrl),
      '',
      'Opening the page decides nothing: sign in, look, then approve or refuse.',
    ]),
  };
};

/** What a request's end is called in subjects, and what follows from it. */
const outcomeOf = (
  approval: Approval,
): { readonly what: string; readonly line: string; readonly next: string } => {
  const title = roleTitles[approval.role];
  const who = `${approval.decidedBy?.name ?? 'somebody'} at ${utc(approval.decidedAt ?? '')}`;
  switch (approval.status) {
    case 'APPROVED':
      return {
        what: `${title} approved`,
        line: `${title} has approved the promotion: ${who}.`,
        next: approval.role === 'qc' ? 'PMO is asked next.' : 'The Prod image is built and deployed next.',
      };
    case 'REJECTED':
      return {
        what: `${title} rejected`,
        line: `${title} rejected the promotion: ${who}.`,
        next: 'The promotion ends here. Push a commit that answers the refusal to start another.',
      };
    case 'EXPIRED':
      return {
        what: `${title} did not decide`,
        line: `${title} had until ${utc(approval.expiresAt)} to decide, and nobody did.`,
        next: 'An operator can redrive the promotion; a new request is mailed then.',
      };
    default:
      return {
        what: `${title} request withdrawn`,
        line: approval.withdrawnBecause ?? 'The promotion was stopped: nobody is asked any more.',
        next:
          approval.supersededBy === undefined
            ? 'The link of the earlier mail decides nothing any more.'
            : 'The link of the earlier mail decides nothing any more. The newer promotion asks for itself when it has come so far.',
      };
  }
};

/**
 * Tells those who were asked how their request ended; of PMO's, QC is told as well, since its approval led there. None for a
 * request that is still open.
 */
export const outcomeNotices = (
  approval: Approval,
  promotion: Promotion | undefined,
  siteUrl: string,
): readonly Notice[] => {
  if (approval.status === 'PENDING') return [];
  const { what, line, next } = outcomeOf(approval);
  const comment = (approval.comment ?? '').trim();
  const message = plain([
    `${approval.candidate.application}: ${line}`,
    ...(comment === '' ? [] : ['', 'Comment:', ...comment.split(/\r?\n/).map((text) => `  ${text}`)]),
    '',
    ...changeLines(approval, promotion),
    '',
    next,
    linkOf(approval, siteUrl),
  ]);
  const roles: readonly ApproverRole[] = approval.role === 'pmo' ? ['pmo', 'qc'] : [approval.role];
  return roles.map((role) => ({
    role,
    application: approval.candidate.application,
    subject: subjectLine(what, approval, promotion),
    message,
  }));
};

/** What the failure means for Prod, if the promotion was about to change it, and what a redrive does there. */
const prodAfterFailure = ({ images, deployments, commitId }: Promotion): readonly string[] => {
  if (images.prod === undefined) return [];
  if (deployments.prod !== undefined)
    return [
      '',
      `Prod: deployment ${deployments.prod} has succeeded, so the new instances serve, and new ones start from ${images.prod} as well. Nothing is taken back.`,
    ];
  return [
    '',
    'Prod: the instances from before go on serving. Prod is now put in order: new instances start from the image that serves again, and what the deployment left is deleted. Another mail tells when that is done.',
    `A redrive points Prod at ${images.prod} again and starts a new deployment of ${commitId.slice(0, 8)}; nothing is built again, and nobody is asked again.`,
  ];
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
    ...prodAfterFailure(promotion),
    '',
    failure.error === QAT_CHANGED
      ? 'A redrive fails again.'
      : 'Put right what failed, then redrive the promotion: it goes on at this state.',
    `${siteUrl}/promotions/${encodeURIComponent(promotion.promotionId)}`,
  ]),
});

/** Tells operators how Prod stands once it is in order after a promotion that failed to deploy there. */
export const prodRestoredNotice = (
  promotion: Promotion,
  { autoScalingGroupName, imageId, instanceIds, strayIds }: ServingFleet,
  parameterName: string,
  siteUrl: string,
): Notice => {
  const { application, commitId, images } = promotion;
  const isNewImage = imageId === images.prod;
  return {
    role: 'operator',
    application,
    subject: asciiSubject(
      isNewImage
        ? `Prod runs what failed: ${application} ${commitId.slice(0, 8)}`
        : `Prod is in order: ${application} ${commitId.slice(0, 8)} does not run there`,
    ),
    message: plain([
      isNewImage
        ? `The promotion of ${application} failed to deploy to Prod, after requests had gone over to the new instances. They serve: see whether they should.`
        : `The promotion of ${application} did not get to Prod, and Prod is as it was before.`,
      '',
      `Commit:    ${commitId}${promotion.commitMessage === '' ? '' : ` (${promotion.commitMessage})`}`,
      `Redrives:  ${promotion.redrives}`,
      `Serving:   ${instanceIds.length} instance(s) of the Auto Scaling group ${autoScalingGroupName}`,
      `Image:     ${imageId}; new instances start from it (parameter ${parameterName})`,
      'Leftovers: no other Auto Scaling group of the fleet is kept',
      ...(strayIds.length === 0
        ? []
        : [
            '',
            `Not of that image: ${strayIds.join(', ')}. They were added while the deployment ran. Terminate them: the group replaces them.`,
          ]),
      '',
      'What to do: put right what failed, then redrive, or push another commit.',
      `A redrive points Prod at ${images.prod ?? 'its image'} again and starts a new deployment; nothing is built again, and nobody is asked again.`,
      `${siteUrl}/promotions/${encodeURIComponent(promotion.promotionId)}`,
    ]),
  };
};

/** Tells both roles that a promotion which they approved came too late. */
export const staleNotices = (promotion: Promotion, cause: string, siteUrl: string): readonly Notice[] =>
  (['qc', 'pmo'] as const).map((role) => ({
    role,
    application: promotion.application,
    subject: asciiSubject(
      `Not promoted: ${promotion.application} ${promotion.commitId.slice(0, 8)} ${titleOf(promotion)}`,
    ),
    message: plain([
      `${promotion.application}: a newer commit was promoted while this one waited. It ends here.`,
      '',
      `Commit: ${promotion.commitId}${promotion.commitMessage === '' ? '' : ` (${titleOf(promotion)})`}`,
      `Author: ${promotion.commitAuthor || 'unknown'}`,
      '',
      cause,
      `${siteUrl}/promotions/${encodeURIComponent(promotion.promotionId)}`,
    ]),
  }));

/** Tells operators that nobody has decided yet, while there is still time. */
export const waitingNotice = (
  approval: Approval,
  promotion: Promotion | undefined,
  siteUrl: string,
): Notice => {
  const { application, commitId } = approval.candidate;
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
      ...(promotion === undefined
        ? []
        : consoleLine(executionLink(promotion.executionArn), 'Execution').flatMap((line) => ['', line])),
    ]),
  };
};
