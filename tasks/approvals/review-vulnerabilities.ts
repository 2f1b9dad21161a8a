import { parsedJson } from '../json.ts';
import type { Job } from '../ledger/items.ts';
import type { Acceptance } from '../vulnerabilities/acceptance.ts';
import { compareFindings } from '../vulnerabilities/compare-findings.ts';
import { byUrgency, type Finding, scannerName } from '../vulnerabilities/finding.ts';
import type { FindingsOfBoth } from '../vulnerabilities/security-updates.ts';
import type { ReviewedFinding, ReviewedVulnerabilities } from './review.ts';

/** So many are listed: a page is to be read by people. */
const MOST_FINDINGS = 100;
/** Packages of one that are listed. */
const MOST_PACKAGES = 3;

/** An acceptance as a promotion's job records it. */
export type RecordedAcceptance = Omit<Acceptance, 'application'>;

/** The vulnerabilities of the QAT image against those of what Prod runs. @param prod undefined if that is not known */
export function reviewVulnerabilities(
  prod: readonly Finding[] | undefined,
  qat: readonly Finding[],
  accepted: readonly RecordedAcceptance[] = [],
): ReviewedVulnerabilities {
  const compared = compareFindings(prod, qat);
  const byId = new Map(accepted.map((one) => [one.vulnerabilityId, one]));
  const listed = (change: ReviewedFinding['change']): readonly ReviewedFinding[] =>
    [...compared[change]].sort(byUrgency).map(({ packages, ...finding }) => {
      const acceptance = byId.get(finding.vulnerabilityId);
      return {
        change,
        ...finding,
        packages: packages.slice(0, MOST_PACKAGES),
        ...(acceptance && { acceptance }),
      };
    });
  return {
    isCompared: prod !== undefined,
    count: { new: compared.new.length, still: compared.still.length, fixed: compared.fixed.length },
    findings: [...listed('new'), ...listed('still'), ...listed('fixed')].slice(0, MOST_FINDINGS),
  };
}

/**
 * The vulnerabilities of a QAT image, by what its build recorded.
 * @param findings of what Prod runs, and of the QAT image
 * @returns undefined where images are not scanned
 * @throws Error if there is no result, and what `findings` throws
 */
export async function scannedVulnerabilities(
  build: Pick<Job, 'output'> | undefined,
  findings: () => Promise<FindingsOfBoth>,
): Promise<ReviewedVulnerabilities | undefined> {
  const { notScanned, accepted } = build?.output ?? {};
  if (notScanned !== undefined) throw new Error(notScanned);
  const { before, now, scanners = {} } = await findings();
  if (now === undefined) return undefined;
  return {
    ...reviewVulnerabilities(
      before,
      now,
      accepted === undefined ? [] : (parsedJson(accepted) as readonly RecordedAcceptance[]),
    ),
    ...(scanners.now && { scanner: scanners.now }),
    ...(before !== undefined &&
      scanners.before?.name !== scanners.now?.name && { otherScanner: scannerName(scanners.before) }),
  };
}
