import {
  deciderText,
  decisionsText,
  endingDecisions,
  missingApprovals,
  progressText,
} from './approvals/decisions.ts';
import { shortageText } from './approvals/shortage.ts';
import { consoleLine, executionLink } from './console-links.ts';
import { fitCause } from './failure-cause.ts';
import type { Approval, Promotion, Shortage } from './ledger/items.ts';
import { asciiSubject, type Ours, ours, plain } from './mail-text.ts';
import { type ApproverRole, QAT_CHANGED } from './payloads.ts';
import type { ServingFleet } from './prod-fleet/serving-fleet.ts';
import { cutText } from './truncate-text.ts';
import { approverRoles, firstLine, roleTitles, shortCommit, utcTime } from './words.ts';

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

/** Characters of a cause that a mail shows; the page shows all of it. */
const MAX_CAUSE = 6_000;

/** Longest subject of a commit that a mail repeats; the page shows all of it. */
const MAX_TITLE = 200;

/** First line of the commit's message. */
const titleOf = (promotion: Promotion | undefined): string => {
  return cutText(firstLine(promotion?.commitMessage ?? ''), MAX_TITLE);
};

const changeLines = ({ candidate, review }: Approval, promotion: Promotion | undefined): string[] => {
  const title = titleOf(promotion);
  const { added, changed, removed } = review.fileCount;
  return [
    `Commit:         ${candidate.commitId}${title === '' ? '' : ` (${title})`}`,
    `Author:         ${promotion?.commitAuthor || 'unknown'}`,
    `Branch:         ${candidate.branch}`,
    `Pushed by:      ${candidate.pushedBy}`,
    `Against Prod:   ${review.commitCount} commit(s), files: ${added} added, ${changed} changed, ${removed} removed`,
    `QAT image:      ${candidate.qatImageId}`,
    `QAT deployment: ${candidate.qatDeploymentId}`,
  ];
};

const subjectLine = (what: string, { candidate }: Approval, promotion: Promotion | undefined): string =>
  asciiSubject(`${what}: ${candidate.application} ${shortCommit(candidate.commitId)} ${titleOf(promotion)}`);

const linkOf = (approval: Approval, siteUrl: string): Ours =>
  ours(`${siteUrl}/approvals/${approval.approvalId}`);

const promotionLink = (promotionId: string, siteUrl: string): Ours =>
  ours(`${siteUrl}/promotions/${encodeURIComponent(promotionId)}`);

/** How many people must approve, and who has; nothing if one person decides. */
const neededLines = (approval: Approval): readonly string[] => {
  const missing = missingApprovals(approval);
  return approval.count === 1
    ? []
    : [
        `Approvals:      ${progressText(approval)}; ${missing} more ${missing === 1 ? 'person' : 'different people'} must approve, one rejection ends it`,
      ];
};

/** Asks a role to decide, or reminds it. Its one link carries only the request's opaque id (T45). */
export function approvalNotice(
  approval: Approval,
  promotion: Promotion | undefined,
  siteUrl: string,
  kind: 'request' | 'reminder' = 'request',
): Notice {
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
        ? `The promotion of ${application} to production still waits for ${title} to approve or reject it, since ${utcTime(approval.requestedAt)}.`
        : `The promotion of ${application} to production waits for ${title} to approve or reject it.`,
      '',
      ...changeLines(approval, promotion),
      ...neededLines(approval),
      `Decide until:   ${utcTime(approval.expiresAt)}`,
      '',
      linkOf(approval, siteUrl),
      '',
      'Opening the page decides nothing. Sign in, review the change, then approve or reject it.',
    ]),
  };
}

/** A request's outcome as mails give it, and what follows. */
const outcomeOf = (
  approval: Approval,
): { readonly what: string; readonly line: string; readonly next: string } => {
  const title = roleTitles[approval.role];
  const progress = progressText(approval);
  const who = decisionsText(endingDecisions(approval));
  switch (approval.status) {
    case 'APPROVED':
      return {
        what: `${title} approved`,
        line: `${title} approved the promotion (${who}).`,
        next: approval.role === 'qc' ? 'Next, PMO decides.' : 'Next, the Prod image is built and deployed.',
      };
    case 'REJECTED':
      return {
        what: `${title} rejected`,
        line: `${title} rejected the promotion (${who}).`,
        next: 'The promotion has ended. Fix the reason for the rejection and push a new commit to start another promotion.',
      };
    case 'EXPIRED':
      return {
        what: `${title} did not decide`,
        line: `${title} did not decide by ${utcTime(approval.expiresAt)}${progress === '' ? '' : ` (${progress})`}.`,
        next: 'If an operator redrives the promotion, a new request is mailed.',
      };
    default:
      return {
        what: `${title} request withdrawn`,
        line: approval.withdrawnBecause ?? 'The promotion was stopped.',
        next:
          approval.supersededBy === undefined
            ? 'The link in the earlier mail is no longer valid.'
            : 'The link in the earlier mail is no longer valid. You will get a request when the newer promotion reaches approval.',
      };
  }
};

