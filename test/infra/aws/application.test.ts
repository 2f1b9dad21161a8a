import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { PlatformStack } from '../../../infra/aws/platform/platform-stack.ts';
import { readConfig } from '../../../infra/config.ts';
import { listOf, text } from '../../../scripts/templates.ts';
import { functions } from '../../../tasks/functions.ts';
import { markerBundles, synthesize } from './support/synthesize.ts';
import { ofType, only, stackOf, statementsOf, type Template } from './support/templates.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const shared = {
  approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
  operators: ['operators@example.com'],
};

describe('two applications', () => {
  let stacks: ReturnType<typeof synthesize>;
  beforeAll(() => {
    stacks = synthesize({
      ...shared,
      applications: [
        { name: 'orders', runtime: 'nodejs' },
        { name: 'stock', runtime: 'java', branch: 'release', port: 9000, instanceType: 't4g.small' },
      ],
    });
  });

  it('have a stack each, with names of its own', () => {
    expect(Object.keys(stacks)).toEqual(['Lockstep-Platform', 'Lockstep-orders', 'Lockstep-stock']);
    const stock = JSON.stringify(stackOf(stacks, 'Lockstep-stock'));
    expect(stock).not.toContain('orders');
    expect(stock).toContain('"referenceName":["release"]');
    expect(stock).toContain('amazon-linux-2023-arm64/x.x.x');
    expect(stock).toContain('al2023-ami-kernel-default-arm64');
    expect(stock).toContain('"Port":9000');
    expect(stock).toContain('runtime-java');
  });

  it('have an approvals site that completes tasks of both machines and redrives them', () => {
    const platform = JSON.stringify(stackOf(stacks, 'Lockstep-Platform'));
    for (const name of ['orders', 'stock']) {
      expect(platform).toContain(`:stateMachine:lockstep-${name}"`);
      expect(platform).toContain(`:execution:lockstep-${name}:*"`);
    }
  });
});

it('stores the functions of all applications once', () => {
  const stacks = synthesize({
    ...shared,
    applications: ['orders', 'stock', 'search'].map((name) => ({ name, runtime: 'nodejs' })),
  });
  const code = Object.values(stacks).flatMap((template) =>
    ofType(template, 'AWS::Lambda::Function')
      .filter(([id]) => !id.includes('Providerframework'))
      .map(([, { Properties }]) => JSON.stringify(Properties.Code)),
  );
  expect(code.length).toBeGreaterThan(30);
  // Four of them only some configurations have: several regions, notifications, scans for secrets, mails of a repository.
  expect(new Set(code).size).toBe(Object.keys(functions).length - 4);
});

it('keeps what all share below the limits of IAM and CloudFormation, for as many applications as may be', () => {
  const directory = temporaryDirectory();
  const app = new App({ outdir: join(directory, 'cdk.out'), analyticsReporting: false });
  new PlatformStack(app, 'Platform', {
    config: readConfig({
      ...shared,
      applications: Array.from({ length: 50 }, (_, index) => ({
        name: `application-with-name-${index + 10}`,
        runtime: 'nodejs',
      })),
    }),
    bundles: markerBundles(directory),
  });
  const template = app.synth().getStackArtifact('Platform').template as Template;
  expect(Object.keys(template.Resources).length).toBeLessThan(400);
  const policies = ofType(template, 'AWS::IAM::Role').map(([role]) =>
    statementsOf(template, role)
      .flatMap(({ Action, Resource }) => [...listOf(Action), ...listOf(Resource as unknown).map(text)])
      // Account ids and regions are about as long as the words that stand for them.
      .reduce((characters, part) => characters + part.length + 3, 0),
  );
  // What is too long for a role's own policies, CDK moves into managed ones.
  for (const index of [10, 59])
    expect(JSON.stringify(template)).toContain(`:stateMachine:lockstep-application-with-name-${index}`);
  expect(Math.max(...policies)).toBeLessThan(10_000);
});

it('follows the configuration in what people wait for', () => {
  const orders = JSON.stringify(
    stackOf(
      synthesize({
        ...shared,
        applications: [{ name: 'orders', runtime: 'nodejs', fleet: { min: 3, max: 9 } }],
        approvalExpiryDays: 2,
        soakMinutes: 15,
      }),
      'Lockstep-orders',
    ),
  );
  expect(orders).toContain('\\"expiresInSeconds\\":172800');
  expect(orders).toContain('"soakMinutes":15');
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

it('takes the configuration from a file, if one is named', () => {
  const file = join(temporaryDirectory(), 'shop.json');
  const from = (text: string) => {
    writeFileSync(file, text);
    return synthesize(undefined, undefined, { config: file });
  };
  const shop = { ...shared, applications: [{ name: 'shop', runtime: 'nodejs' }] };
  expect(Object.keys(from(JSON.stringify(shop)))).toEqual(['Lockstep-Platform', 'Lockstep-shop']);
  expect(() => from('{')).toThrow(expect.objectContaining({ name: 'ConfigError' }));
  expect(() => from('{}')).toThrow(`The configuration in ${file} is invalid:\n- lockstep.applications: `);
});

it('fails with an invalid configuration', () => {
  expect(() => synthesize({ applications: [] })).toThrow(expect.objectContaining({ name: 'ConfigError' }));
});

it('synthesizes the same templates from the same sources', () => {
  expect(synthesize()).toEqual(synthesize());
});

describe('alarms stop a deployment', () => {
  const alarmNames = (rollback: object): unknown => {
    const application = { name: 'orders', runtime: 'nodejs', deployment: { rollback } };
    const stacks = synthesize({ ...shared, applications: [application] });
    return only(stackOf(stacks, 'Lockstep-orders'), 'Custom::LockstepProdFleet')[1].Properties.alarmNames;
  };

  it('but not those of Prod if the configuration says so: a fix is deployed while they are on', () => {
    expect(alarmNames({ onProdAlarms: false })).toBeUndefined();
    expect(alarmNames({ onProdAlarms: false, onAlarms: ['own'] })).toEqual(['own']);
  });

  it('at most ten, as CodeDeploy watches: Prod’s and seven others', () => {
    const onAlarms = Array.from({ length: 7 }, (_, index) => `own-${index}`);
    expect(alarmNames({ onAlarms })).toHaveLength(10);
  });
});
