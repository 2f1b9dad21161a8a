import { asciiSubject, ours, plain } from '../mail-text.ts';
import type { Notice } from '../notices/notice.ts';
import { environmentTitles, shortCommit, utcTime } from '../words.ts';
import { driftLines } from './drift-rules.ts';
import type { EnvironmentStatus } from './environment-status.ts';
import { REMEDY } from './status-text.ts';

/** Instances that a mail names; the page shows all of them. */
const MOST_LINES = 20;

const titleOf = ({ application, environment }: EnvironmentStatus): string =>
  `${environmentTitles[environment]} of ${application}`;

const pageLines = (siteUrl: string) => ['', 'What is live where:', ours(`${siteUrl}/live`)];

/** Mails operators that instances run something else than what was promoted. */
export function driftNotice(status: EnvironmentStatus, siteUrl: string): Notice {
  const { application, release, at } = status;
  const lines = driftLines(status);
  const more = lines.length - MOST_LINES;
  return {
    role: 'operator',
    application,
    subject: asciiSubject(`Drift: ${titleOf(status)} runs something else`),
    message: plain([
      `Instances of ${titleOf(status)} run something else than what was promoted, as seen on ${utcTime(at)}:`,
      ...lines.slice(0, MOST_LINES).map((line) => `- ${line}`),
      ...(more > 0 ? [`and ${more} more`] : []),
      '',
      ...(release === undefined
        ? []
        : [
            `Promoted:   commit ${shortCommit(release.commitId)}, promotion ${release.promotionId}`,
            `Image:      ${release.imageId}`,
            `Deployment: ${release.deploymentId}`,
            '',
          ]),
      REMEDY[status.environment],
      ours('RUNBOOK.md, "An environment has drifted", says how to find out who did it.'),
      'Another mail follows when no instance differs any more.',
      ...pageLines(siteUrl),
    ]),
  };
}

/** Mails operators that no instance differs any more. */
export const driftGoneNotice = (status: EnvironmentStatus, siteUrl: string): Notice => ({
  role: 'operator',
  application: status.application,
  subject: asciiSubject(`No drift any more: ${titleOf(status)}`),
  message: plain([
    `Every instance of ${titleOf(status)} that serves runs what was promoted, as seen on ${utcTime(status.at)}.`,
    ...(status.release === undefined
      ? []
      : [
          '',
          `Promoted: commit ${shortCommit(status.release.commitId)}, promotion ${status.release.promotionId}`,
        ]),
    ...pageLines(siteUrl),
  ]),
});
