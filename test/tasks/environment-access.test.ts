import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { pipelineName } from '../../infra/aws/names.ts';
import {
  cachedSessions,
  createAssumeRole,
  environmentAccessBy,
  environmentOfPipeline,
} from '../../tasks/environment-access.ts';
import type { JobActions } from '../../tasks/jobs/job-actions.ts';
import { runsByEnvironment } from '../../tasks/jobs/job-kinds.ts';
import { aJob } from './doubles/samples.ts';
import { double, offline, on } from './doubles/sdk.ts';

const ROLE = 'arn:aws:iam::222222222222:role/prod-verify';
const session = (name: string, expiration: number) => ({
  accessKeyId: name,
  secretAccessKey: 'secret',
  sessionToken: 'token',
  expiration: new Date(expiration),
});
const MINUTE = 60_000;

describe('reaching an environment', () => {
  const nobody = async () => {
    throw new Error('no role may be assumed');
  };

  it("makes clients as the function's own when no role is named", () => {
    expect(environmentAccessBy('prod', { QAT_ROLE_ARN: ROLE, QAT_REGION: 'eu-west-1' }, nobody)).toEqual({});
    expect(environmentAccessBy('prod', { PROD_ROLE_ARN: '', PROD_REGION: '' }, nobody)).toEqual({});
  });

  it('T52: makes clients of the named region, with the credentials of the named role', async () => {
    const assumed: string[] = [];
    const environmentAccess = environmentAccessBy(
      'prod',
      { PROD_ROLE_ARN: ROLE, PROD_REGION: 'eu-west-1' },
      async (roleArn) => {
        assumed.push(roleArn);
        return session('there', 0);
      },
    );
    expect(environmentAccess.region).toBe('eu-west-1');
    expect(assumed).toEqual([]);
    expect(await environmentAccess.credentials?.()).toMatchObject({ accessKeyId: 'there' });
    expect(assumed).toEqual([ROLE]);
  });

  it.each([
    [{ QAT_ROLE_ARN: ROLE }, 'QAT_REGION'],
    [{ QAT_REGION: 'eu-west-1' }, 'QAT_ROLE_ARN'],
  ])('fails with half of what it needs: %j lacks %s', (variables, missing) => {
    expect(() => environmentAccessBy('qat', variables, nobody)).toThrow(
      `The environment variable ${missing} is missing`,
    );
  });
});

describe('sessions', () => {
  it('are shared until five minutes before their end', async () => {
    let now = 0;
    let made = 0;
    const assume = cachedSessions(
      async () => session(`s${++made}`, now + 60 * MINUTE),
      () => now,
    );
    const [one, same] = await Promise.all([assume(ROLE), assume(ROLE)]);
    expect([one.accessKeyId, same.accessKeyId]).toEqual(['s1', 's1']);
    now = 54 * MINUTE;
    expect((await assume(ROLE)).accessKeyId).toBe('s1');
    now = 55 * MINUTE;
    expect((await assume(ROLE)).accessKeyId).toBe('s2');
  });

  it('belong to one role each', async () => {
    const assume = cachedSessions(
      async (roleArn) => session(roleArn, 60 * MINUTE),
      () => 0,
    );
    expect((await assume('a')).accessKeyId).toBe('a');
    expect((await assume('b')).accessKeyId).toBe('b');
  });

  it('are asked for again after a failure', async () => {
    let attempts = 0;
    const assume = cachedSessions(
      async () => {
        attempts += 1;
        if (attempts === 1) throw new Error('AccessDenied');
        return session('there', 60 * MINUTE);
      },
      () => 0,
    );
    await expect(assume(ROLE)).rejects.toThrow('AccessDenied');
    expect((await assume(ROLE)).accessKeyId).toBe('there');
  });

  it("carry the function's name, cut to what IAM takes", async () => {
    const { client, sent } = double(
      new STSClient(offline),
      on(AssumeRoleCommand, () => ({
        Credentials: {
          AccessKeyId: 'id',
          SecretAccessKey: 'secret',
          SessionToken: 'token',
          Expiration: new Date(MINUTE),
        },
      })),
    );
    expect(await createAssumeRole('f'.repeat(70), client)(ROLE)).toEqual({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: new Date(MINUTE),
    });
    expect(sent.map(({ input }) => input)).toEqual([
      { RoleArn: ROLE, RoleSessionName: 'f'.repeat(64), DurationSeconds: 3600 },
    ]);
  });

  it('fail when STS gives none', async () => {
    const { client } = double(
      new STSClient(offline),
      on(AssumeRoleCommand, () => ({})),
    );
    await expect(createAssumeRole('function', client)(ROLE)).rejects.toMatchObject({
      name: 'EnvironmentAccessNotConfigured',
    });
  });
});

describe('a pipeline', () => {
  it.each(['qat', 'prod'] as const)('deploys to %s, by its name', (environment) => {
    for (const application of ['orders', 'orders-prod', 'qat'])
      expect(environmentOfPipeline(pipelineName(application, environment))).toBe(environment);
  });

  it('is looked into in the environment that it deploys to', async () => {
    const kind = (environment: string): JobActions => ({
      startError: 'PipelineRunFailed',
      start: async () => environment,
      inspect: async () => ({ state: 'succeeded', output: { environment } }),
    });
    const runs = runsByEnvironment({ qat: kind('qat'), prod: kind('prod') });
    for (const environment of ['qat', 'prod'] as const) {
      const name = pipelineName('orders', environment);
      expect(await runs.inspect(`${name}/e-1`, async () => undefined, aJob())).toMatchObject({
        output: { environment },
      });
      const job = { ...aJob(), parameters: { pipelineName: name } };
      expect(await runs.start(job, async () => false)).toBe(environment);
    }
  });
});
