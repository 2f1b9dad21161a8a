import { localConfiguration } from '../../../../infra/local/run/local-configuration.ts';

it('leaves out what only an AWS account has, and says so', () => {
  const orders = { name: 'orders', runtime: 'nodejs' };
  const site = { domainName: 'approvals.example.com' };
  expect(
    localConfiguration({ applications: [orders, { ...orders, https: site }], approvalsSite: site }),
  ).toEqual({
    lockstep: { applications: [orders, orders] },
    leftOut: ['approvalsSite', 'applications[1].https'],
  });
});

describe('sign-in at company providers', () => {
  const provider = (name: string, issuer: string) => ({ name, oidc: { issuer } });
  const here = provider('Here', 'http://127.0.0.1:4799');
  const there = provider('There', 'https://login.example.com');
  const saml = { name: 'Saml', saml: { metadataFile: 'metadata.xml' } };

  it('keeps those on this machine', () => {
    const signIn = { passwords: false, providers: [there, here, saml] };
    expect(localConfiguration({ applications: [], signIn })).toEqual({
      lockstep: { applications: [], signIn: { passwords: false, providers: [here] } },
      leftOut: ['signIn.providers[0]', 'signIn.providers[2]'],
    });
  });

  it('is by the pool itself where none is on this machine', () => {
    const signIn = { passwords: false, providers: [there] };
    expect(localConfiguration({ applications: [], signIn })).toEqual({
      lockstep: { applications: [], signIn: { providers: [] } },
      leftOut: ['signIn.providers[0]', 'signIn.passwords'],
    });
  });

  it.each([[{ passwords: false }], [{ passwords: false, providers: [] }], [{ providers: 'text' }]])(
    'leaves %j for the synthesis to reject',
    (signIn) => {
      expect(localConfiguration({ signIn })).toEqual({ lockstep: { signIn }, leftOut: [] });
    },
  );
});

it('keeps a repository behind a connection, for which the forge stands, and leaves out an archive in S3', () => {
  const connected = { name: 'orders', source: { connectionArn: 'arn', repository: 'example/orders' } };
  const archive = { name: 'stock', source: { objectKey: 'stock.zip' } };
  expect(localConfiguration({ applications: [connected, archive] })).toEqual({
    lockstep: { applications: [connected, { name: 'stock' }] },
    leftOut: ['applications[1].source'],
  });
});

it('tells events on this machine alone: no chat and no receiver elsewhere', () => {
  const here = { webhook: { url: 'http://127.0.0.1:9000/hook', secretArn: 'arn' } };
  const there = { webhook: { url: 'https://hooks.example.com/', secretArn: 'arn' } };
  const near = { webhook: { url: 'http://127.0.0.1.example.com:80/', secretArn: 'arn' } };
  const chat = { slack: { secretArn: 'arn' } };
  expect(
    localConfiguration({
      notifications: [there, here, chat],
      applications: [{ name: 'orders', notifications: [near, here] }, { name: 'stock' }],
    }),
  ).toEqual({
    lockstep: {
      notifications: [here],
      applications: [{ name: 'orders', notifications: [here] }, { name: 'stock' }],
    },
    leftOut: ['notifications[0]', 'notifications[2]', 'applications[0].notifications[0]'],
  });
});

it.each([[undefined], ['text'], [{ applications: 'text' }], [{ applications: [1] }]])(
  'leaves %j for the synthesis to reject as invalid',
  (lockstep) => {
    expect(localConfiguration(lockstep)).toEqual({ lockstep, leftOut: [] });
  },
);

it.each([
  [{ environments: { prod: { region: 'eu-west-1' } }, applications: [] }, 'lockstep.environments'],
  [
    { applications: [{ name: 'orders' }, { name: 'stock', environments: {} }] },
    'lockstep.applications[1].environments',
  ],
])('fails for environments in other accounts, and says what to do: %j', (lockstep, key) => {
  expect(() => localConfiguration(lockstep)).toThrow(
    expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(`(${key})`) }),
  );
  expect(() => localConfiguration(lockstep)).toThrow(/cdk deploy --all.*--config/);
});
