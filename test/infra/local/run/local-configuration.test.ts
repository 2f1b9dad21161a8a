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
