import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { FunctionEnvironment } from '../functions.ts';
import { createGitHubSource, gitHub } from './github-source.ts';
import { createGitLabSource, gitLab } from './gitlab-source.ts';
import { createProviderApi, type Provider, type ProviderApi } from './provider-api.ts';
import type { ConnectedSource } from './source.ts';

/** A secret's text, read when it is needed first, and again when it may have been replaced. */
const createToken = (
  secretArn: string,
  client: Pick<SecretsManagerClient, 'send'>,
): ((isRejected: boolean) => Promise<string>) => {
  let token: Promise<string> | undefined;
  const read = async () =>
    (await client.send(new GetSecretValueCommand({ SecretId: secretArn }))).SecretString ?? '';
  return (isRejected) => {
    if (token === undefined || isRejected) {
      token = read();
      token.catch(() => {
        token = undefined;
      });
    }
    return token;
  };
};

/** How a provider's repositories are read, by its name in the configuration. */
const readers: Readonly<
  Record<
    string,
    {
      readonly provider: Provider;
      readonly create: (repository: string, branch: string, api: ProviderApi) => ConnectedSource;
    }
  >
> = {
  github: { provider: gitHub, create: createGitHubSource },
  gitlab: { provider: gitLab, create: createGitLabSource },
};

/** The repository behind a connection, read at its provider; undefined if the configuration names no token for that. */
export const createConnectedSource = (
  env: Pick<
    FunctionEnvironment<'start-promotion'>,
    'REPOSITORY_NAME' | 'BRANCH' | 'SOURCE_PROVIDER' | 'SOURCE_API_URL' | 'SOURCE_TOKEN_SECRET_ARN'
  >,
  client: Pick<SecretsManagerClient, 'send'> = new SecretsManagerClient({}),
): ConnectedSource | undefined => {
  const reader = readers[env.SOURCE_PROVIDER];
  if (reader === undefined) return undefined;
  const token = createToken(env.SOURCE_TOKEN_SECRET_ARN, client);
  const api = createProviderApi(reader.provider, { apiUrl: env.SOURCE_API_URL, token });
  return reader.create(env.REPOSITORY_NAME, env.BRANCH, api);
};
