import type { FC } from 'hono/jsx';
import { runbookText } from '../../tasks/redrive/advice-text.ts';
import { findingText, type LaterFindings } from '../../tasks/vulnerabilities/finding.ts';
import { visibleText } from '../../tasks/words.ts';
import { Notice } from './layout.tsx';
import { Moment } from './parts.tsx';

/** Vulnerabilities that a page shows at once. */
const FIRST = 5;

const countOf = ({ findings, unlisted }: LaterFindings): number => findings.length + unlisted;

/** What became known about an image, in a line; undefined if nothing did. */
export const laterTitle = (later: LaterFindings): string | undefined => {
  const all = countOf(later);
  if (all === 0) return undefined;
  return all === 1
    ? 'A vulnerability became known since the image was built'
    : `${all} vulnerabilities became known since the image was built`;
};

/** What became known about an image since it was built, the most urgent first. */
export const LaterList: FC<{ later: LaterFindings }> = ({ later }) => (
  <>
    <ul>
      {later.findings.slice(0, FIRST).map((one) => (
        <li>{visibleText(findingText(one))}</li>
      ))}
      {countOf(later) > FIRST ? <li>and {countOf(later) - FIRST} more</li> : null}
    </ul>
    <p>
      As of <Moment at={later.at} />. See {runbookText('New vulnerabilities are known')}.
    </p>
  </>
);

/** Tells approvers what became known about the image that they decide about. */
export const LaterNotice: FC<{ later: LaterFindings | undefined }> = ({ later }) => {
  const title = later && laterTitle(later);
  return later === undefined || title === undefined ? null : (
    <Notice kind="warning" title={title}>
      <LaterList later={later} />
    </Notice>
  );
};
