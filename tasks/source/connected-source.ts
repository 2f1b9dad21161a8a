import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type FunctionEnvironment, NONE } from '../functions.ts';
import { createGitHubApi } from './github-api.ts';
import { createGitHubSource } from './github-source.ts';
import type { Source } from './source.ts';

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

/** The repository behind a connection, read at its provider; undefined if the configuration names no token for that. */
export const createConnectedSource = (
  env: Pick<
    FunctionEnvironment<'start-promotion'>,
    'REPOSITORY_NAME' | 'BRANCH' | 'SOURCE_API_URL' | 'SOURCE_TOKEN_SECRET_ARN'
  >,
  client: Pick<SecretsManagerClient, 'send'> = new SecretsManagerClient({}),
): Required<Source> | undefined =>
  env.SOURCE_TOKEN_SECRET_ARN === NONE
    ? undefined
    : createGitHubSource(
        env.REPOSITORY_NAME,
        env.BRANCH,
        createGitHubApi({
          apiUrl: env.SOURCE_API_URL,
          token: createToken(env.SOURCE_TOKEN_SECRET_ARN, client),
        }),
      );
