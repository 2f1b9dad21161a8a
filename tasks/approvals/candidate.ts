import { digestOf } from '../canonical-json.ts';
import { builtFor } from '../images/build-of.ts';
import type { Approval, Job, Promotion } from '../ledger/items.ts';
import type { BuiltRevision, DifferingImage } from '../payloads.ts';

/** What a decision is bound to. */
interface BoundCandidate {
  readonly application: string;
  readonly commitId: string;
  readonly qatImageId: string;
  readonly qatDeploymentId: string;
  /** Version and digest of what the commit was built into, if it was. */
  readonly built?: string;
  /** Id and inventory of the Prod image, if the request is about one. */
  readonly prodImage?: string;
  readonly configurationVersion: string;
  /** Digest of everything that was shown: candidate and review, makers and gaps included, and how many must approve. */
  readonly shown: string;
}

/** Names of what a decision is bound to, as pages and messages write them. */
const candidateTitles: Readonly<Record<keyof BoundCandidate, string>> = {
  application: 'Application',
  commitId: 'Commit',
  qatImageId: 'QAT image',
  qatDeploymentId: 'QAT deployment',
  built: 'Built revision',
  prodImage: 'Prod image',
  configurationVersion: 'Configuration',
  shown: 'What was shown',
};

/** One part of the candidate that has changed. */
export interface CandidateChange {
  readonly what: string;
  readonly before: string;
  readonly now: string;
}

/** Of QAT's address only the host counts: the port may move while a request is open, and the application stays the same. */
const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).hostname : url;

const builtText = ({ version, sha256 }: BuiltRevision): string => `version ${version}, sha256 ${sha256}`;

const imageText = ({ imageId, inventory }: Omit<DifferingImage, 'differs'>): string =>
  `${imageId}, contents ${inventory}`;

/** What a request was made for. */
export function requestedCandidate({
  candidate,
  review,
  count,
}: Pick<Approval, 'candidate' | 'review' | 'count'>): BoundCandidate {
  const { application, commitId, qatImageId, qatDeploymentId, built, prodImage } = candidate;
  const { configurationVersion } = review;
  const shown = digestOf({ candidate, review: { ...review, qatUrl: hostOf(review.qatUrl) }, count });
  return {
    application,
    commitId,
    qatImageId,
    qatDeploymentId,
    ...(built && { built: builtText(built) }),
    ...(prodImage && { prodImage: imageText(prodImage) }),
    configurationVersion,
    shown,
  };
}

/** The digest that is stored with a request and sent back with its decision: SHA-256 in hexadecimal digits. */
export const candidateDigest = (candidate: BoundCandidate): string => digestOf(candidate);

/**
 * What the records say now. The request fills in what they lack: an execution that was started by hand may
 * have no promotion in the ledger. A Prod image that nobody recorded is none.
 */
export function currentCandidate(
  approval: Approval,
  { promotion, jobs }: { readonly promotion: Promotion | undefined; readonly jobs: readonly Job[] },
  configurationVersion: string,
): BoundCandidate {
  const { prodImage, ...requested } = requestedCandidate(approval);
  const { imageId = '', inventory = '' } = builtFor(jobs, 'prod')?.output ?? {};
  return {
    ...requested,
    ...(prodImage !== undefined && imageId !== '' && { prodImage: imageText({ imageId, inventory }) }),
    configurationVersion,
    ...(promotion === undefined
      ? {}
      : {
          application: promotion.application,
          commitId: promotion.commitId,
          qatImageId: promotion.images.qat ?? requested.qatImageId,
          qatDeploymentId: promotion.deployments.qat ?? requested.qatDeploymentId,
          ...(promotion.built && { built: builtText(promotion.built) }),
        }),
  };
}

/** What differs between two candidates. */
export const candidateChanges = (before: BoundCandidate, now: BoundCandidate): readonly CandidateChange[] =>
  (Object.keys(candidateTitles) as (keyof BoundCandidate)[])
    .filter((name) => before[name] !== now[name])
    .map((name) => ({
      what: candidateTitles[name],
      before: before[name] ?? 'none',
      now: now[name] ?? 'none',
    }));
