import { digestOf } from '../canonical-json.ts';

/** Severities as Amazon Inspector gives them, the least serious first. `untriaged` has no score yet. */
export const severities = ['untriaged', 'informational', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What names a vulnerability: `CVE-2026-1234`, `GHSA-…`, `ALAS2023-2026-1`, `RHSA-2026:1`. Only such a one can be accepted. */
export const vulnerabilityIdPattern = /^[A-Za-z][\w.:-]{2,99}$/;

/** A package that has a vulnerability. */
export interface VulnerablePackage {
  readonly name: string;
  readonly version: string;
  /** Absent while there is no fix. */
  readonly fixedIn?: string;
}

/** A known vulnerability of an image. */
export interface Finding {
  /** `CVE-2026-1234`. */
  readonly vulnerabilityId: string;
  readonly severity: Severity;
  readonly title: string;
  /** Whether one of the packages has a fix. */
  readonly isFixable: boolean;
  /** Whether it is in CISA's catalog of vulnerabilities that are exploited. */
  readonly isKnownExploited: boolean;
  /** By name, then version. */
  readonly packages: readonly VulnerablePackage[];
}

/** A scanner that a component of the team ran, and when. */
export interface Scanner {
  readonly name: 'grype' | 'trivy';
  /** Absent if its report does not say. */
  readonly version?: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What found vulnerabilities, in words. @param scanner absent for Amazon Inspector */
export const scannerName = (scanner: Scanner | undefined): string =>
  scanner === undefined
    ? 'Amazon Inspector'
    : [scanner.name, scanner.version].filter((part) => part !== undefined).join(' ');

/** Names the format of what is kept. */
const FINDINGS_FORMAT = 'lockstep-image-findings-1';

/** What a scan has found in an image. */
export interface ImageFindings {
  readonly format: typeof FINDINGS_FORMAT;
  readonly imageId: string;
  readonly imageBuildVersionArn: string;
  /** Absent of what Amazon Inspector found. */
  readonly scanner?: Scanner;
  /** By vulnerability, each once. */
  readonly findings: readonly Finding[];
}

/** What became known about an image since it was built. */
export interface LaterFindings {
  readonly imageId: string;
  /** When Inspector was asked, ISO 8601. */
  readonly at: string;
  /** The most urgent first; at most 50. */
  readonly findings: readonly Finding[];
  readonly unlisted: number;
  /** Vulnerabilities that operators were mailed. */
  readonly told: readonly string[];
}

/** How serious a severity is: the higher, the more. */
export const rankOf = (severity: Severity): number => severities.indexOf(severity);

/** A severity as a scanner names it; one that is not known counts as `untriaged`. */
export const severityOf = (name: string | undefined): Severity =>
  severities.find((one) => one === name?.toLowerCase()) ?? 'untriaged';

const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const compareKeys = (one: VulnerablePackage, other: VulnerablePackage): number =>
  compareText(one.name, other.name) || compareText(one.version, other.version);

/** Findings of one vulnerability as one: what is worse counts. */
const merged = (first: Finding, others: readonly Finding[]): Finding => {
  const all = [first, ...others];
  return {
    ...first,
    severity: all.reduce(
      (worst, { severity }) => (rankOf(severity) > rankOf(worst) ? severity : worst),
      first.severity,
    ),
    isFixable: all.some(({ isFixable }) => isFixable),
    isKnownExploited: all.some(({ isKnownExploited }) => isKnownExploited),
    packages: all.flatMap(({ packages }) => packages),
  };
};

const withSortedPackages = (finding: Finding): Finding => ({
  ...finding,
  packages: [...finding.packages].sort(compareKeys).filter((one, index, all) => {
    const before = all[index - 1];
    return before === undefined || compareKeys(before, one) !== 0;
  }),
});

/** What was found in an image, in an order that does not depend on the scanner's. */
export function imageFindings(
  imageId: string,
  imageBuildVersionArn: string,
  found: readonly Finding[],
  scanner?: Scanner,
): ImageFindings {
  const byId = new Map<string, [Finding, ...Finding[]]>();
  for (const one of found) {
    const same = byId.get(one.vulnerabilityId);
    if (same === undefined) byId.set(one.vulnerabilityId, [one]);
    else same.push(one);
  }
  return {
    format: FINDINGS_FORMAT,
    imageId,
    imageBuildVersionArn,
    ...(scanner && { scanner }),
    findings: [...byId.values()]
      .map(([first, ...others]) => withSortedPackages(merged(first, others)))
      .sort((one, other) => compareText(one.vulnerabilityId, other.vulnerabilityId)),
  };
}

/** SHA-256 of what was found, by which evidence names it. */
export const findingsDigest = (findings: ImageFindings): string => digestOf(findings);

/** The most urgent first: known exploited, then the more severe, then what has a fix. */
export const byUrgency = (one: Finding, other: Finding): number =>
  Number(other.isKnownExploited) - Number(one.isKnownExploited) ||
  rankOf(other.severity) - rankOf(one.severity) ||
  Number(other.isFixable) - Number(one.isFixable) ||
  compareText(one.vulnerabilityId, other.vulnerabilityId);

const packageText = ({ name, version, fixedIn }: VulnerablePackage): string =>
  `${name} ${version}${fixedIn === undefined ? '' : `, fixed in ${fixedIn}`}`;

/** Packages of one finding that words name; the evidence has all. */
const MOST_PACKAGES = 3;

/** A finding in words: `CVE-2026-1234 (critical, known exploited) in openssl 3.0.8-1, fixed in 3.0.9-1`. */
export function findingText({ vulnerabilityId, severity, isKnownExploited, packages }: Finding): string {
  const more = packages.length - MOST_PACKAGES;
  const where = packages.slice(0, MOST_PACKAGES).map(packageText).join('; ');
  return `${vulnerabilityId} (${severity}${isKnownExploited ? ', known exploited' : ''}) in ${where}${more > 0 ? ` and ${more} more` : ''}`;
}
