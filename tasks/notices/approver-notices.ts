import {
  deciderText,
  decisionsText,
  endingDecisions,
  missingApprovals,
  progressText,
} from '../approvals/decisions.ts';
import { asksAboutImage } from '../approvals/image-approval.ts';
import type { Approval, Promotion } from '../ledger/items.ts';
import { asciiSubject, type Ours, ours, plain } from '../mail-text.ts';
import { markText } from '../marks/mark-rules.ts';
import type { ApproverRole } from '../payloads.ts';
import { approverRoles, roleTitles, shortCommit, utcTime } from '../words.ts';
import { commitText, type Notice, promotionLink, titleOf } from './notice.ts';

const changeLines = ({ candidate, review }: Approval, promotion: Promotion | undefined): string[] => {
  const { added, changed, removed } = review.fileCount;
  const { goBack } = review;
  if (goBack !== undefined)
    return [
      `Goes back to:   ${commitText(candidate.commitId, promotion)}`,
      `Reason:         ${goBack.reason}`,
      `Asked by:       ${goBack.askedBy}`,
      `Undoes:         ${goBack.undone.length} release(s), ${review.commitCount} commit(s), files: ${added} added, ${changed} changed, ${removed} removed`,
      `Prod image:     ${goBack.prodImageId}, as it was then`,
    ];
  return [
    `Commit:         ${commitText(candidate.commitId, promotion)}`,
    `Author:         ${promotion?.commitAuthor || 'unknown'}`,
    `Branch:         ${candidate.branch}`,
    `Pushed by:      ${candidate.pushedBy}`,
    `Against Prod:   ${review.commitCount} commit(s), files: ${added} added, ${changed} changed, ${removed} removed`,
    ...(review.bad ?? []).map((one) => `Warning:        contains a bad commit. ${markText(one, one)}`),
    `QAT image:      ${candidate.qatImageId}`,
    `QAT deployment: ${candidate.qatDeploymentId}`,
  ];
};

const subjectLine = (what: string, { candidate }: Approval, promotion: Promotion | undefined): string =>
  asciiSubject(`${what}: ${candidate.application} ${shortCommit(candidate.commitId)} ${titleOf(promotion)}`);

const linkOf = (approval: Approval, siteUrl: string): Ours =>
  ours(`${siteUrl}/approvals/${approval.approvalId}`);

/** How many people must approve, and who has; nothing if one person decides. */
const neededLines = (approval: Approval): readonly string[] => {
  const missing = missingApprovals(approval);
  return approval.count === 1
    ? []
    : [
        `Approvals:      ${progressText(approval)}; ${missing} more ${missing === 1 ? 'person' : 'different people'} must approve, one rejection ends it`,
      ];
};

/** Why a role is asked once more, and what waits meanwhile; nothing if it is asked about the change. */
const imageLines = ({ candidate: { prodImage, qatImageId } }: Approval): readonly string[] =>
  prodImage === undefined
    ? []
    : [
        '',
        `You are asked again: the Prod image ${prodImage.imageId} that was built for this promotion differs from the approved QAT image ${qatImageId}.`,
        ...prodImage.differs.split('\n').map((one) => `  ${one}`),
        'Until this is decided, the promotion keeps the Prod lock, and newer promotions wait for it.',
      ];

/** How subjects name what a role decides. */
const approvalTitle = (approval: Approval): string =>
  `${roleTitles[approval.role]}${asksAboutImage(approval) ? ' image' : ''} approval`;

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
      kind === 'reminder' ? `Reminder, ${approvalTitle(approval)}` : approvalTitle(approval),
      approval,
      promotion,
    ),
    message: plain([
      kind === 'reminder'
        ? `The promotion of ${application} to production still waits for ${title} to approve or reject it, since ${utcTime(approval.requestedAt)}.`
        : `The promotion of ${application} to production waits for ${title} to approve or reject it.`,
      ...imageLines(approval),
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
  const image = approval.candidate.prodImage;
  const what = image === undefined ? 'the promotion' : `the Prod image ${image.imageId}`;
  switch (approval.status) {
    case 'APPROVED':
      return {
        what: `${title} approved`,
        line: `${title} approved ${what} (${who}).`,
        next:
          approval.role === 'qc'
            ? 'Next, PMO decides.'
            : image !== undefined
              ? 'Next, Prod gets this image and the deployment.'
              : approval.review.goBack
                ? 'Next, the earlier release is deployed to Prod again.'
                : 'Next, the Prod image is built and deployed.',
      };
    case 'REJECTED':
      return {
        what: `${title} rejected`,
        line: `${title} rejected ${what} (${who}).`,
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
          approval.recalled !== undefined
            ? 'The promotion has ended. The link in the earlier mail is no longer valid.'
            : approval.supersededBy === undefined
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

/** Mails both roles that a promotion that they approved is stale. */
export const staleNotices = (promotion: Promotion, cause: string, siteUrl: string): readonly Notice[] =>
  notPromotedNotices(
    approverRoles,
    promotion,
    { line: 'a newer commit was promoted while this promotion waited', cause },
    siteUrl,
  );

/** Mails those who approved that the promotion is recalled. Who was still asked has a mail about the request. */
export const recalledNotices = (
  roles: readonly ApproverRole[],
  promotion: Promotion,
  cause: string,
  siteUrl: string,
): readonly Notice[] =>
  notPromotedNotices(
    roles,
    promotion,
    { line: 'the commit that you approved was marked bad', cause },
    siteUrl,
  );

const notPromotedNotices = (
  roles: readonly ApproverRole[],
  promotion: Promotion,
  why: { readonly line: string; readonly cause: string },
  siteUrl: string,
): readonly Notice[] =>
  roles.map((role) => ({
    role,
    application: promotion.application,
    subject: asciiSubject(
      `Not promoted: ${promotion.application} ${shortCommit(promotion.commitId)} ${titleOf(promotion)}`,
    ),
    message: plain([
      `${promotion.application}: ${why.line}. The promotion has ended.`,
      '',
      `Commit: ${commitText(promotion.commitId, promotion)}`,
      `Author: ${promotion.commitAuthor || 'unknown'}`,
      '',
      why.cause,
      promotionLink(promotion.promotionId, siteUrl),
    ]),
  }));
