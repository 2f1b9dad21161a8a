import type { FC } from 'hono/jsx';
import type { ReviewedFinding, ReviewedVulnerabilities } from '../../tasks/approvals/review.ts';
import { type Scanner, scannerName } from '../../tasks/vulnerabilities/finding.ts';
import { askerName, visibleText } from '../../tasks/words.ts';
import { nameOfArn } from '../format.ts';
import { FIRST, FoldedList } from './folded-list.tsx';
import { GivenText } from './given-text.tsx';
import { Moment } from './parts.tsx';

/** Characters of a reason that are shown at once. */
const MOST_REASON = 200;

const words: Readonly<Record<ReviewedFinding['change'], string>> = {
  new: 'new',
  still: 'still there',
  fixed: 'fixed',
};

/** The known vulnerabilities of the QAT image, compared with those of the image that Prod runs. */
export const Vulnerabilities: FC<{ vulnerabilities: ReviewedVulnerabilities }> = ({
  vulnerabilities: { isCompared, scanner, otherScanner, count, findings },
}) => {
  const all = count.new + count.still + count.fixed;
  // What somebody accepted is never folded: approvers are to see it.
  const isFirst = (one: ReviewedFinding, index: number): boolean =>
    one.acceptance !== undefined || (index < FIRST && one.change !== 'fixed');
  return (
    <>
      <h3>Known vulnerabilities</h3>
      {all === 0 ? (
        <p class="muted">{visibleText(scannerName(scanner))} found none.</p>
      ) : (
        <>
          <p>
            {(['new', 'still', 'fixed'] as const)
              .filter((change) => count[change] > 0)
              .map((change) => `${count[change]} ${words[change]}`)
              .join(', ')}
            .{isCompared ? null : ' What Prod runs was not scanned: all count as new.'}
          </p>
          <FoldedList
            items={findings}
            isFirst={isFirst}
            name="vulnerabilities"
            list="plain packages"
            note={
              all > findings.length ? (
                <p class="muted">
                  The first {findings.length} of {all}. The evidence has all.
                </p>
              ) : null
            }
          >
            {(one) => (
              <li>
                <FindingLine finding={one} />
              </li>
            )}
          </FoldedList>
        </>
      )}
      {scanner === undefined ? null : <ScannedBy scanner={scanner} />}
      {otherScanner === undefined ? null : (
        <p class="muted">
          What Prod runs was scanned by {visibleText(otherScanner)}, which may know others and name them
          otherwise.
        </p>
      )}
    </>
  );
};

/** A component scanned the image once. What that leaves unknown is said here, where people decide. */
const ScannedBy: FC<{ scanner: Scanner }> = ({ scanner }) => (
  <p class="muted">
    Scanned by {visibleText(scannerName(scanner))} while the image was built, <Moment at={scanner.at} />.
    Nothing looks again while the image is live.
    {scanner.name === 'trivy' ? ' Trivy does not tell what is known to be exploited.' : null}
  </p>
);

const FindingLine: FC<{ finding: ReviewedFinding }> = ({
  finding: { change, vulnerabilityId, severity, isKnownExploited, isFixable, packages, acceptance },
}) => (
  <>
    {change === 'fixed' ? (
      <del>{visibleText(vulnerabilityId)}</del>
    ) : (
      <code>{visibleText(vulnerabilityId)}</code>
    )}{' '}
    {severity}
    {isKnownExploited ? <span class="tag bad">known exploited</span> : null}
    {change === 'still' ? null : <span class="tag">{change === 'new' ? 'new' : 'only in Prod'}</span>}
    <div class="muted">
      {packages
        .map(({ name, version, fixedIn }) =>
          visibleText(`${name} ${version}${fixedIn === undefined ? '' : `, fixed in ${fixedIn}`}`),
        )
        .join('; ')}
      {isFixable ? null : '; no fix yet'}
    </div>
    {acceptance === undefined ? null : (
      <div>
        Accepted until {acceptance.until} by <GivenText text={nameOfArn(askerName(acceptance.by))} />:{' '}
        <GivenText text={acceptance.reason} most={MOST_REASON} />
      </div>
    )}
  </>
);
