import { isObject } from '../json.ts';
import type { SourcePush } from './source.ts';

/** The record of a call that may have moved the branch cannot be understood: who made the change is not known. */
export class PushRecordUnclearError extends Error {
  override readonly name = 'PushRecordUnclear';
}

/** The branch that is asked about. */
export interface RepositoryBranch {
  readonly repositoryName: string;
  readonly branchName: string;
}

/** A branch, and the commit that a call moved it to; both may be missing in a record. */
interface Move {
  readonly branch: unknown;
  readonly commitId: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const named = (reference: unknown): unknown =>
  typeof reference === 'string' ? reference.replace(/^refs\/heads\//, '') : undefined;

/** Git asks for the repository's references first and moves none, so CloudTrail has two records of each push. */
const isQuestion = ({ requestParameters, additionalEventData }: Fields): boolean =>
  requestParameters === null && fieldsOf(additionalEventData).dataTransferred === false;

/** What a `git push` moved. Tags and other references are none of our business; a deleted branch has no commit. */
const pushed = (record: Fields): readonly Move[] | undefined => {
  if (isQuestion(record)) return [];
  const { references } = fieldsOf(record.requestParameters);
  if (!Array.isArray(references) || references.length === 0) return undefined;
  return references.flatMap((one) => {
    const { ref, commit } = fieldsOf(one);
    if (typeof ref === 'string' && !ref.startsWith('refs/heads/')) return [];
    return typeof commit === 'string' && /^0+$/.test(commit)
      ? []
      : [{ branch: named(ref), commitId: commit }];
  });
};

/** A commit that the service made upon a branch. */
const committed = ({ requestParameters, responseElements }: Fields): readonly Move[] => [
  {
    branch: named(fieldsOf(requestParameters).branchName),
    commitId: fieldsOf(responseElements).commitId,
  },
];

const branchCreated = ({ requestParameters }: Fields): readonly Move[] => {
  const { branchName, commitId } = fieldsOf(requestParameters);
  return [{ branch: named(branchName), commitId }];
};

const branchesMerged = ({ requestParameters, responseElements }: Fields): readonly Move[] => {
  const { targetBranch, destinationCommitSpecifier } = fieldsOf(requestParameters);
  return [
    {
      branch: named(targetBranch ?? destinationCommitSpecifier),
      commitId: fieldsOf(responseElements).commitId,
    },
  ];
};

const pullRequestMerged = ({ responseElements }: Fields): readonly Move[] | undefined => {
  const targets = listOf(fieldsOf(fieldsOf(responseElements).pullRequest).pullRequestTargets);
  if (targets.length === 0) return undefined;
  return targets.map((target) => {
    const { destinationReference, mergeMetadata } = fieldsOf(target);
    return { branch: named(destinationReference), commitId: fieldsOf(mergeMetadata).mergeCommitId };
  });
};

/**
 * Every call that makes a branch hold another commit, with what its record says. DeleteBranch leaves no commit to promote.
 * @see https://docs.aws.amazon.com/codecommit/latest/userguide/integ-cloudtrail.html and CodeCommit's API reference
 */
const moves: Readonly<Record<string, (record: Fields) => readonly Move[] | undefined>> = {
  GitPush: pushed,
  CreateCommit: committed,
  PutFile: committed,
  DeleteFile: committed,
  CreateBranch: branchCreated,
  MergeBranchesByFastForward: branchesMerged,
  MergeBranchesBySquash: branchesMerged,
  MergeBranchesByThreeWay: branchesMerged,
  MergePullRequestByFastForward: pullRequestMerged,
  MergePullRequestBySquash: pullRequestMerged,
  MergePullRequestByThreeWay: pullRequestMerged,
};

/** Names of those calls, as CloudTrail has them. */
export const branchMovingCalls: readonly string[] = Object.keys(moves);

/** The repositories that a record names, in any of the places that CloudTrail has for it. */
const repositoriesIn = ({ resources, requestParameters, additionalEventData }: Fields): readonly string[] =>
  [
    fieldsOf(additionalEventData).repositoryName,
    fieldsOf(requestParameters).repositoryName,
    ...listOf(resources).map((resource) => String(fieldsOf(resource).ARN ?? '').split(':')[5]),
  ].filter((name): name is string => typeof name === 'string' && name !== '');

/**
 * Who moved the branch to which commit, from one of CloudTrail's records of a call of that name. Nothing for other repositories and
 * branches, and for calls that failed.
 * @param record the whole record, as the text of `CloudTrailEvent` has it
 * @throws PushRecordUnclearError for a record that may be about the branch and does not say what is asked
 */
export function movesIn(
  record: unknown,
  { repositoryName, branchName }: RepositoryBranch,
): readonly SourcePush[] {
  const unclear = (what: string): PushRecordUnclearError => {
    const { eventName, eventID } = fieldsOf(record);
    return new PushRecordUnclearError(
      `CloudTrail's record ${String(eventID)} of ${String(eventName)} does not say ${what}, so it is not known who moved ${branchName} of ` +
        `${repositoryName}. Read the record in CloudTrail's event history.`,
    );
  };
  if (!isObject(record)) throw unclear('anything');
  if (record.errorCode !== undefined) return [];
  // Other services have calls of some of these names.
  if (typeof record.eventSource === 'string' && record.eventSource !== 'codecommit.amazonaws.com') return [];
  const repositories = repositoriesIn(record);
  if (repositories.length === 0) throw unclear('which repository it is about');
  if (!repositories.includes(repositoryName)) return [];
  const found = moves[String(record.eventName)]?.(record);
  if (found === undefined) throw unclear('which branch it moved');
  return found.flatMap(({ branch, commitId }) => {
    if (typeof branch !== 'string') throw unclear('which branch it moved');
    if (branch !== branchName) return [];
    if (typeof commitId !== 'string' || !/^[0-9a-f]{40}$/.test(commitId))
      throw unclear('which commit the branch holds since');
    const { arn } = fieldsOf(record.userIdentity);
    if (typeof arn !== 'string' || arn === '') throw unclear('who called');
    const at = Date.parse(String(record.eventTime));
    if (Number.isNaN(at)) throw unclear('when it happened');
    return [{ commitId, pushedBy: arn, pushedAt: new Date(at).toISOString() }];
  });
}
