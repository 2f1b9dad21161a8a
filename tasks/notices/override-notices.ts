import type { Override } from '../calendar/override.ts';
import type { Promotion } from '../ledger/items.ts';
import { asciiSubject, plain } from '../mail-text.ts';
import { approverRoles, environmentTitles, listed, roleTitles, shortCommit, utcTime } from '../words.ts';
import { commitText, type Notice, promotionLink, titleOf } from './notice.ts';

const lines = (override: Override, promotion: Promotion): readonly string[] => [
  `Commit:   ${commitText(promotion.commitId, promotion)}`,
  `Author:   ${promotion.commitAuthor || 'unknown'}`,
  `Freezes:  ${listed(override.holds.map(({ name, until }) => (until === undefined ? name : `${name} (until ${utcTime(until)})`)))}`,
  `Asked by: ${override.askedBy.name}`,
  `Reason:   ${override.reason}`,
];

/** Asks both roles whether a promotion may go on during a freeze. */
export const overrideAskedNotices = (
  override: Override,
  promotion: Promotion,
  siteUrl: string,
): readonly Notice[] =>
  approverRoles.map((role) => ({
    role,
    application: override.application,
    subject: asciiSubject(
      `Go on during a freeze? ${override.application} ${shortCommit(promotion.commitId)} ${titleOf(promotion)}`,
    ),
    message: plain([
      `An operator asks that a promotion of ${override.application} goes on although ${environmentTitles[override.environment]} is frozen.`,
      '',
      ...lines(override, promotion),
      '',
      'One approver of QC or PMO confirms or declines it: somebody else than the operator, who made no part of the change.',
      promotionLink(override.promotionId, siteUrl),
      '',
      'Opening the page decides nothing.',
    ]),
  }));

/** Mails operators what an approver decided. */
export function overrideDecidedNotice(override: Override, promotion: Promotion, siteUrl: string): Notice {
  const { application, environment, decision } = override;
  const isConfirmed = decision?.decision === 'confirm';
  const what = isConfirmed ? 'Confirmed' : 'Declined';
  const who =
    decision === undefined
      ? 'Nobody'
      : `${decision.person.name}${decision.absence === undefined ? '' : ` for ${decision.absence.absent.name}`} (${roleTitles[decision.role]})`;
  return {
    role: 'operator',
    application,
    subject: asciiSubject(
      `${what}, going on during a freeze: ${application} ${shortCommit(promotion.commitId)}`,
    ),
    message: plain([
      `${who} ${isConfirmed ? 'confirmed' : 'declined'} that a promotion of ${application} goes on although ${environmentTitles[environment]} is frozen.`,
      '',
      ...lines(override, promotion),
      '',
      isConfirmed
        ? 'A promotion that waits goes on within five minutes. One that has failed goes on when you redrive it.'
        : 'The promotion waits until the freeze is over.',
      promotionLink(override.promotionId, siteUrl),
    ]),
  };
}
