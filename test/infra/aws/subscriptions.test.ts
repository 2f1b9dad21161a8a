import { subscriptions } from '../../../infra/aws/platform/subscriptions.ts';

const application = (
  name: string,
  qc: string[],
  pmo: string[],
  operators: string[],
  developers: string[] = [],
) => ({
  name,
  approvers: { qc: { addresses: qc, count: 1 }, pmo: { addresses: pmo, count: 1 } },
  operators,
  developers,
});

it('T49: filters mail by role', () => {
  expect(subscriptions([application('orders', ['quinn@x'], ['parker@x'], ['olga@x'])])).toEqual([
    { address: 'olga@x', filterPolicy: { role: ['operator'] } },
    { address: 'parker@x', filterPolicy: { role: ['pmo'] } },
    { address: 'quinn@x', filterPolicy: { role: ['qc'] } },
  ]);
});

it('subscribes an address once for all its roles', () => {
  expect(subscriptions([application('orders', ['sam@x', 'sam@x'], ['sam@x'], ['sam@x'])])).toEqual([
    { address: 'sam@x', filterPolicy: { role: ['qc', 'pmo', 'operator'] } },
  ]);
});

it('names applications where an address does not hear of all', () => {
  const found = subscriptions([
    application('orders', ['quinn@x'], ['parker@x'], ['olga@x']),
    application('stock', ['quinn@x'], ['quinn@x'], ['parker@x']),
  ]);
  expect(found).toEqual([
    { address: 'olga@x', filterPolicy: { role: ['operator'], application: ['orders'] } },
    {
      address: 'parker@x',
      filterPolicy: {
        $or: [
          { role: ['pmo'], application: ['orders'] },
          { role: ['operator'], application: ['stock'] },
        ],
      },
    },
    {
      address: 'quinn@x',
      filterPolicy: { $or: [{ role: ['qc'] }, { role: ['pmo'], application: ['stock'] }] },
    },
  ]);
});

it('T49: a developer gets what is addressed to them, once for all applications, besides their roles', () => {
  const found = subscriptions([
    application('orders', ['quinn@x'], ['parker@x'], ['olga@x'], ['dana@x', 'quinn@x']),
    application('stock', ['quinn@x'], ['parker@x'], ['olga@x'], ['dana@x']),
  ]);
  expect(found).toEqual([
    { address: 'dana@x', filterPolicy: { recipients: ['dana@x'] } },
    { address: 'olga@x', filterPolicy: { role: ['operator'] } },
    { address: 'parker@x', filterPolicy: { role: ['pmo'] } },
    { address: 'quinn@x', filterPolicy: { $or: [{ role: ['qc'] }, { recipients: ['quinn@x'] }] } },
  ]);
});
