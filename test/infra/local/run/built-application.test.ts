import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSecrets, prepareBuildSecrets } from '../../../../infra/local/run/build-secrets.ts';
import { commitNamesArtifacts, decideBuild } from '../../../../infra/local/run/built-application.ts';
import { git } from '../../../../infra/local/run/git.ts';

const lockstep = { operators: [], applications: [{ name: 'orders' }, { name: 'billing' }] };

it('builds a commit whose buildspec names artifacts if nobody has named a configuration, and says so', () => {
  expect(decideBuild(lockstep, false)).toEqual({
    lockstep: { operators: [], applications: [{ name: 'orders', build: {} }, { name: 'billing' }] },
    notice: expect.stringContaining("built with this machine's tools"),
  });
});

it('follows a configuration that is named, and says what it lacks', () => {
  expect(decideBuild(lockstep, true)).toEqual({
    lockstep,
    notice: expect.stringContaining('the configuration has no build: the commit itself is deployed'),
  });
  const built = { applications: [{ name: 'orders', build: { timeoutMinutes: 5 } }] };
  expect(decideBuild(built, true)).toEqual({ lockstep: built });
});

it.each<[string, string | undefined, boolean]>([
  ['names artifacts', 'version: 0.2\nartifacts:\n  files: "**/*"\n', true],
  ['only tests', 'version: 0.2\nphases: {}\n', false],
  ['is no YAML', 'a: [', false],
  ['is not there', undefined, false],
])('looks into the commit’s buildspec: one that %s', async (_, text, expected) => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'built-'));
  await git(directory, ['init', '--quiet']);
  await git(directory, ['config', 'user.name', 'Dana']);
  await git(directory, ['config', 'user.email', 'dana@example.com']);
  fs.writeFileSync(path.join(directory, 'README.md'), '');
  if (text !== undefined) fs.writeFileSync(path.join(directory, 'buildspec.yml'), text);
  await git(directory, ['add', '--all']);
  await git(directory, ['commit', '--quiet', '--message', 'Begin']);
  const commitId = await git(directory, ['rev-parse', 'HEAD']);
  expect(await commitNamesArtifacts({ directory, commitId })).toBe(expected);
  fs.rmSync(directory, { recursive: true });
});

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:registry-a1B2c3';
const OTHER = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:other-a1B2c3';
const assembly = {
  stacks: [
    {
      template: {
        Resources: {
          Project: {
            Type: 'AWS::CodeBuild::Project',
            Properties: {
              Environment: {
                EnvironmentVariables: [
                  { Type: 'SECRETS_MANAGER', Value: `${ARN}:user` },
                  { Type: 'SECRETS_MANAGER', Value: `${ARN}:password` },
                  { Type: 'SECRETS_MANAGER', Value: OTHER },
                  { Type: 'PARAMETER_STORE', Value: '/a' },
                ],
              },
            },
          },
        },
      },
    },
  ],
} as unknown as Parameters<typeof buildSecrets>[0];

it('makes stand-ins for the secrets that builds read, once, and says so', () => {
  expect([...buildSecrets(assembly)]).toEqual([
    [ARN, ['user', 'password']],
    [OTHER, []],
  ]);
  const kept = new Map<string, string>();
  const prepare = () =>
    prepareBuildSecrets(
      { store: { table: () => ({ has: (arn: string) => kept.has(arn) }) } } as unknown as Parameters<
        typeof prepareBuildSecrets
      >[0],
      {
        secretsmanager: { keep: (arn: string, text: string) => kept.set(arn, text) },
      } as unknown as Parameters<typeof prepareBuildSecrets>[1],
      assembly,
    );
  expect(prepare()).toEqual([expect.stringContaining(ARN), expect.stringContaining(OTHER)]);
  const text = 'stands-in-on-the-local-run';
  expect(kept).toEqual(
    new Map([
      [ARN, JSON.stringify({ user: text, password: text })],
      [OTHER, text],
    ]),
  );
  expect(prepare()).toEqual([]);
});
