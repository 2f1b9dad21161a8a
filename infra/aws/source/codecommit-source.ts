import { Repository } from 'aws-cdk-lib/aws-codecommit';
import type { Construct } from 'constructs';
import type { Source } from './source.ts';

/** A CodeCommit repository of the application's name. */
export function codeCommitSource(
  scope: Construct,
  { name, branch }: { readonly name: string; readonly branch: string },
): Source {
  const repository = new Repository(scope, 'Repository', {
    repositoryName: name,
    description: `${name}: pushes to ${branch} are promoted`,
  });
  const { repositoryName, repositoryArn } = repository;
  return {
    repositoryName,
    action: {
      provider: 'CodeCommit',
      configuration: {
        RepositoryName: repositoryName,
        BranchName: branch,
        PollForSourceChanges: false,
        OutputArtifactFormat: 'CODE_ZIP',
      },
    },
    revisionVariable: 'CommitId',
    read: [
      {
        actions: [
          'codecommit:GetBranch',
          'codecommit:GetCommit',
          'codecommit:GetUploadArchiveStatus',
          'codecommit:CancelUploadArchive',
          'codecommit:UploadArchive',
        ],
        resources: [repositoryArn],
      },
    ],
    clone: {
      source: { type: 'CODECOMMIT', location: repository.repositoryCloneUrlHttp, gitCloneDepth: 1 },
      grants: [{ actions: ['codecommit:GitPull'], resources: [repositoryArn] }],
    },
    describe: [
      { actions: ['codecommit:BatchGetCommits', 'codecommit:GetBranch'], resources: [repositoryArn] },
    ],
    look: [{ actions: ['codecommit:BatchGetCommits'], resources: [repositoryArn] }],
    compare: [
      { actions: ['codecommit:BatchGetCommits', 'codecommit:GetDifferences'], resources: [repositoryArn] },
    ],
    files: [{ actions: ['codecommit:GetDifferences', 'codecommit:GetFile'], resources: [repositoryArn] }],
    recordOfPushes: 'cloudtrail:LookupEvents',
    pushes: {
      source: ['aws.codecommit'],
      detailType: ['CodeCommit Repository State Change'],
      resources: [repositoryArn],
      detail: {
        event: ['referenceCreated', 'referenceUpdated'],
        repositoryName: [repositoryName],
        referenceType: ['branch'],
        referenceName: [branch],
      },
    },
    news: {
      'deleted-branches': {
        source: ['aws.codecommit'],
        detailType: ['CodeCommit Repository State Change'],
        resources: [repositoryArn],
        detail: { event: ['referenceDeleted'], referenceType: ['branch'] },
      },
      'pull-requests': {
        source: ['aws.codecommit'],
        detailType: ['CodeCommit Pull Request State Change'],
        resources: [repositoryArn],
        detail: {
          event: [
            'pullRequestCreated',
            'pullRequestSourceBranchUpdated',
            'pullRequestStatusChanged',
            'pullRequestMergeStatusUpdated',
          ],
        },
      },
      comments: {
        source: ['aws.codecommit'],
        detailType: ['CodeCommit Comment on Commit', 'CodeCommit Comment on Pull Request'],
        resources: [repositoryArn],
      },
    },
    outputs: { RepositoryName: repositoryName, RepositoryCloneUrl: repository.repositoryCloneUrlHttp },
  };
}
