import { digestOf } from '../canonical-json.ts';
import type { Approval, Promotion } from '../ledger/items.ts';
import type { ApprovalSubject } from '../payloads.ts';
import type { Dossier } from './dossier.ts';

/** What a decision is bound to. */
export interface BoundSubject {
  readonly application: string;
  readonly commitId: string;
  readonly qatImageId: string;
  readonly qatDeploymentId: string;
  /** Digest of the deployment's lifecycle events on each instance. */
  readonly testReport: string;
  readonly configurationVersion: string;
}

/** Names of what a decision is bound to, as pages and messages write them. */
export const subjectTitles: Readonly<Record<keyof BoundSubject, string>> = {
  application: 'Application',
  commitId: 'Commit',
  qatImageId: 'QAT image',
  qatDeploymentId: 'QAT deployment',
  testReport: 'Test report',
  configurationVersion: 'Configuration',
};

/** One part of the subject that is not what it was. */
export interface SubjectChange {
  readonly what: string;
  readonly before: string;
  readonly now: string;
}

/** Digits of the test report's digest that are kept: enough to tell two apart, short enough to show. */
const REPORT_DIGITS = 16;

/** What a request was made for. */
export const requestedSubject = (
  { application, commitId, qatImageId, qatDeploymentId }: ApprovalSubject,
  { tests, configurationVersion }: Pick<Dossier, 'tests' | 'configurationVersion'>,
): BoundSubject => ({
  application,
  commitId,
  qatImageId,
  qatDeploymentId,
  testReport: digestOf(tests).slice(0, REPORT_DIGITS),
  configurationVersion,
});

/** The digest that is stored with a request and sent back with its decision: SHA-256 in hexadecimal digits. */
export const subjectDigest = (subject: BoundSubject): string => digestOf(subject);

/**
 * What the records say now. What a record does not tell is taken from the request: an execution that was started by hand may
 * have no promotion in the ledger.
 */
export const presentSubject = (
  approval: Approval,
  promotion: Promotion | undefined,
  configurationVersion: string,
): BoundSubject => {
  const requested = requestedSubject(approval.subject, approval.dossier);
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
};

/** What differs between two subjects. */
export const subjectChanges = (before: BoundSubject, now: BoundSubject): readonly SubjectChange[] =>
  (Object.keys(subjectTitles) as (keyof BoundSubject)[])
    .filter((name) => before[name] !== now[name])
    .map((name) => ({ what: subjectTitles[name], before: before[name], now: now[name] }));
