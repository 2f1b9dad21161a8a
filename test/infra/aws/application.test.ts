import { stackOf, synthesize } from './support/templates.ts';

const shared = {
  approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
  operators: ['operators@example.com'],
};

it("T40: templates pass CloudFormation's rules, every finding an error", () => {
  expect(Object.keys(synthesize(undefined, true))).toEqual(['Lockstep-Platform', 'Lockstep-orders']);
});

it('makes a stack per application, each with names of its own', () => {
  const stacks = synthesize({
    ...shared,
    applications: [
      { name: 'orders', runtime: 'nodejs' },
      { name: 'stock', runtime: 'java', branch: 'release', port: 9000, instanceType: 't4g.small' },
    ],
  });
  expect(Object.keys(stacks)).toEqual(['Lockstep-Platform', 'Lockstep-orders', 'Lockstep-stock']);
  const stock = JSON.stringify(stackOf(stacks, 'Lockstep-stock'));
  expect(stock).not.toContain('orders');
  expect(stock).toContain('"referenceName":["release"]');
  expect(stock).toContain('amazon-linux-2023-arm64/x.x.x');
  expect(stock).toContain('al2023-ami-kernel-default-arm64');
  expect(stock).toContain('"Port":9000');
  expect(stock).toContain('runtime-java');
});

it('lets the approvals site answer and redrive the machines of every application', () => {
  const platform = JSON.stringify(
    stackOf(
      synthesize({
        ...shared,
        applications: [
          { name: 'orders', runtime: 'nodejs' },
          { name: 'stock', runtime: 'python' },
        ],
      }),
      'Lockstep-Platform',
    ),
  );
  for (const name of ['orders', 'stock']) {
    expect(platform).toContain(`:stateMachine:lockstep-${name}"`);
    expect(platform).toContain(`:execution:lockstep-${name}:*"`);
  }
});

it('follows the configuration in what people wait for', () => {
  const orders = JSON.stringify(
    stackOf(
      synthesize({
        ...shared,
        applications: [{ name: 'orders', runtime: 'nodejs', fleet: { min: 3, max: 9 } }],
        approvalExpiryDays: 2,
        terminationWaitMinutes: 15,
      }),
      'Lockstep-orders',
    ),
  );
  expect(orders).toContain('\\"expiresInSeconds\\":172800');
  expect(orders).toContain('"terminationWaitMinutes":15');
  expect(orders).toContain('"PROD_MIN_SIZE":"3"');
  expect(orders).toContain('"PROD_MAX_SIZE":"9"');
});

it('deploys to the account and region of the configuration', () => {
  const stacks = synthesize({
    ...shared,
    applications: [{ name: 'orders', runtime: 'nodejs' }],
    env: { account: '123456789012', region: 'eu-west-1' },
  });
  expect(JSON.stringify(stackOf(stacks, 'Lockstep-orders'))).toContain(
    ':states:eu-west-1:123456789012:stateMachine:lockstep-orders',
  );
});

it('fails with a configuration that cannot be used', () => {
  expect(() => synthesize({ applications: [] })).toThrow(expect.objectContaining({ name: 'ConfigError' }));
});

it('synthesizes the same templates from the same sources', () => {
  expect(synthesize()).toEqual(synthesize());
});
