import { commitLink, consoleLine, pullRequestLink } from '../console-links.ts';
import { isObject } from '../json.ts';
import { asciiSubject, type Ours, ours, plain } from '../mail-text.ts';
import type { Notice } from '../notices/notice.ts';

/** Whose repository it is, and who is told. */
export interface ToldRepository {
  readonly application: string;
  readonly repositoryName: string;
  /** The promoted branch. */
  readonly branch: string;
  /** Addresses, as they subscribed. */
  readonly developers: readonly string[];
}

interface Told {
  readonly subject: string;
  readonly lines: readonly (string | Ours)[];
  /** Whether operators are told, too. */
  readonly isForOperators?: true;
}

type Detail = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const branchOf = (reference: unknown): string => text(reference).replace(/^refs\/heads\//, '');
/** The console's address, if what it takes is an id and nothing else. */
const link = (id: string, form: RegExp, address: (id: string) => string): readonly Ours[] =>
  form.test(id) ? consoleLine(address(id)).map(ours) : [];

/** What pull requests' events say has happened. @see https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html */
const pullRequestChange = ({ event, pullRequestStatus, isMerged }: Detail): string | undefined => {
  if (event === 'pullRequestCreated') return 'opened';
  if (event === 'pullRequestSourceBranchUpdated') return 'updated with new commits';
  // The merge closes it, of which another event tells.
  if (event === 'pullRequestMergeStatusUpdated') return text(isMerged) === 'True' ? 'merged' : undefined;
  if (event !== 'pullRequestStatusChanged' || text(isMerged) === 'True') return undefined;
  return pullRequestStatus === 'Closed' ? 'closed without a merge' : 'opened again';
};

const deletedBranch = (
  { referenceName, referenceType, oldCommitId, event, callerUserArn }: Detail,
  { application, branch }: ToldRepository,
): Told | undefined => {
  if (event !== 'referenceDeleted' || referenceType !== 'branch') return undefined;
  const name = text(referenceName);
  const lines = [
    `Branch:      ${name}`,
    `Last commit: ${text(oldCommitId) || 'unknown'}`,
    `Deleted by:  ${text(callerUserArn) || 'unknown'}`,
    '',
  ];
  if (name !== branch)
    return {
      subject: `Branch deleted: ${application} ${name}`,
      lines: [
        ...lines,
        'The commit stays in the repository for a while: make the branch again if it is needed.',
      ],
    };
  return {
    subject: `Promoted branch deleted: ${application} ${name}`,
    isForOperators: true,
    lines: [
      ...lines,
      `${application} is promoted from this branch. Promotions in progress go on: what was pushed is kept. Nothing new is promoted until somebody makes the branch again and pushes.`,
      'If nobody meant to delete it, make it again from its last commit.',
    ],
  };
};

const pullRequest = (
  detail: Detail,
  { application, repositoryName }: ToldRepository,
  region: string,
): Told | undefined => {
  const change = pullRequestChange(detail);
  if (change === undefined) return undefined;
  const id = text(detail.pullRequestId);
  return {
    subject: `Pull request ${id} ${change}: ${application} ${text(detail.title)}`,
    lines: [
      `Pull request: ${id}, ${text(detail.title)}`,
      `From:         ${branchOf(detail.sourceReference)}`,
      `To:           ${branchOf(detail.destinationReference)}`,
      `By:           ${text(detail.callerUserArn) || 'unknown'}`,
      ...link(id, /^\d+$/, (known) => pullRequestLink(region, repositoryName, known)),
    ],
  };
};

const comment = (detail: Detail, { application, repositoryName }: ToldRepository, region: string): Told => {
  const id = text(detail.pullRequestId);
  const commitId = text(detail.afterCommitId);
  const about = id === '' ? `commit ${commitId.slice(0, 8)}` : `pull request ${id}`;
  const what = text(detail.event).endsWith('Updated') ? 'Comment changed' : 'Comment';
  return {
    subject: `${what} on ${about}: ${application}`,
    lines: [
      `On: ${about}`,
      `By: ${text(detail.callerUserArn) || 'unknown'}`,
      'CodeCommit shows the comment.',
      ...(id === ''
        ? link(commitId, /^[0-9a-f]{40}$/, (known) => commitLink(region, repositoryName, known))
        : link(id, /^\d+$/, (known) => pullRequestLink(region, repositoryName, known))),
    ],
  };
};

const told = (event: Detail, repository: ToldRepository): Told | undefined => {
  const detail = isObject(event.detail) ? event.detail : {};
  const names = [
    detail.repositoryName,
    ...(Array.isArray(detail.repositoryNames) ? detail.repositoryNames : []),
  ];
  if (!names.includes(repository.repositoryName)) return undefined;
  const region = text(event.region);
  switch (event['detail-type']) {
    case 'CodeCommit Repository State Change':
      return deletedBranch(detail, repository);
    case 'CodeCommit Pull Request State Change':
      return pullRequest(detail, repository, region);
    case 'CodeCommit Comment on Commit':
    case 'CodeCommit Comment on Pull Request':
      return comment(detail, repository, region);
    default:
      return undefined;
  }
};

/**
 * The mails about what an event tells of a repository: to its application's developers, and of a deleted promoted branch to operators as
 * well. None for what needs no mail, and for other repositories.
 */
export function repositoryNotices(event: unknown, repository: ToldRepository): readonly Notice[] {
  const found = isObject(event) ? told(event, repository) : undefined;
  if (found === undefined) return [];
  const { application, developers } = repository;
  const mail = { application, subject: asciiSubject(found.subject), message: plain(found.lines) };
  return [
    ...(found.isForOperators ? [{ ...mail, role: 'operator' } as const] : []),
    ...(developers.length > 0 ? [{ ...mail, role: 'developer', recipients: developers } as const] : []),
  ];
}
