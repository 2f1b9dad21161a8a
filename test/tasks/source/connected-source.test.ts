import { GetSecretValueCommand, ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import { createConnectedSource } from '../../../tasks/source/connected-source.ts';

const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:github-a1B2c3';
const env = {
  REPOSITORY_NAME: 'example/orders',
  BRANCH: 'main',
  SOURCE_PROVIDER: 'github',
  SOURCE_API_URL: 'https://github.example.com/api/v3',
  SOURCE_TOKEN_SECRET_ARN: SECRET,
};
const COMMIT = 'a'.repeat(40);

/** Secrets Manager that gives each value once, and the last one always. */
const secrets = (...values: readonly (string | Error)[]) => {
  const asked: unknown[] = [];
  const client = {
    send: async (command: unknown) => {
      expect(command).toBeInstanceOf(GetSecretValueCommand);
      asked.push((command as GetSecretValueCommand).input);
      const value = values[Math.min(asked.length, values.length) - 1];
      if (value instanceof Error) throw value;
      return { $metadata: {}, SecretString: value };
    },
  } as unknown as NonNullable<Parameters<typeof createConnectedSource>[1]>;
  return { client, asked };
};

/** GitHub that takes one token. */
const playGitHub = (accepted: string) =>
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
    const isAccepted = new Headers(init?.headers).get('authorization') === `Bearer ${accepted}`;
    return isAccepted
      ? Response.json({ ref: 'refs/heads/main', object: { sha: COMMIT, type: 'commit' } })
      : new Response('{}', { status: 401 });
  });
afterEach(() => jest.restoreAllMocks());

it('is none without a token', () => {
  expect(createConnectedSource({ ...env, SOURCE_PROVIDER: 'none' })).toBeUndefined();
});

it('reads the token once', async () => {
  playGitHub('first');
  const { client, asked } = secrets('first\n');
  const source = createConnectedSource(env, client);
  expect([await source?.head(), await source?.head()]).toEqual([COMMIT, COMMIT]);
  expect(asked).toEqual([{ SecretId: SECRET }]);
});

it('reads a token that was replaced again, and only that', async () => {
  playGitHub('second');
  const { client, asked } = secrets('first', 'second');
  const source = createConnectedSource(env, client);
  expect([await source?.head(), await source?.head()]).toEqual([COMMIT, COMMIT]);
  expect(asked).toHaveLength(2);
});

it('asks again after a secret could not be read', async () => {
  playGitHub('first');
  const missing = new ResourceNotFoundException({ message: 'no secret', $metadata: {} });
  const source = createConnectedSource(env, secrets(missing, 'first').client);
  await expect(source?.head()).rejects.toThrow('no secret');
  expect(await source?.head()).toBe(COMMIT);
});

it('is read at GitLab if that is the provider', async () => {
  const asked = jest
    .spyOn(globalThis, 'fetch')
    .mockImplementation(async () => Response.json({ name: 'main', commit: { id: COMMIT } }));
  const gitLab = {
    ...env,
    SOURCE_PROVIDER: 'gitlab',
    REPOSITORY_NAME: 'example/shop/orders',
    SOURCE_API_URL: 'https://gitlab.example.com/api/v4',
  };
  expect(await createConnectedSource(gitLab, secrets('first').client)?.head()).toBe(COMMIT);
  expect(String(asked.mock.calls[0]?.[0])).toBe(
    'https://gitlab.example.com/api/v4/projects/example%2Fshop%2Forders/repository/branches/main',
  );
});
