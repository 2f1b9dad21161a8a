import { progressText } from '../approvals/decisions.ts';
import { shortageText } from '../approvals/shortage.ts';
import { consoleLine, executionLink } from '../console-links.ts';
import { fitCause } from '../failure-cause.ts';
import type { Approval, Promotion, Shortage } from '../ledger/items.ts';
import { asciiSubject, type Ours, ours, plain } from '../mail-text.ts';
import { QAT_CHANGED } from '../payloads.ts';
import type { ServingFleet } from '../prod-fleet/serving-fleet.ts';
import { roleTitles, shortCommit, utcTime } from '../words.ts';
import {
  commitText,
  MAX_CAUSE,
  type Notice,
  type NotStarted,
  notStartedLines,
  notStartedSubject,
  promotionLink,
} from './notice.ts';

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

/** Mails operators that a push started nothing. @param cause who marked the commit bad, and why */
export const notStartedOperatorNotice = (promotion: NotStarted, cause: string, siteUrl: string): Notice => ({
  role: 'operator',
  application: promotion.application,
  subject: notStartedSubject(promotion),
  message: plain([
    `A commit of ${promotion.application} was pushed that is marked bad. Its promotion was not started.`,
    '',
    ...notStartedLines(promotion, cause, siteUrl),
    '',
    'What to do: nothing. To promote it anyway, another operator or approver unmarks the commit; then it must be pushed again.',
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
    `Commit:   ${commitText(promotion.commitId, promotion)}`,
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
      ...(promotion.status === 'RECALLED'
        ? [
            'What to do: nothing. The commit is marked bad, so the promotion was recalled. It cannot be redriven.',
          ]
        : [
            'What to do: fix the reason, then redrive, or push another commit.',
            `A redrive points Prod at ${images.prod ?? 'its image'} again and starts a new deployment. It builds nothing and asks nobody again.`,
          ]),
      promotionLink(promotion.promotionId, siteUrl),
    ]),
  };
}

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

/**
 * Too few members of a role may decide: operators can add somebody, or ask for another change.
 * @param isPusherTold whether the pusher gets a mail of this, too
 */
export function shortageNotice(
  approval: Approval,
  shortage: Shortage,
  promotion: Promotion | undefined,
  siteUrl: string,
  isPusherTold: boolean,
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
      `Commit:     ${commitText(commitId, promotion)}`,
      `Pushed by:  ${pushedBy}`,
      '',
      `Add somebody else to the group ${approval.role}, or reject this change and have others make it. The request stays open.`,
      isPusherTold
        ? 'The pusher gets a mail, too.'
        : "The pusher could not be told: no address under developers is theirs. Tell them, and list their address there; approvals.people maps a pusher's name to it.",
      '',
      promotionLink(approval.promotionId, siteUrl),
    ]),
  };
}
