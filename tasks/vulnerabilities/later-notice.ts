import type { EnvironmentStatus } from '../drift/environment-status.ts';
import { asciiSubject, ours, plain } from '../mail-text.ts';
import type { Notice } from '../notices/notice.ts';
import { environmentTitles, utcTime } from '../words.ts';
import { type Finding, findingText } from './finding.ts';

/** Vulnerabilities that a mail names; the page shows more. */
const MOST_LINES = 20;

/** Mails operators what became known about the image that an environment runs. */
export function laterFindingsNotice(
  { application, environment, release, at }: EnvironmentStatus,
  found: readonly Finding[],
  siteUrl: string,
): Notice {
  const title = `${environmentTitles[environment]} of ${application}`;
  const more = found.length - MOST_LINES;
  return {
    role: 'operator',
    application,
    subject: asciiSubject(`New vulnerabilities: ${title}`),
    message: plain([
      `Amazon Inspector knows ${found.length === 1 ? 'a vulnerability' : `${found.length} vulnerabilities`} of what ${title} runs that it did not know when the image was built, as seen on ${utcTime(at)}:`,
      ...found.slice(0, MOST_LINES).map((one) => `- ${findingText(one)}`),
      ...(more > 0 ? [`and ${more} more`] : []),
      '',
      ...(release === undefined ? [] : [`Image: ${release.imageId}, promotion ${release.promotionId}`, '']),
      ours('RUNBOOK.md, "New vulnerabilities are known", says what to do.'),
      '',
      'What is live where:',
      ours(`${siteUrl}/live`),
    ]),
  };
}
