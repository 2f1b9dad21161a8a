import { CfnParameter } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { SourceConfig } from '../../config.ts';
import { SOURCE_API_URL_PARAMETER } from '../names.ts';
import type { Source } from './source.ts';

type ConnectionConfig = Extract<SourceConfig, { kind: 'connection' }>;

/** A connection serves no API: what its repository holds, and who moved the branch, is read at its provider with a token of its own. */
const providerApi = (
  scope: Construct,
  { name, tokenSecretArn, apiUrl }: NonNullable<ConnectionConfig['provider']>,
) => {
  const url = new CfnParameter(scope, SOURCE_API_URL_PARAMETER, {
    default: apiUrl,
    description: "REST API of the repository's provider",
  }).valueAsString;
  const readToken = [{ actions: ['secretsmanager:GetSecretValue'], resources: [tokenSecretArn] }];
  return {
    api: { provider: name, url, tokenSecretArn },
    describe: readToken,
    look: readToken,
    compare: readToken,
  };
};

/** A repository at GitHub, GitLab, Bitbucket and others, which a connection reaches. */
export const connectionSource = (
  scope: Construct,
  { branch }: { readonly branch: string },
  { connectionArn, repository, provider }: ConnectionConfig,
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
  look: [],
  compare: [],
  ...(provider && providerApi(scope, provider)),
  outputs: { RepositoryName: repository },
});
