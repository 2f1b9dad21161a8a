import { CfnParameter } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { SourceConfig } from '../../config.ts';
import { SOURCE_API_URL_PARAMETER } from '../names.ts';
import type { Source } from './source.ts';

type ConnectionConfig = Extract<SourceConfig, { kind: 'connection' }>;

/** A connection serves no API: what its repository holds, and who moved the branch, is read at GitHub with a token of its own. */
const gitHubApi = (scope: Construct, { tokenSecretArn, apiUrl }: NonNullable<ConnectionConfig['gitHub']>) => {
  const url = new CfnParameter(scope, SOURCE_API_URL_PARAMETER, {
    default: apiUrl,
    description: "GitHub's REST API",
  }).valueAsString;
  const readToken = [{ actions: ['secretsmanager:GetSecretValue'], resources: [tokenSecretArn] }];
  return { api: { url, tokenSecretArn }, describe: readToken, compare: readToken };
};

/** A repository at GitHub, GitLab, Bitbucket and others, which a connection reaches. */
export const connectionSource = (
  scope: Construct,
  { branch }: { readonly branch: string },
  { connectionArn, repository, gitHub }: ConnectionConfig,
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
  ...(gitHub && gitHubApi(scope, gitHub)),
  outputs: { RepositoryName: repository },
});
