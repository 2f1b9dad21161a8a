import { CfnParameter } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CLONED_HOSTS, type SourceConfig } from '../../config.ts';
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
    files: readToken,
    compare: readToken,
  };
};

/** Servers of a provider that are a team's own, as CodeBuild calls them. */
const OWN_SERVERS = { github: 'GITHUB_ENTERPRISE', gitlab: 'GITLAB_SELF_MANAGED' } as const;

/** Where a repository is cloned: at the host of the provider's REST API, unless the configuration says it. */
function cloneOf({ connectionArn, repository, provider, cloneUrl }: ConnectionConfig): Source['clone'] {
  const { host } = new URL(provider?.apiUrl ?? 'https://api.github.com');
  const location =
    cloneUrl ?? (provider && `https://${host === 'api.github.com' ? 'github.com' : host}/${repository}.git`);
  const type =
    location === undefined
      ? undefined
      : (CLONED_HOSTS[new URL(location).hostname] ?? (provider && OWN_SERVERS[provider.name]));
  if (location === undefined || type === undefined) return undefined;
  const service = connectionArn.split(':')[2];
  return {
    source: {
      type,
      location,
      gitCloneDepth: 1,
      auth: { type: 'CODECONNECTIONS', resource: connectionArn },
    },
    grants: [
      {
        actions: ['GetConnection', 'GetConnectionToken', 'UseConnection'].map((name) => `${service}:${name}`),
        resources: [connectionArn],
      },
    ],
  };
}

/** A repository at GitHub, GitLab, Bitbucket and others, which a connection reaches. */
export const connectionSource = (
  scope: Construct,
  { branch }: { readonly branch: string },
  config: ConnectionConfig,
): Source => {
  const { connectionArn, repository, provider } = config;
  const clone = cloneOf(config);
  return {
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
    files: [],
    compare: [],
    ...(clone && { clone }),
    ...(provider && providerApi(scope, provider)),
    outputs: { RepositoryName: repository },
  };
};