/**
 * Mails how a request ended to its role; of PMO's requests to QC as well, since its approval led there. None for a
 * request that is still open.
 */
export function outcomeNotices(
  approval: Approval,
  promotion: Promotion | undefined,
  siteUrl: string,
): readonly Notice[] {
  if (approval.status === 'PENDING') return [];
  const { what, line, next } = outcomeOf(approval);
  const comments = approval.decisions
    .filter(({ comment }) => comment.trim() !== '')
    .flatMap((one) => [
      '',
      approval.decisions.length === 1 ? 'Comment:' : `Comment of ${deciderText(one)}:`,
      ...one.comment
        .trim()
        .split(/\r?\n/)
        .map((text) => `  ${text}`),
    ]);
  const message = plain([
    `${approval.candidate.application}: ${line}`,
    ...comments,
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
}

/** The execution in the console, which AWS alone has. */
const executionLines = ({ executionArn }: Promotion): readonly (string | Ours)[] =>
  consoleLine(executionLink(executionArn), 'Execution').flatMap((line) => ['', ours(line)]);

/** The state of Prod after a failure, if the promotion was about to change it, and what a redrive does there. */
const prodAfterFailure = ({ images, deployments, commitId }: Promotion): readonly string[] => {
  if (images.prod === undefined) return [];
  if (deployments.prod !== undefined)
    return [
      '',
      `Prod: deployment ${deployments.prod} succeeded. The new instances serve, and later ones start from ${images.prod} as well. Nothing is rolled back.`,
    ];
  return [
    '',
    'Prod: the earlier instances continue to serve. Lockstep now restores Prod: new instances start from the image that serves, and leftovers of the deployment are deleted. Another mail follows when this is done.',
    `A redrive points Prod at ${images.prod} again and starts a new deployment of ${shortCommit(commitId)}. It builds nothing and asks nobody again.`,
  ];
};

/** Mails operators that a promotion has failed, where and why. */
export const failureNotice = (
  promotion: Promotion,
  failure: { readonly state: string | undefined; readonly error: string; readonly cause: string },
  siteUrl: string,
): Notice => ({
  role: 'operator',
  application: promotion.application,
  subject: asciiSubject(
    `Failed: ${promotion.application} ${shortCommit(promotion.commitId)} at ${failure.state ?? 'an unknown state'}`,
  ),
  message: plain([
    // Names of states and errors are ours, and some have dots: `States.Timeout`.
    ours(
      `The promotion of ${promotion.application} failed at the state "${failure.state ?? 'unknown'}": ${failure.error}`,
    ),
    '',
    `Commit:   ${promotion.commitId}${promotion.commitMessage === '' ? '' : ` (${promotion.commitMessage})`}`,
    `Author:   ${promotion.commitAuthor || 'unknown'}`,
    `Redrives: ${promotion.redrives}`,
    '',
    fitCause(failure.cause === '' ? 'No cause is known.' : failure.cause, MAX_CAUSE),
    ...executionLines(promotion),
    ...prodAfterFailure(promotion),
    '',
    failure.error === QAT_CHANGED
      ? 'A redrive would fail again. Push the commit again.'
      : 'Fix the reason, then redrive the promotion. It resumes at this state.',
    promotionLink(promotion.promotionId, siteUrl),
  ]),
});

/** Mails operators that somebody stopped a promotion. @param cause names who and why, if Lockstep stopped it; it may be empty */
export const stoppedNotice = (promotion: Promotion, cause: string, siteUrl: string): Notice => ({
  role: 'operator',
  application: promotion.application,
  subject: asciiSubject(`Stopped: ${promotion.application} ${shortCommit(promotion.commitId)}`),
  message: plain([
    cause === ''
      ? `Somebody stopped the promotion of ${promotion.application} in AWS. CloudTrail names who called StopExecution.`
      : fitCause(cause, MAX_CAUSE),
    '',
    `Commit:   ${promotion.commitId}${promotion.commitMessage === '' ? '' : ` (${titleOf(promotion)})`}`,
    `Author:   ${promotion.commitAuthor || 'unknown'}`,
    `Redrives: ${promotion.redrives}`,
    ...executionLines(promotion),
    ...prodAfterFailure(promotion),
    '',
    'Open requests are withdrawn. A redrive continues the promotion where it was stopped.',
    promotionLink(promotion.promotionId, siteUrl),
  ]),
});

/** Mails operators the state of Prod once it is restored after a promotion that failed to deploy there. */
export function prodRestoredNotice(
  promotion: Promotion,
  { autoScalingGroupName, imageId, instanceIds, strayIds }: ServingFleet,
  parameterName: string,
  siteUrl: string,
): Notice {
  const { application, commitId, images } = promotion;
  const isNewImage = imageId === images.prod;
  return {
    role: 'operator',
    application,
    subject: asciiSubject(
      isNewImage
        ? `Prod runs the failed commit: ${application} ${shortCommit(commitId)}`
        : `Prod is restored: ${application} ${shortCommit(commitId)} does not run there`,
    ),
    message: plain([
      isNewImage
        ? `The promotion of ${application} failed to deploy to Prod after requests had moved to the new instances. These serve now. Check whether they should.`
        : `The promotion of ${application} did not reach Prod. Prod is as it was before.`,
      '',
      `Commit:    ${commitId}${promotion.commitMessage === '' ? '' : ` (${promotion.commitMessage})`}`,
      `Redrives:  ${promotion.redrives}`,
      `Serving:   ${instanceIds.length} instance(s) of the Auto Scaling group ${autoScalingGroupName}`,
      `Image:     ${imageId}; new instances start from it (parameter ${parameterName})`,
      'Leftovers: none; the other Auto Scaling groups of the fleet are deleted',
      ...(strayIds.length === 0
        ? []
        : [
            '',
            `Other image: ${strayIds.join(', ')}. These instances were added while the deployment ran. Terminate them; the group replaces them.`,
          ]),
      '',
      'What to do: fix the reason, then redrive, or push another commit.',
      `A redrive points Prod at ${images.prod ?? 'its image'} again and starts a new deployment. It builds nothing and asks nobody again.`,
      promotionLink(promotion.promotionId, siteUrl),
    ]),
  };
}

/** Mails both roles that a promotion that they approved is stale. */
export const staleNotices = (promotion: Promotion, cause: string, siteUrl: string): readonly Notice[] =>
  approverRoles.map((role) => ({
    role,
    application: promotion.application,
    subject: asciiSubject(
      `Not promoted: ${promotion.application} ${shortCommit(promotion.commitId)} ${titleOf(promotion)}`,
    ),
    message: plain([
      `${promotion.application}: a newer commit was promoted while this promotion waited. It has ended.`,
      '',
      `Commit: ${promotion.commitId}${promotion.commitMessage === '' ? '' : ` (${titleOf(promotion)})`}`,
      `Author: ${promotion.commitAuthor || 'unknown'}`,
      '',
      cause,
      promotionLink(promotion.promotionId, siteUrl),
    ]),
  }));

/** Mails operators that nobody has decided yet, while there is still time. */
export function waitingNotice(approval: Approval, promotion: Promotion | undefined, siteUrl: string): Notice {
  const { application, commitId } = approval.candidate;
  const title = roleTitles[approval.role];
  const progress = progressText(approval);
  return {
    role: 'operator',
    application,
    subject: asciiSubject(`Waiting for ${title}: ${application} ${shortCommit(commitId)}`),
    message: plain([
      `The promotion of ${application} waits at the state "${approval.state}". ${progress === '' ? `Nobody of ${title} has decided` : `${title} has not decided: ${progress}`}.`,
      '',
      `Commit:       ${commitId}${promotion === undefined ? '' : ` (${promotion.commitMessage})`}`,
      `Asked:        ${utcTime(approval.requestedAt)}`,
      `Decide until: ${utcTime(approval.expiresAt)}; then the state fails, and a redrive asks again`,
      '',
      promotionLink(approval.promotionId, siteUrl),
      ...(promotion === undefined ? [] : executionLines(promotion)),
    ]),
  };
}

/** Too few members of a role may decide: operators can add somebody, or ask for another change. */
export function shortageNotice(
  approval: Approval,
  shortage: Shortage,
  promotion: Promotion | undefined,
  siteUrl: string,
): Notice {
  const { application, commitId, pushedBy } = approval.candidate;
  const title = roleTitles[approval.role];
  return {
    role: 'operator',
    application,
    subject: asciiSubject(`Nobody left to decide as ${title}: ${application} ${shortCommit(commitId)}`),
    message: plain([
      shortageText(approval.role, shortage),
      ...shortage.unable.map(({ name, why }) => `- ${name}: ${why}`),
      '',
      `Commit:     ${commitId}${titleOf(promotion) === '' ? '' : ` (${titleOf(promotion)})`}`,
      `Pushed by:  ${pushedBy}`,
      '',
      `Add somebody else to the group ${approval.role}, or reject this change and have others make it. The request stays open.`,
      '',
      promotionLink(approval.promotionId, siteUrl),
    ]),
  };
}
