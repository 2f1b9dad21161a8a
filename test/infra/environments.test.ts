import { configurationVersion, readConfig } from '../../infra/config.ts';
import { messageOf } from './invalid-config.ts';

const HERE = { account: '111111111111', region: 'us-east-1' };
const THERE = { account: '222222222222', region: 'eu-west-1' };
const VPC = {
  vpcId: 'vpc-01234567',
  publicSubnetIds: ['subnet-00000001', 'subnet-00000002'],
  privateSubnetIds: ['subnet-00000003'],
};
const orders = { name: 'orders', runtime: 'nodejs' };
const config = (environments: unknown, rest: object = {}, ...more: object[]) => ({
  applications: [orders, ...more],
  approvers: { qc: ['quinn@example.com'], pmo: ['parker@example.com'] },
  operators: ['olga@example.com'],
  env: HERE,
  ...(environments !== undefined && { environments }),
  ...rest,
});
const placesOf = (value: unknown) =>
  readConfig(value).applications.map(({ environments = {} }) =>
    Object.fromEntries(
      Object.entries(environments).map(([name, { account, region }]) => [name, `${account} ${region}`]),
    ),
  );

describe('environments', () => {
  it('are with Lockstep itself when nothing is said of them', () => {
    expect(readConfig(config(undefined)).applications[0]).not.toHaveProperty('environments');
  });

  it('are in another account, or another region of the same one', () => {
    expect(placesOf(config({ prod: THERE }))).toEqual([{ prod: '222222222222 eu-west-1' }]);
    expect(placesOf(config({ qat: { region: 'eu-west-1' } }))).toEqual([{ qat: '111111111111 eu-west-1' }]);
  });

  it("are an application's own where it says so, also back with Lockstep itself", () => {
    const [shop, tools] = [
      { ...orders, name: 'shop', environments: { prod: { ...THERE, account: '333333333333' } } },
      { ...orders, name: 'tools', environments: { prod: HERE } },
    ];
    expect(placesOf(config({ prod: THERE }, {}, shop, tools))).toEqual([
      { prod: '222222222222 eu-west-1' },
      { prod: '333333333333 eu-west-1' },
      {},
    ]);
  });

  it('share the network of their account and region, and reach AWS as all do', () => {
    const read = readConfig(
      config({ qat: THERE, prod: { ...THERE, network: VPC } }, { network: { internetAccess: 'endpoints' } }),
    );
    const expected = { internetAccess: 'endpoints', cidr: '10.0.0.0/16', existing: VPC };
    expect(read.applications[0]?.environments?.qat?.network).toEqual(expected);
    expect(read.applications[0]?.environments?.prod?.network).toEqual(expected);
  });

  it('belong to what is decided upon', () => {
    const version = (value: unknown) => {
      const read = readConfig(value);
      const [application] = read.applications;
      return application && configurationVersion(read, application);
    };
    expect(version(config({ prod: THERE }))).not.toBe(version(config(undefined)));
  });
});

it("takes a certificate of Prod's account and region, and of no other", () => {
  const https = ({ account, region }: typeof HERE) => ({
    applications: [
      {
        ...orders,
        https: {
          domainName: 'orders.example.com',
          certificateArn: `arn:aws:acm:${region}:${account}:certificate/0000`,
        },
      },
    ],
  });
  expect(placesOf(config({ prod: THERE }, https(THERE)))).toEqual([{ prod: '222222222222 eu-west-1' }]);
  expect(messageOf(config({ prod: THERE }, https(HERE)))).toContain(
    "give one of 222222222222, which the application's Prod environment names.",
  );
  expect(messageOf(config({ qat: THERE }, https(THERE)))).toContain('give one of us-east-1.');
});

describe('environments are invalid, with the remedy', () => {
  it.each<[string, unknown, string, string, string]>([
    [
      'no region',
      config({ prod: { account: '222222222222' } }),
      'environments.prod.region',
      'nothing',
      'such as eu-west-1',
    ],
    [
      'an account that is none',
      config({ prod: { ...THERE, account: '2222' } }),
      'environments.prod.account',
      '"2222"',
      '12 digits',
    ],
    ['an unknown environment', config({ test: THERE }), 'environments.test', '{', 'unknown'],
    [
      'an unknown key',
      config({ prod: { ...THERE, network: { internetAccess: 'endpoints' } } }),
      'environments.prod.network.internetAccess',
      '"endpoints"',
      'unknown',
    ],
    [
      'an own account that nobody names',
      config({ prod: THERE }, { env: { region: 'us-east-1' } }),
      'env.account',
      'nothing',
      'must trust it by name',
    ],
    [
      'an own region that nobody names',
      config({ prod: THERE }, { env: { account: '111111111111' } }),
      'env.region',
      'nothing',
      'must trust it by name',
    ],
    ["Lockstep's own place once more", config({ prod: HERE }), 'environments.prod', '{', 'Leave it out'],
    [
      'the place of all applications once more',
      config({ prod: THERE }, { applications: [{ ...orders, environments: { prod: THERE } }] }),
      'applications[0].environments.prod',
      '{',
      'lockstep.environments.prod names this account and region',
    ],
    [
      "a network where it is Lockstep's own",
      config(
        { prod: THERE },
        { applications: [{ ...orders, environments: { prod: { ...HERE, network: VPC } } }] },
      ),
      'applications[0].environments.prod.network',
      '{',
      'lockstep.network',
    ],
    [
      'two networks in one place',
      config({
        qat: { ...THERE, network: VPC },
        prod: { ...THERE, network: { cidr: '10.1.0.0/16' } },
      }),
      'environments.prod.network',
      '{"cidr"',
      'shares one network',
    ],
    [
      "Lockstep's own VPC",
      config({ prod: { ...THERE, network: VPC } }, { network: VPC }),
      'environments.prod.network',
      '"vpc-01234567"',
      'lockstep.network names it in another account or region',
    ],
    [
      'the VPC of another place',
      config({ qat: { ...THERE, network: VPC }, prod: { ...THERE, region: 'eu-west-2', network: VPC } }),
      'environments.prod.network',
      '"vpc-01234567"',
      'lockstep.environments.qat.network names it',
    ],
    [
      'a VPC without its subnets',
      config({ prod: { ...THERE, network: { vpcId: 'vpc-01234567' } } }),
      'environments.prod.network.privateSubnetIds',
      'nothing',
      'lockstep.environments.prod.network.vpcId',
    ],
  ])('for %s', (_, value, key, received, remedy) => {
    const lines = messageOf(value)
      .split('\n')
      .filter((line) => line.startsWith(`- lockstep.${key}:`));
    expect(lines.join('\n')).toContain(received);
    expect(lines.join('\n')).toContain(remedy);
  });
});
