import type { SourceConfig } from '../../config.ts';
import type { Source } from './source.ts';

/** A repository at GitHub, GitLab, Bitbucket and others, which a connection reaches. */
export const connectionSource = (
  { branch }: { readonly branch: string },
  { connectionArn, repository }: Extract<SourceConfig, { kind: 'connection' }>,
): Source => ({
  repositoryName: repository,
  action: {
    provider: 'CodeStarSourceConnection',
    configuration: {
      ConnectionArn: connectionArn,
      FullRepositoryId: repository,
      BranchName: branch,
      // Left out it means true: every push would start the pipeline (T22).
      DetectChanges: false,
      OutputArtifactFormat: 'CODE_ZIP',
    },
  },
  revisionVariable: 'CommitId',
  // The service's prefix is the one of the connection's ARN: it was renamed.
  read: [{ actions: [`${connectionArn.split(':')[2]}:UseConnection`], resources: [connectionArn] }],
  describe: [],
  compare: [],
  outputs: { RepositoryName: repository },
});
