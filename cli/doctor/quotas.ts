import {
  type _InstanceType,
  DescribeAddressesCommand,
  DescribeInstanceTypesCommand,
  type Instance,
  paginateDescribeInstances,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2';
import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  NoSuchResourceException,
  type ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { allItems } from '../../tasks/all-items.ts';
import { declared } from './assembly.ts';
import { type Finding, fault } from './finding.ts';
import { applicationCount, type Instances, peakInstances } from './needs.ts';
import { type Place, physicalIds, placeName } from './place.ts';

/** A quota of AWS, per account and region. */
export interface Quota {
  readonly service: string;
  readonly code: string;
  /** What it counts. */
  readonly title: string;
}

/**
 * Their codes never change.
 * @see https://docs.aws.amazon.com/general/latest/gr/ec2-service.html and vpc-service.html, lambda-service.html beside it
 */
const quotas = {
  vcpus: { service: 'ec2', code: 'L-1216C47A', title: 'vCPUs of on-demand standard instances' },
  addresses: { service: 'ec2', code: 'L-0263D0A3', title: 'Elastic IP addresses' },
  vpcs: { service: 'vpc', code: 'L-F678F1CE', title: 'VPCs' },
  concurrency: { service: 'lambda', code: 'L-B99A9384', title: 'concurrent Lambda executions' },
} as const satisfies Record<string, Quota>;

/** What a quota allows, what is in use already, and what comes on top. */
export interface QuotaFacts {
  readonly limit: number;
  readonly inUse: number;
  readonly needed: number;
}

/** A quota that is too small. Nothing needed is never too much. */
export const quotaFindings = (
  place: Pick<Place, 'account' | 'region'>,
  { service, code, title }: Quota,
  { limit, inUse, needed }: QuotaFacts,
): readonly Finding[] =>
  needed <= 0 || inUse + needed <= limit
    ? []
    : [
        fault(
          `Too few ${title} in ${placeName(place)}`,
          `the quota is ${limit}; ${inUse} in use, ${needed} more needed`,
          `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${inUse + needed} --region ${place.region}`,
        ),
      ];

/** The families that count towards the quota of standard instances: A, C, D, H, I, M, R, T and Z. */
const isStandard = (type: string): boolean => /^(?:[acdhimrtz]|im|is)\d/.test(type);

const vcpusIn = (instances: readonly Instances[], of: ReadonlyMap<string, number>): number =>
  instances
    .filter(({ type }) => isStandard(type))
    .reduce((sum, { type, count }) => sum + count * (of.get(type) ?? 0), 0);

/** A running instance, as the quota counts it. */
export interface RunningInstance {
  readonly vcpus: number;
  /** Of one of the applications: the peak has it already. */
  readonly isOurs: boolean;
}

/** What vCPUs are in use by others, and what the applications need at their peak. */
export const vcpuFacts = (
  limit: number,
  running: readonly RunningInstance[],
  peak: readonly Instances[],
  of: ReadonlyMap<string, number>,
): QuotaFacts => {
  const sum = (some: readonly RunningInstance[]) => some.reduce((total, { vcpus }) => total + vcpus, 0);
  const ours = sum(running.filter(({ isOurs }) => isOurs));
  return { limit, inUse: sum(running), needed: Math.max(0, vcpusIn(peak, of) - ours) };
};

/** The applied quota; where AWS keeps none for the account, its default. */
export const limitOf = async (client: ServiceQuotasClient, { service, code }: Quota): Promise<number> => {
  const input = { ServiceCode: service, QuotaCode: code };
  const { Quota } = await client.send(new GetServiceQuotaCommand(input)).catch((error: unknown) => {
    if (!(error instanceof NoSuchResourceException)) throw error;
    return client.send(new GetAWSDefaultServiceQuotaCommand(input));
  });
  if (Quota?.Value === undefined) throw new Error(`Service Quotas gives no value for ${service} ${code}.`);
  return Quota.Value;
};

/** Spot instances have a quota of their own. */
const counts = ({ InstanceType, InstanceLifecycle }: Instance): boolean =>
  InstanceLifecycle === undefined && isStandard(InstanceType ?? '');

/** vCPUs at the peak of a promotion (T57). */
export const checkVcpus = async (place: Place): Promise<readonly Finding[]> => {
  const { ec2, quotas: client } = place.clients;
  const peak = peakInstances(place.stacks);
  if (peak.length === 0) return [];
  const reservations = await allItems(
    paginateDescribeInstances(
      { client: ec2 },
      { Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }] },
    ),
    (page) => page.Reservations,
  );
  const found = reservations.flatMap(({ Instances: some = [] }) => some).filter(counts);
  const types = [
    ...new Set<string>([
      ...peak.map(({ type }) => type),
      ...found.flatMap(({ InstanceType }) => InstanceType ?? []),
    ]),
  ];
  const { InstanceTypes = [] } = await ec2.send(
    new DescribeInstanceTypesCommand({ InstanceTypes: types as _InstanceType[] }),
  );
  const vcpus = new Map(
    InstanceTypes.map(({ InstanceType = '', VCpuInfo }) => [
      InstanceType as string,
      VCpuInfo?.DefaultVCpus ?? 0,
    ]),
  );
  const running = found.map(({ InstanceType, CpuOptions, Tags = [] }) => ({
    vcpus:
      CpuOptions?.CoreCount !== undefined && CpuOptions.ThreadsPerCore !== undefined
        ? CpuOptions.CoreCount * CpuOptions.ThreadsPerCore
        : (vcpus.get(InstanceType ?? '') ?? 0),
    isOurs: Tags.some(({ Key = '' }) => Key.startsWith('lockstep:')),
  }));
  const facts = vcpuFacts(await limitOf(client, quotas.vcpus), running, peak, vcpus);
  return quotaFindings(place, quotas.vcpus, facts);
};

