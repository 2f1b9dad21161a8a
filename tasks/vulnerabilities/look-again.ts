import type { EnvironmentStatus, ExpectedRelease } from '../drift/environment-status.ts';
import { DAY_MS } from '../durations.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { compareFindings } from './compare-findings.ts';
import { byUrgency, type Finding, imageFindings, type LaterFindings } from './finding.ts';
import { readFindings } from './scan-image.ts';

/** Findings that are recorded, and packages of each: DynamoDB takes 400 KB in an item, which has the instances as well. */
const MOST_FINDINGS = 50;
const MOST_PACKAGES = 3;

/** Finds what is known now about what a release runs, and was not known when its image was built. */
export type FindLater = (release: ExpectedRelease) => Promise<readonly Finding[]>;

/** Asks Inspector about a release's image, and compares with what was found when it was built. */
export const findLater =
  ({
    ledger,
    active,
    read,
  }: {
    readonly ledger: Pick<Ledger, 'promotion' | 'jobs'>;
    readonly active: (imageId: string) => Promise<readonly Finding[]>;
    readonly read: (objectKey: string) => Promise<string | undefined>;
  }): FindLater =>
  async ({ promotionId, imageId }) => {
    const builtIn = (await ledger.promotion(promotionId))?.goBack?.to ?? promotionId;
    const known = await readFindings(await ledger.jobs(builtIn), imageId, read);
    // Each instance has findings of its own.
    const { findings } = imageFindings(imageId, '', await active(imageId));
    return compareFindings(known?.findings, findings).new;
  };

/**
 * What became known about what an environment runs, asked again every day and for each image.
 * @param ask undefined if it could not be asked
 */
export async function lookAgain(
  release: ExpectedRelease | undefined,
  before: EnvironmentStatus | undefined,
  at: Date,
  ask: FindLater | ((release: ExpectedRelease) => Promise<readonly Finding[] | undefined>),
): Promise<LaterFindings | undefined> {
  const last = before?.vulnerabilities;
  if (release === undefined) return last;
  const same = last?.imageId === release.imageId ? last : undefined;
  if (same !== undefined && at.getTime() - Date.parse(same.at) < DAY_MS) return same;
  const found = await ask(release);
  if (found === undefined) return same;
  const urgent = [...found].sort(byUrgency);
  return {
    imageId: release.imageId,
    at: at.toISOString(),
    findings: urgent
      .slice(0, MOST_FINDINGS)
      .map(({ packages, ...one }) => ({ ...one, packages: packages.slice(0, MOST_PACKAGES) })),
    unlisted: Math.max(0, urgent.length - MOST_FINDINGS),
    told: same?.told ?? [],
  };
}

/** Those that operators were not mailed yet. */
export const untold = (later: LaterFindings | undefined): readonly Finding[] =>
  (later?.findings ?? []).filter(({ vulnerabilityId }) => !later?.told.includes(vulnerabilityId));
