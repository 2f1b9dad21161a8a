import fs from 'node:fs';
import path from 'node:path';
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeVpcsCommand,
  type Instance,
} from '@aws-sdk/client-ec2';
import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  NoSuchResourceException,
} from '@aws-sdk/client-service-quotas';
import { readAssembly } from '../../../cli/doctor/assembly.ts';
import { applicationCount, peakInstances } from '../../../cli/doctor/needs.ts';
import {
  checkAddresses,
  checkConcurrency,
  checkVcpus,
  checkVpcs,
  quotaFindings,
} from '../../../cli/doctor/quotas.ts';
import { testAssembly } from '../../support/assembly.ts';
import { because, on } from '../../tasks/doubles/sdk.ts';
import { ACCOUNT, aPlace, REGION } from './support.ts';

const quota = (Value: number) => on(GetServiceQuotaCommand, () => ({ Quota: { Value } }));

describe('what the configuration of cdk.json needs', () => {
  const stacks = async () => {
    const directory = await testAssembly();
    return readAssembly(directory, (file) => fs.readFileSync(path.join(directory, file), 'utf8'));
  };

  it('is six t3.small at the peak, 12 vCPUs: QAT, Prod twice in a blue/green, and an image build (T57)', async () => {
    expect(peakInstances(await stacks())).toEqual([
      { type: 't3.small', count: 1 },
      { type: 't3.small', count: 4 },
      { type: 't3.small', count: 1 },
    ]);
  });

  it('is one application', async () => {
    expect(applicationCount(await stacks())).toBe(1);
  });
});

describe('vCPUs', () => {
  const resources = {
    Template: ['AWS::EC2::LaunchTemplate', undefined, { LaunchTemplateData: { InstanceType: 't3.small' } }],
    Fleet: [
      'Custom::LockstepProdFleet',
      undefined,
      { launchTemplateId: { Ref: 'Template' }, desiredCapacity: 2 },
    ],
  } as const;
  const findings = (limit: number, ...running: Instance[]) =>
    checkVcpus(
      aPlace(resources, {
        ec2: [
          on(DescribeInstancesCommand, ({ Filters }) => {
            expect(Filters).toEqual([{ Name: 'instance-state-name', Values: ['pending', 'running'] }]);
            return { Reservations: [{ Instances: running }] };
          }),
          on(DescribeInstanceTypesCommand, ({ InstanceTypes = [] }) => ({
            InstanceTypes: InstanceTypes.map((InstanceType) => ({
              InstanceType,
              VCpuInfo: { DefaultVCpus: InstanceType === 'm5.xlarge' ? 4 : 2 },
            })),
          })),
        ],
        quotas: [quota(limit)],
      }),
    );
  const ours: Instance = { InstanceType: 't3.small', Tags: [{ Key: 'lockstep:fleet', Value: 'orders' }] };

  it('are enough up to the quota', async () => expect(await findings(8)).toEqual([]));

  it('are too few in a fresh account, whose quota is 5 (T57)', async () => {
    expect(await findings(5)).toEqual([
      {
        kind: 'fault',
        what: `Too few vCPUs of on-demand standard instances in ${ACCOUNT}/${REGION}`,
        value: 'the quota is 5; 0 in use, 8 more needed',
        remedy: `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value 8 --region ${REGION}`,
      },
    ]);
  });

  it('count what others use, and what the fleet itself uses once', async () => {
    expect(await findings(12, { InstanceType: 'm5.xlarge' }, ours, ours)).toEqual([]);
    expect(await findings(11, { InstanceType: 'm5.xlarge' }, ours, ours)).toEqual([
      expect.objectContaining({ value: 'the quota is 11; 8 in use, 4 more needed' }),
    ]);
  });

  it('count cores as they are set, and neither spot instances nor other families', async () => {
    const some: Instance[] = [
      { InstanceType: 'm5.xlarge', CpuOptions: { CoreCount: 1, ThreadsPerCore: 1 } },
      { InstanceType: 'm5.xlarge', InstanceLifecycle: 'spot' },
      { InstanceType: 'g5.xlarge' },
      { InstanceType: 'inf1.xlarge' },
    ];
    expect(await findings(9, ...some)).toEqual([]);
    expect(await findings(8, ...some)).toHaveLength(1);
  });
});

describe.each([
  ['AWS::EC2::EIP', 'L-0263D0A3', checkAddresses],
  ['AWS::EC2::VPC', 'L-F678F1CE', checkVpcs],
] as const)('%s', (type, code, check) => {
  const findings = (inUse: number, physicalId?: string) =>
    check(
      aPlace(
        { One: physicalId === undefined ? [type] : [type, physicalId] },
        {
          ec2: [
            on(DescribeAddressesCommand, () => ({ Addresses: Array.from({ length: inUse }, () => ({})) })),
            on(DescribeVpcsCommand, () => ({ Vpcs: Array.from({ length: inUse }, () => ({})) })),
          ],
          quotas: [quota(5)],
        },
      ),
    );

  it('counts those in use', async () => {
    expect(await findings(4)).toEqual([]);
    expect(await findings(5)).toEqual([
      expect.objectContaining({
        value: 'the quota is 5; 5 in use, 1 more needed',
        remedy: expect.stringContaining(`--quota-code ${code} --desired-value 6`),
      }),
    ]);
  });

  it('needs no more than is deployed', async () => expect(await findings(5, 'x-1')).toEqual([]));
});

describe('concurrency', () => {
  const findings = (applications: number, limit: number, unreserved = limit) =>
    checkConcurrency(
      aPlace(
        Object.fromEntries(
          Array.from({ length: applications }, (_, index): [string, [string, undefined, object]] => [
            `Machine${index}`,
            ['AWS::StepFunctions::StateMachine', undefined, { StateMachineName: `lockstep-${index}` }],
          ]),
        ),
        {
          lambda: [
            on(GetAccountSettingsCommand, () => ({
              AccountLimit: { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved },
            })),
          ],
        },
      ),
    );

  it('of a new account, often 10, does for eight applications and the site (T63)', async () => {
    expect(await findings(8, 10)).toEqual([]);
    expect(await findings(9, 10)).toEqual([
      expect.objectContaining({ value: 'the quota is 10; 0 in use, 11 more needed' }),
    ]);
  });

  it('counts what other functions reserve', async () => {
    expect(await findings(4, 1000, 5)).toEqual([
      expect.objectContaining({ value: 'the quota is 1000; 995 in use, 6 more needed' }),
    ]);
  });
});

it("takes AWS's default where the account has no quota of its own", async () => {
  const place = aPlace(
    { One: ['AWS::EC2::EIP'] },
    {
      ec2: [on(DescribeAddressesCommand, () => ({ Addresses: [] }))],
      quotas: [
        on(GetServiceQuotaCommand, () => {
          throw new NoSuchResourceException(because('no'));
        }),
        on(GetAWSDefaultServiceQuotaCommand, () => ({ Quota: { Value: 0 } })),
      ],
    },
  );
  expect(await checkAddresses(place)).toHaveLength(1);
});

it('needs nothing, and finds nothing, where more is in use than the quota says', () => {
  const vpcs = { service: 'vpc', code: 'L-F678F1CE', title: 'VPCs' };
  expect(
    quotaFindings({ account: ACCOUNT, region: REGION }, vpcs, { limit: 5, inUse: 7, needed: 0 }),
  ).toEqual([]);
});
