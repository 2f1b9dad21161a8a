import { z } from 'zod';
import { cutText } from '../truncate-text.ts';
import { type Finding, type Scanner, severityOf, vulnerabilityIdPattern } from './finding.ts';

// The JSON that scanners write, as far as it is used: grype's `-o json` (anchore/grype, grype/presenter/models) and trivy's `-f json`
// (trivy's documentation, "Reporting"). Both add fields with each version; those that are read must be as they are here.

/** What a scanner has found. */
export interface ScannerReport {
  readonly scanner: Scanner;
  readonly findings: readonly Finding[];
}

/** Characters of a title: grype gives whole descriptions. */
const LONGEST_TITLE = 300;
/** Characters of a name or version. */
const LONGEST_LINE = 256;
/** Versions of a fix that are named: each line of development of a package may have one. */
const MOST_FIXES = 5;
/** Faults of a report that are told. */
const MOST_FAULTS = 3;

const id = z.string().regex(vulnerabilityIdPattern, 'this is no id of a vulnerability');
/** What stands in causes and mails, in one line: who can write a report does not write these. */
const line = z
  .string()
  .max(LONGEST_LINE)
  .regex(/^\P{Cc}*$/u, 'it has control characters');
const name = line.min(1);
/** Go writes nanoseconds and the machine's offset. */
const moment = z.iso.datetime({ offset: true });
/** Go writes an empty list as null, or leaves it out. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);

const exploited = { knownExploited: listOf(z.unknown()) };
const grypeReport = z.object({
  descriptor: z.object({ name: z.literal('grype'), version: line, timestamp: moment }),
  distro: z.object({ name: z.string().min(1, 'grype recognized no distribution; scan dir:/') }),
  matches: z.array(
    z.object({
      vulnerability: z.object({
        id,
        // Left out where the database has none.
        severity: z.enum(['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical', '']).default(''),
        description: z.string().default(''),
        fix: z.object({ state: z.string(), versions: listOf(line) }),
        ...exploited,
      }),
      relatedVulnerabilities: listOf(z.object(exploited)),
      artifact: z.object({ name, version: line }),
    }),
  ),
});

const trivyReport = z.object({
  SchemaVersion: z.literal(2),
  CreatedAt: moment,
  Trivy: z.object({ Version: line }).optional(),
  Metadata: z.object({
    OS: z.object({ Family: z.string().min(1) }, 'trivy recognized no distribution; scan /'),
  }),
  Results: z
    .array(
      z.object({
        Vulnerabilities: listOf(
          z.object({
            VulnerabilityID: id,
            PkgName: name,
            InstalledVersion: line.default(''),
            FixedVersion: line.default(''),
            Severity: z.enum(['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']),
            Title: z.string().default(''),
          }),
        ),
      }),
    )
    .min(1, 'trivy looked at nothing'),
});

const titleOf = (title: string, vulnerabilityId: string): string =>
  cutText(title.trim(), LONGEST_TITLE) || vulnerabilityId;

const scannedAt = (at: string): string => new Date(at).toISOString();

const fromGrype = ({ descriptor, matches }: z.output<typeof grypeReport>): ScannerReport => ({
  scanner: { name: 'grype', version: descriptor.version, at: scannedAt(descriptor.timestamp) },
  findings: matches.map(({ vulnerability, relatedVulnerabilities, artifact: { name, version } }) => {
    const { severity, fix } = vulnerability;
    const fixedIn = fix.state === 'fixed' ? fix.versions.slice(0, MOST_FIXES).join(', ') : '';
    return {
      vulnerabilityId: vulnerability.id,
      severity: severity === 'Negligible' ? 'informational' : severityOf(severity),
      title: titleOf(vulnerability.description, vulnerability.id),
      isFixable: fix.state === 'fixed',
      // An advisory of the distribution names the CVEs that it is about.
      isKnownExploited: [vulnerability, ...relatedVulnerabilities].some(
        ({ knownExploited }) => knownExploited.length > 0,
      ),
      packages: [{ name, version, ...(fixedIn !== '' && { fixedIn }) }],
    };
  }),
});

const fromTrivy = ({ Trivy, CreatedAt, Results }: z.output<typeof trivyReport>): ScannerReport => ({
  scanner: { name: 'trivy', ...(Trivy && { version: Trivy.Version }), at: scannedAt(CreatedAt) },
  findings: Results.flatMap(({ Vulnerabilities }) => Vulnerabilities).map((one) => ({
    vulnerabilityId: one.VulnerabilityID,
    severity: severityOf(one.Severity),
    title: titleOf(one.Title, one.VulnerabilityID),
    isFixable: one.FixedVersion !== '',
    // Trivy does not tell.
    isKnownExploited: false,
    packages: [
      {
        name: one.PkgName,
        version: one.InstalledVersion,
        ...(one.FixedVersion !== '' && { fixedIn: one.FixedVersion }),
      },
    ],
  })),
});

/** A report in the shape of its scanner. @throws Error with the first faults and where they are */
function parsed<Schema extends z.ZodType>(
  schema: Schema,
  scanner: string,
  report: unknown,
): z.output<Schema> {
  const { success, data, error } = schema.safeParse(report);
  if (success) return data;
  const faults = error.issues
    .slice(0, MOST_FAULTS)
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`it is not ${scanner}'s JSON as Lockstep reads it: ${faults.join('; ')}`);
}

/**
 * Reads what grype or trivy wrote.
 * @throws Error in words that say what is wrong with the text
 */
export function readScannerReport(text: string): ScannerReport {
  if (text.trim() === '') throw new Error('it is empty');
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON, or not all of it: ${(error as Error).message}`);
  }
  if (typeof report === 'object' && report !== null) {
    if ('SchemaVersion' in report) return fromTrivy(parsed(trivyReport, 'trivy', report));
    if ('matches' in report) return fromGrype(parsed(grypeReport, 'grype', report));
  }
  throw new Error("it is neither grype's JSON (matches) nor trivy's (SchemaVersion)");
}