/** How many resources of a type a deployment would make. */
const toMake = (place: Place, type: string): number =>
  declared(place.stacks, type).length - physicalIds(place, type).length;

/** Elastic IP addresses, of NAT gateways. */
export const checkAddresses = async (place: Place): Promise<readonly Finding[]> => {
  const needed = toMake(place, 'AWS::EC2::EIP');
  if (needed <= 0) return [];
  const { Addresses = [] } = await place.clients.ec2.send(new DescribeAddressesCommand({}));
  const limit = await limitOf(place.clients.quotas, quotas.addresses);
  return quotaFindings(place, quotas.addresses, { limit, inUse: Addresses.length, needed });
};

/** VPCs. */
export const checkVpcs = async (place: Place): Promise<readonly Finding[]> => {
  const needed = toMake(place, 'AWS::EC2::VPC');
  if (needed <= 0) return [];
  const { length: inUse } = await allItems(
    paginateDescribeVpcs({ client: place.clients.ec2 }, {}),
    ({ Vpcs }) => Vpcs,
  );
  const limit = await limitOf(place.clients.quotas, quotas.vpcs);
  return quotaFindings(place, quotas.vpcs, { limit, inUse, needed });
};

/** Requests to the approvals site that are answered at the same time. */
const SITE = 2;

/**
 * Lambda's concurrency (T63): what others have not reserved must do for the site and one function of each application. Schedules are
 * spread over minutes (D-107), and a promotion runs one function after the other.
 */
export const checkConcurrency = async (place: Place): Promise<readonly Finding[]> => {
  const applications = applicationCount(place.stacks);
  if (applications === 0) return [];
  const { AccountLimit } = await place.clients.lambda.send(new GetAccountSettingsCommand({}));
  const limit = AccountLimit?.ConcurrentExecutions ?? 0;
  const inUse = limit - (AccountLimit?.UnreservedConcurrentExecutions ?? limit);
  return quotaFindings(place, quotas.concurrency, { limit, inUse, needed: applications + SITE });
};
