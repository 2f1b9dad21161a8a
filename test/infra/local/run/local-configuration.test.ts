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
  'leaves %j for the synthesis to refuse',
  (lockstep) => {
    expect(localConfiguration(lockstep)).toEqual({ lockstep, leftOut: [] });
  },
);
