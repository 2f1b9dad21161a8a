import { InstanceType } from 'aws-cdk-lib/aws-ec2';
import { checkEnvironments, placeOf } from './environments.ts';
import type { WrittenConfig } from './schema.ts';

/** Something that is wrong with keys taken together; the message is the remedy. */
interface Fault {
  readonly path: (string | number)[];
  readonly input: unknown;
  readonly message: string;
}

type Tell = (path: Path, input: unknown, message: string) => void;
type Path = (string | number)[];
type Website = NonNullable<WrittenConfig['approvalsSite']>;

/** What no key shows alone: names that overlap, settings that exclude or need each other. */
export function checkTogether(config: WrittenConfig, report: (fault: Fault) => void): void {
  const tell: Tell = (path, input, message) => report({ path, input, message });
  config.applications.forEach((one, index) => {
    const at = (...rest: Path): Path => ['applications', index, ...rest];
    if (config.applications.findIndex(({ name }) => name === one.name) < index)
      tell(at('name'), one.name, 'Another application has this name. Give each its own.');
    for (const key of ['approvers', 'operators'] as const)
      if (one[key] === undefined && config[key] === undefined)
        tell(at(key), undefined, `Give ${key} here, or for all applications under lockstep.${key}.`);
    if (one.source !== undefined && !config.approvals.makersMayDecide)
      tell(
        at('source'),
        one.source,
        'Who made a change is known from CodeCommit alone. Leave source out, or let makers decide: lockstep.approvals.makersMayDecide.',
      );
    checkSource(one.source, config.env?.account, (rest, input, message) =>
      tell(at('source', ...rest), input, message),
    );
    checkArchitecture(one.instanceType, (message) => tell(at('instanceType'), one.instanceType, message));
  });
  checkWebsites(config, tell);
  checkNetwork(config.network, ['network'], tell);
  checkEnvironments(config, tell, (network, path) => checkNetwork(network, path, tell));
}

type WrittenSource = WrittenConfig['applications'][number]['source'];

/** CodeCommit, a connection or S3, and only one of them. */
function checkSource(source: WrittenSource, account: string | undefined, tell: Tell): void {
  if (source === undefined) return;
  const { connectionArn, repository, objectKey } = source;
  const isConnection = connectionArn !== undefined || repository !== undefined;
  if (isConnection === (objectKey !== undefined))
    tell(
      [],
      source,
      'Give either connectionArn and repository, or objectKey; leave source out for CodeCommit.',
    );
  else if (isConnection && connectionArn === undefined)
    tell(
      ['connectionArn'],
      undefined,
      'Make a connection in the console (Developer Tools, Settings, Connections), and give its ARN.',
    );
  else if (isConnection && repository === undefined)
    tell(['repository'], undefined, 'Give owner and name of the repository, such as example/orders.');
  const owner = connectionArn?.split(':')[4];
  if (owner !== undefined && account !== undefined && owner !== account)
    tell(
      ['connectionArn'],
      connectionArn,
      `The account ${owner} is unknown here: give a connection of ${account}, which lockstep.env.account names.`,
    );
}

type InstanceTypes = WrittenConfig['applications'][number]['instanceType'];

/** One recipe makes the images of both environments. */
function checkArchitecture(types: InstanceTypes, tell: (message: string) => void): void {
  // What is no instance type at all has its own message.
  if (
    typeof types === 'string' ||
    Object.values(types).some((type) => !/^[a-z]+\d[a-z0-9-]*\.\w+/.test(type))
  )
    return;
  const architectures = new Set(Object.values(types).map((type) => new InstanceType(type).architecture));
  if (architectures.size > 1)
    tell(
      'One image recipe serves all of them: give instance types of one processor architecture for image, qat and prod.',
    );
}

function checkWebsites(config: WrittenConfig, tell: Tell): void {
  const here = { account: config.env?.account, region: config.env?.region, says: 'lockstep.env.account' };
  const websites: readonly (readonly [Path, Website | undefined, typeof here])[] = [
    [['approvalsSite'], config.approvalsSite, here],
    ...config.applications.map((one, index): [Path, Website | undefined, typeof here] => {
      // The load balancer is where Prod is.
      const prod = placeOf(config, one, 'prod');
      return [
        ['applications', index, 'https'],
        one.https,
        prod ? { ...prod, says: "the application's Prod environment" } : here,
      ];
    }),
  ];
  const domains = new Set<string>();
  for (const [path, website, env] of websites) {
    if (website === undefined) continue;
    const { domainName, certificateArn, hostedZone } = website;
    if (domains.has(domainName))
      tell([...path, 'domainName'], domainName, 'Another site has this domain name. Give each its own.');
    domains.add(domainName);
    const [, , , region, account] = certificateArn.split(':');
    if (account === undefined) continue;
    if (env.region !== undefined && env.region !== region)
      tell(
        [...path, 'certificateArn'],
        certificateArn,
        `Load balancers and APIs take certificates of their own region: give one of ${env.region}.`,
      );
    if (env.account !== undefined && env.account !== account)
      tell(
        [...path, 'certificateArn'],
        certificateArn,
        `The account ${account} is unknown here: give a certificate of ${env.account}, which ${env.says} names.`,
      );
    if (hostedZone && domainName !== hostedZone.name && !domainName.endsWith(`.${hostedZone.name}`))
      tell(
        [...path, 'hostedZone', 'name'],
        hostedZone.name,
        `Give the hosted zone that holds ${domainName}, or leave it out and make the DNS record yourself.`,
      );
  }
}

function checkNetwork(
  network: NonNullable<NonNullable<WrittenConfig['environments']>['qat']>['network'],
  path: Path,
  tell: Tell,
): void {
  if (network === undefined) return;
  const { vpcId, cidr, publicSubnetIds, privateSubnetIds } = network;
  const at = `lockstep${path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')}`;
  for (const [key, value] of Object.entries({ publicSubnetIds, privateSubnetIds })) {
    if (vpcId !== undefined && value === undefined)
      tell([...path, key], undefined, `Name the subnets of the VPC that ${at}.vpcId names.`);
    if (vpcId === undefined && value !== undefined)
      tell([...path, key], value, `Name their VPC under ${at}.vpcId, or leave them out.`);
  }
  if (vpcId !== undefined && cidr !== undefined)
    tell([...path, 'cidr'], cidr, `Leave it out: the VPC that ${at}.vpcId names has its range.`);
  for (const [index, subnet] of (privateSubnetIds ?? []).entries())
    if (publicSubnetIds?.includes(subnet))
      tell(
        [...path, 'privateSubnetIds', index],
        subnet,
        'This subnet is listed as public too. Name one without a route to an internet gateway.',
      );
}
