import { buildOf } from '../images/build-of.ts';
import { parsedJson } from '../json.ts';
import type { Job } from '../ledger/items.ts';
import type { Acceptance } from '../vulnerabilities/acceptance.ts';
import { compareFindings } from '../vulnerabilities/compare-findings.ts';
import { byUrgency, type Finding } from '../vulnerabilities/finding.ts';
import { readFindings } from '../vulnerabilities/scan-image.ts';
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
 * Reads the vulnerabilities of a QAT image.
 * @param qat image, and the jobs of the promotion that built it
 * @param prod the same of what Prod runs; undefined before the first release
 * @param read text of an object in the evidence bucket
 * @returns undefined where images are not scanned
 * @throws Error if there is no result
 */
export async function readVulnerabilities(
  qat: { readonly jobs: readonly Job[]; readonly imageId: string },
  prod: { readonly jobs: readonly Job[]; readonly imageId: string | undefined } | undefined,
  read: (objectKey: string) => Promise<string | undefined>,
): Promise<ReviewedVulnerabilities | undefined> {
  const { notScanned, accepted } = buildOf(qat.jobs, qat.imageId)?.output ?? {};
  if (notScanned !== undefined) throw new Error(notScanned);
  const found = await readFindings(qat.jobs, qat.imageId, read);
  if (found === undefined) return undefined;
  return reviewVulnerabilities(
    prod && (await readFindings(prod.jobs, prod.imageId, read))?.findings,
    found.findings,
    accepted === undefined ? [] : (parsedJson(accepted) as readonly RecordedAcceptance[]),
  );
}
