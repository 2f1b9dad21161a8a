import { digestOf } from '../canonical-json.ts';
import type { Approval, Promotion } from '../ledger/items.ts';
import type { Candidate } from '../payloads.ts';
import type { Review } from './review.ts';

/** What a decision is bound to. */
interface BoundCandidate {
  readonly application: string;
  readonly commitId: string;
  readonly qatImageId: string;
  readonly qatDeploymentId: string;
  /** Digest of the deployment's lifecycle events on each instance. */
  readonly testReport: string;
  readonly configurationVersion: string;
}

/** Names of what a decision is bound to, as pages and messages write them. */
const candidateTitles: Readonly<Record<keyof BoundCandidate, string>> = {
  application: 'Application',
  commitId: 'Commit',
  qatImageId: 'QAT image',
  qatDeploymentId: 'QAT deployment',
  testReport: 'Test report',
  configurationVersion: 'Configuration',
};

/** One part of the candidate that has changed. */
export interface CandidateChange {
  readonly what: string;
  readonly before: string;
  readonly now: string;
}

/** Digits of the test report's digest that are kept: enough to distinguish two reports, short enough to show. */
const REPORT_DIGITS = 16;

/** What a request was made for. */
export const requestedCandidate = (
  { application, commitId, qatImageId, qatDeploymentId }: Candidate,
  { tests, configurationVersion }: Pick<Review, 'tests' | 'configurationVersion'>,
): BoundCandidate => ({
  application,
  commitId,
  qatImageId,
  qatDeploymentId,
  testReport: digestOf(tests).slice(0, REPORT_DIGITS),
  configurationVersion,
});

/** The digest that is stored with a request and sent back with its decision: SHA-256 in hexadecimal digits. */
export const candidateDigest = (candidate: BoundCandidate): string => digestOf(candidate);

/**
 * What the records say now. The request fills in what they lack: an execution that was started by hand may
 * have no promotion in the ledger.
 */
export function currentCandidate(
  approval: Approval,
  promotion: Promotion | undefined,
  configurationVersion: string,
): BoundCandidate {
  const requested = requestedCandidate(approval.candidate, approval.review);
  return {
    ...requested,
    configurationVersion,
    ...(promotion === undefined
      ? {}
      : {
          application: promotion.application,
          commitId: promotion.commitId,
          qatImageId: promotion.images.qat ?? requested.qatImageId,
          qatDeploymentId: promotion.deployments.qat ?? requested.qatDeploymentId,
        }),
  };
}

/** What differs between two candidates. */
export const candidateChanges = (before: BoundCandidate, now: BoundCandidate): readonly CandidateChange[] =>
  (Object.keys(candidateTitles) as (keyof BoundCandidate)[])
    .filter((name) => before[name] !== now[name])
    .map((name) => ({ what: candidateTitles[name], before: before[name], now: now[name] }));
