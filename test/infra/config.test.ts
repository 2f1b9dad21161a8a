import { type ConfigError, configurationVersion, readConfig } from '../../infra/config.ts';

const shared = {
  approvers: { qc: ['quinn@example.com'], pmo: ['parker@example.com'] },
  operators: ['olga@example.com'],
};
const one = { name: 'orders', runtime: 'nodejs' };
const config = (application: object = {}, rest: object = {}) => ({
  ...shared,
  applications: [{ ...one, ...application }],
  ...rest,
});

const messageOf = (value: unknown): string => {
  try {
    readConfig(value);
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError' });
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
};

it('fills in what an application leaves out', () => {
  expect(readConfig(config())).toEqual({
    applications: [
      {
        name: 'orders',
        branch: 'main',
        port: 8080,
        healthCheckPath: '/health',
        runtime: 'nodejs',
        instanceType: 't3.small',
        fleet: { min: 2, max: 4 },
        ...shared,
      },
    ],
    approvalExpiryDays: 7,
    approvals: { makersMayDecide: false, reminderHours: 24, freshSignInMinutes: 15 },
    terminationWaitMinutes: 5,
  });
});

it('gives another version to another configuration, and the same to the same', () => {
  const version = (change: object, shared: object = {}) => {
    const read = readConfig(config(change, shared));
    const [application] = read.applications;
    return application && configurationVersion(read, application);
  };
  expect(version({})).toMatch(/^[0-9a-f]{12}$/);
  expect(version({})).toBe(version({ port: 8080 }));
  expect(version({})).not.toBe(version({ port: 8081 }));
  expect(version({})).not.toBe(version({}, { approvals: { makersMayDecide: true } }));
});

it("prefers an application's own approvers and operators", () => {
  const own = {
    approvers: { qc: ['a@example.com'], pmo: ['b@example.com'] },
    operators: ['c@example.com'],
  };
  expect(readConfig(config(own)).applications[0]).toMatchObject(own);
});

it('keeps account and region', () => {
  const env = { account: '123456789012', region: 'eu-west-1' };
  expect(readConfig(config({}, { env })).env).toEqual(env);
  expect(readConfig(config({}, { env: { region: 'eu-west-1' } })).env).toEqual({ region: 'eu-west-1' });
});

describe('fails, naming key, value and remedy', () => {
  it.each<[string, unknown, string, string, string]>([
    [
      'an unknown rule of approvals',
      config({}, { approvals: { makersMayDecide: 'yes' } }),
      'approvals.makersMayDecide',
      '"yes"',
      'true or false',
    ],
    [
      'reminders without a pause',
      config({}, { approvals: { reminderHours: 0 } }),
      'approvals.reminderHours',
      '0',
      'from 1 to 720',
    ],
    ['no configuration', undefined, 'lockstep', 'nothing was given', 'Give an object'],
    ['no application', { ...shared, applications: [] }, 'lockstep.applications', '[]', 'at least one'],
    ['a name in capitals', config({ name: 'Orders' }), 'applications[0].name', '"Orders"', 'lower-case'],
    ['a name too long', config({ name: 'a'.repeat(25) }), 'applications[0].name', '"aaaa', '1 to 24'],
    ['a name with a hyphen at its end', config({ name: 'a-' }), 'applications[0].name', '"a-"', 'hyphen'],
    ["the platform's name", config({ name: 'platform' }), '[0].name', '"platform"', 'not "platform"'],
    ['a branch that git refuses', config({ branch: 'a..b' }), '[0].branch', '"a..b"', 'git branch'],
    ['a port out of range', config({ port: 65536 }), '[0].port', '65536', '1 to 65535'],
    ['a port that is no number', config({ port: '8080' }), '[0].port', '"8080"', 'whole number'],
    [
      'a relative path',
      config({ healthCheckPath: 'health' }),
      '.healthCheckPath',
      '"health"',
      'begins with /',
    ],
    ['an unknown runtime', config({ runtime: 'cobol' }), '[0].runtime', '"cobol"', 'nodejs, java, python'],
    ['an instance type', config({ instanceType: 'small' }), '[0].instanceType', '"small"', 't3.small'],
    [
      'min above max',
      config({ fleet: { min: 3, max: 2 } }),
      '[0].fleet',
      '{"min":3,"max":2}',
      'min not above',
    ],
    ['an empty fleet', config({ fleet: { min: 0, max: 2 } }), '[0].fleet.min', '0', '1 to 100'],
    [
      'no address',
      config({}, { approvers: { qc: [], pmo: ['p@example.com'] } }),
      'lockstep.approvers.qc',
      '[]',
      'at least one e-mail address',
    ],
    ['no e-mail address', config({}, { operators: ['olga'] }), 'operators[0]', '"olga"', 'an e-mail address'],
    ['an expiry', config({}, { approvalExpiryDays: 0.5 }), 'approvalExpiryDays', '0.5', 'days from 1 to 90'],
    ['a wait', config({}, { terminationWaitMinutes: -1 }), 'terminationWaitMinutes', '-1', 'minutes from 0'],
    ['an account', config({}, { env: { account: 12 } }), 'env.account', '12', '12 digits'],
    ['a region', config({}, { env: { region: 'Frankfurt' } }), 'env.region', '"Frankfurt"', 'us-east-1'],
    ['an unknown key', config({}, { aplications: 1 }), 'lockstep.aplications', '1', 'Remove it'],
    ['an unknown key within', config({ prot: 80 }), 'lockstep.applications[0].prot', '80', 'spelling'],
    [
      'one name twice',
      { ...shared, applications: [one, one] },
      'lockstep.applications[1].name',
      '"orders"',
      'Another application has this name',
    ],
    [
      'nobody to approve',
      { operators: shared.operators, applications: [one] },
      'lockstep.applications[0].approvers',
      'nothing was given',
      'lockstep.approvers',
    ],
  ])('%s', (_, value, key, received, remedy) => {
    const [, line, ...more] = messageOf(value).split('\n');
    expect(more).toEqual([]);
    expect(line).toContain(`${key}: `);
    expect(line).toContain(received);
    expect(line).toContain(remedy);
  });
});

it('tells all faults at once', () => {
  const message = messageOf(config({ port: 0, runtime: 'cobol' }, { operators: [] }));
  expect(message.split('\n')).toHaveLength(4);
});
