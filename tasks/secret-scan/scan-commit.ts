import { errorText } from '../error-text.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { liveBefore } from '../ledger/live-promotion.ts';
import type { ScanCommitRequest } from '../payloads.ts';
import type { ReadFile, Source } from '../source/source.ts';
import { beginningOf } from '../truncate-text.ts';
import { findSecrets } from './find-secrets.ts';
import {
  findingText,
  MOST_FILES,
  MOST_KEPT,
  type NotScanned,
  type SecretFinding,
  type SecretScan,
} from './secret-scan.ts';

/** The commit has what looks like a secret, and the configuration says that such a commit is not promoted. */
class SecretsFoundError extends Error {
  override readonly name = 'SecretsFound';
}

/** Where commits are read from. */
export interface ScannedRepository {
  readonly differences: Source['differences'];
  readonly readFile: ReadFile;
}

/** What scanning needs. */
interface ScanCommitDependencies {
  readonly ledger: Pick<Ledger, 'live' | 'promotion' | 'promotions' | 'updatePromotion'>;
  readonly repository: ScannedRepository;
  readonly now: () => Date;
}

/** Differences that are listed: more than that, and nobody knows how many files were left out. */
const MOST_DIFFERENCES = 5_000;
/** Files that are read at the same time. */
const READ_TOGETHER = 8;
const LONGEST_PATH = 500;
/** Findings that the cause of a failure names. */
const MOST_NAMED = 20;

/** Reads and scans files. What each holds is forgotten at once. */
async function scanFiles(
  { readFile }: ScannedRepository,
  commitId: string,
  paths: readonly string[],
): Promise<{ readonly findings: readonly SecretFinding[]; readonly notScanned: readonly NotScanned[] }> {
  const findings: SecretFinding[] = [];
  const notScanned: NotScanned[] = [];
  for (let from = 0; from < paths.length; from += READ_TOGETHER) {
    const together = paths.slice(from, from + READ_TOGETHER);
    const scanned = await Promise.all(
      together.map(async (path) => ({ path, ...(await findSecrets(await readFile(commitId, path))) })),
    );
    for (const one of scanned) {
      const path = beginningOf(one.path, LONGEST_PATH);
      findings.push(...one.findings.map((finding) => ({ path, ...finding })));
      if (one.notScanned) notScanned.push({ path, why: one.notScanned });
    }
  }
  return { findings, notScanned };
}

/** Scans what a commit adds to what Prod runs, or changes in it. */
async function scan(
  { ledger, repository }: ScanCommitDependencies,
  { promotionId, application, commitId }: ScanCommitRequest,
): Promise<Omit<SecretScan, 'at'>> {
  const live = await liveBefore(ledger, application, promotionId);
  const differences = await repository.differences(live?.commitId, commitId, MOST_DIFFERENCES);
  const paths = differences.flatMap(({ path, change }) => (change === 'removed' ? [] : [path]));
  const { findings, notScanned } = await scanFiles(repository, commitId, paths.slice(0, MOST_FILES));
  const left = paths
    .slice(MOST_FILES)
    .map((path): NotScanned => ({ path: beginningOf(path, LONGEST_PATH), why: 'too many files' }));
  const unread = new Set(
    notScanned.filter(({ why }) => why !== 'a comment turns the scan off').map(({ path }) => path),
  );
  const all = [...notScanned, ...left];
  return {
    files: Math.min(paths.length, MOST_FILES) - unread.size,
    findings: findings.slice(0, MOST_KEPT),
    findingCount: findings.length,
    notScanned: all.slice(0, MOST_KEPT),
    notScannedCount: all.length,
  };
}

const NOTHING = { files: 0, findings: [], findingCount: 0, notScanned: [], notScannedCount: 0 } as const;

const causeOf = ({ findings, findingCount }: Omit<SecretScan, 'at'>, commitId: string): string => {
  const named = findings.slice(0, MOST_NAMED).map((finding) => `- ${findingText(finding)}`);
  const more = findingCount > named.length ? [`and ${findingCount - named.length} more.`] : [];
  return [
    `The commit ${commitId} has what looks like ${findingCount === 1 ? 'a secret' : `${findingCount} secrets`}, and secretScan is "block". QAT was not changed.`,
    ...named,
    ...more,
    'Replace each secret where it is used, since everybody who reads the repository has it. Then push a commit without it. ' +
      'If a line only looks like a secret, say so beside it with the comment secretlint-disable-line; approvers see that.',
  ].join('\n');
};

/**
 * Looks for secrets in the files that a commit adds or changes, compared with what Prod runs, and notes what was found with the
 * promotion. Safe to repeat.
 * @throws SecretsFoundError if something was found and the mode is `block`; in that mode also what reading the repository throws. Otherwise
 * approvers are told that there was no scan.
 */
export function scanCommit(dependencies: ScanCommitDependencies) {
  return async function scanCommit(request: ScanCommitRequest): Promise<void> {
    const found = await scan(dependencies, request).catch((error: unknown) => {
      if (request.secretScan === 'block') throw error;
      return { ...NOTHING, failed: errorText(error) };
    });
    const at = dependencies.now().toISOString();
    await dependencies.ledger.updatePromotion(request.promotionId, { secretScan: { at, ...found } });
    if (request.secretScan === 'block' && found.findingCount > 0)
      throw new SecretsFoundError(causeOf(found, request.commitId));
  };
}
