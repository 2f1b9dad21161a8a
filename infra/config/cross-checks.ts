import { InstanceType } from 'aws-cdk-lib/aws-ec2';
import { MOST_APPROVALS } from '../../tasks/approvals/approval-counts.ts';
import { checkCalendar } from './check-calendar.ts';
import { checkClone, checkSecrets } from './check-code-build.ts';
import { checkImage } from './check-image.ts';
import { checkSignIn } from './check-sign-in.ts';
import { checkEnvironments, type Path, placeOf, type Report } from './environments.ts';
import type { WrittenConfig } from './schema.ts';
import { DEFAULT_PROVIDER } from './values.ts';

/** Something that is wrong with keys taken together; the message is the remedy. */
interface Fault {
  readonly path: (string | number)[];
  readonly input: unknown;
  readonly message: string;
}

type Website = NonNullable<WrittenConfig['approvalsSite']>;

/** What no key shows alone: names that overlap, settings that exclude or need each other. */
export function checkTogether(config: WrittenConfig, addFault: (fault: Fault) => void): void {
  const report: Report = (path, input, message) => addFault({ path, input, message });
  config.applications.forEach((one, index) => {
    const at = (...rest: Path): Path => ['applications', index, ...rest];
    if (config.applications.findIndex(({ name }) => name === one.name) < index)
      report(at('name'), one.name, 'Another application has this name. Give each its own.');
    for (const key of ['approvers', 'operators'] as const)
      if (one[key] === undefined && config[key] === undefined)
        report(at(key), undefined, `Give ${key} here, or for all applications under lockstep.${key}.`);
    checkCalendar(one.calendar, at('calendar'), report);
    checkApprovers(one.approvers, at('approvers'), report);
    checkAddresses(one, config, at('approvers'), report);
    const names = one.source === undefined || (one.source.tokenSecretArn ?? one.source.manifestKeys);
    if (names === undefined && !one.makersMayDecide)
      report(
        at('source'),
        one.source,
        'Nothing says who made a change. For a repository at GitHub or GitLab, give source.tokenSecretArn; for archives, source.manifestKeys; for CodeCommit, leave source out; ' +
          'otherwise set makersMayDecide of this application to true.',
      );
    checkSource(one.source, config.env, (rest, input, message) =>
      report(at('source', ...rest), input, message),
    );
    if (one.build) checkClone(one.source, at('source'), report);
    for (const key of ['build', 'test'] as const)
      checkSecrets(one[key], config.env, at(key, 'environment'), report);
    if (one.repositoryMails.length > 0 && one.source !== undefined)
      report(
        at('repositoryMails'),
        one.repositoryMails,
        'Only CodeCommit tells Lockstep of this. Leave it out, and let the provider of the repository send these mails.',
      );
    if (
      one.repositoryMails.some((what) => what !== 'deleted-branches') &&
      (one.developers ?? config.developers).length === 0
    )
      report(
        at('repositoryMails'),
        one.repositoryMails,
        'Nobody would be mailed. Give developers, here or for all applications.',
      );
    const isRead = one.source === undefined || one.source.tokenSecretArn !== undefined;
    if (one.secretScan !== 'off' && !isRead)
      report(
        at('secretScan'),
        one.secretScan,
        'Lockstep cannot read the files of this source. For a repository at GitHub or GitLab, give source.tokenSecretArn; for archives, give off, and scan what you pack.',
      );
    checkImage(one.image, at('image'), report);
    if (one.loadTest !== undefined && placeOf(config, one, 'qat') !== undefined)
      report(
        at('loadTest'),
        one.loadTest,
        'CodeBuild runs in the network of Lockstep and cannot reach QAT elsewhere. Leave it out, or leave QAT with Lockstep.',
      );
    if (one.loadTest?.environment.QAT_URL !== undefined)
      report(
        at('loadTest', 'environment', 'QAT_URL'),
        one.loadTest.environment.QAT_URL,
        'Lockstep sets it. Leave it out.',
      );
    checkArchitecture(one.instanceType, (message) => report(at('instanceType'), one.instanceType, message));
  });
  checkApprovers(config.approvers, ['approvers'], report);
  checkCalendar(config.calendar, ['calendar'], report);
  checkPeople(config.approvals.people, report);
  checkVariables(config, report);
  checkSignIn(config.signIn, config.env?.account, report);
  checkWebsites(config, report);
  checkNetwork(config.network, ['network'], report);
  checkEnvironments(config, report, (network, path) => checkNetwork(network, path, report));
}

/** With fewer addresses than people who must approve, nothing could be promoted. */
function checkApprovers(approvers: WrittenConfig['approvers'], path: Path, report: Report): void {
  for (const [role, written] of Object.entries(approvers ?? {})) {
    if (!('count' in written)) continue;
    const { addresses, count } = written;
    // A count or a list that is wrong alone has its own message.
    if (count <= MOST_APPROVALS && addresses.length > 0 && count > new Set(addresses).size)
      report(
        [...path, role, 'count'],
        count,
        'Give a count that is not above the number of different addresses, or add addresses.',
      );
  }
}

/** An SSM parameter holds 4 KB (Parameter Store's quotas). */
const MOST_ADDRESS_BYTES = 4_096;

/** A function compares an application's addresses with the subscriptions; it reads them from a parameter. */
function checkAddresses(
  one: WrittenConfig['applications'][number],
  config: WrittenConfig,
  path: Path,
  report: Report,
): void {
  const written = [one.approvers ?? config.approvers, one.operators ?? config.operators];
  const bytes = Buffer.byteLength(JSON.stringify(written));
  if (bytes > MOST_ADDRESS_BYTES)
    report(
      path,
      `${bytes} bytes with the operators`,
      `Together with the operators, at most ${MOST_ADDRESS_BYTES} bytes fit for an application. Give addresses of mailing lists instead of people's.`,
    );
}

/** A name of two people would tell nothing. */
function checkPeople(people: WrittenConfig['approvals']['people'], report: Report): void {
  for (const key of ['pusherNames', 'commitAddresses'] as const) {
    const owners = new Map<string, string>();
    people.forEach((one, index) => {
      for (const name of one[key].map((each) => each.toLowerCase())) {
        if (owners.has(name) && owners.get(name) !== one.email)
          report(['approvals', 'people', index, key], name, 'Another person has this name. Give it to one.');
        owners.set(name, one.email);
      }
    });
  }
}

/** Bytes of all people and an application's developers: a function's variables hold 4 KB together (Lambda's quotas). */
const MOST_NAME_BYTES = 2_500;

/** People and developers must fit into a function's variables. */
function checkVariables(
  { approvals: { people }, developers, applications }: WrittenConfig,
  report: Report,
): void {
  const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
  const ofPeople = bytesOf(people);
  if (ofPeople > MOST_NAME_BYTES)
    report(
      ['approvals', 'people'],
      `${ofPeople} bytes`,
      `At most ${MOST_NAME_BYTES} bytes fit. List only members of QC and PMO and developers, and only their further names.`,
    );
  else
    applications.forEach((one, index) => {
      const bytes = ofPeople + bytesOf(one.developers ?? developers);
      if (bytes > MOST_NAME_BYTES)
        report(
          ['applications', index, 'developers'],
          one.developers ?? developers,
          `With approvals.people these are ${bytes} bytes, and at most ${MOST_NAME_BYTES} fit. List only developers of this application here, and fewer further names of people.`,
        );
    });
}

type WrittenSource = WrittenConfig['applications'][number]['source'];

/** CodeCommit, a connection or S3, and only one of them. */
function checkSource(source: WrittenSource, env: WrittenConfig['env'], report: Report): void {
  if (source === undefined) return;
  const { connectionArn, repository, objectKey, provider, tokenSecretArn, apiUrl, manifestKeys } = source;
  const isConnection = [connectionArn, repository, provider, tokenSecretArn, apiUrl, source.cloneUrl].some(
    (one) => one !== undefined,
  );
  if (isConnection === (objectKey !== undefined))
    report(
      [],
      source,
      'Give either connectionArn and repository, or objectKey; leave source out for CodeCommit.',
    );
  else if (isConnection && connectionArn === undefined)
    report(
      ['connectionArn'],
      undefined,
      'Make a connection in the console (Developer Tools, Settings, Connections), and give its ARN.',
    );
  else if (isConnection && repository === undefined)
    report(['repository'], undefined, 'Give owner and name of the repository, such as example/orders.');
  const isAtGitHub = tokenSecretArn !== undefined && (provider ?? DEFAULT_PROVIDER) === 'github';
  if (isAtGitHub && (repository ?? '/').split('/').length !== 2)
    report(
      ['repository'],
      repository,
      'A repository at GitHub has an owner and a name, such as example/orders. For one in a group of GitLab, give provider: gitlab.',
    );
  if (manifestKeys !== undefined && objectKey === undefined)
    report(
      ['manifestKeys'],
      manifestKeys,
      'They belong to archives: give objectKey, or leave manifestKeys out.',
    );
  if (new Set(manifestKeys?.map((key) => key.replace(/\s/g, ''))).size < (manifestKeys?.length ?? 0))
    report(['manifestKeys'], manifestKeys, 'Both are the same key: give each once.');
  if (apiUrl !== undefined && tokenSecretArn === undefined)
    report(['apiUrl'], apiUrl, 'It is read with a token: give tokenSecretArn, or leave apiUrl out.');
  if (provider !== undefined && tokenSecretArn === undefined)
    report(
      ['provider'],
      provider,
      'Its repository is read with a token: give tokenSecretArn, or leave provider out.',
    );
  for (const [key, arn, what] of [
    ['connectionArn', connectionArn, 'The connection'],
    ['tokenSecretArn', tokenSecretArn, 'The secret'],
  ] as const) {
    const [, , , region, account] = arn?.split(':') ?? [];
    if (account !== undefined && env?.account !== undefined && account !== env.account)
      report(
        [key],
        arn,
        `${what} is of the account ${account}: give one of ${env.account}, which lockstep.env.account names.`,
      );
    // A connection serves pipelines in other regions, too.
    const isElsewhere = region !== undefined && env?.region !== undefined && region !== env.region;
    if (key === 'tokenSecretArn' && isElsewhere)
      report(
        [key],
        arn,
        `${what} is in ${region}: give one in ${env.region}, which lockstep.env.region names.`,
      );
  }
}

type InstanceTypes = WrittenConfig['applications'][number]['instanceType'];

/** One recipe makes the images of both environments. */
function checkArchitecture(types: InstanceTypes, report: (message: string) => void): void {
  // What is no instance type at all has its own message.
  if (
    typeof types === 'string' ||
    Object.values(types).some((type) => !/^[a-z]+\d[a-z0-9-]*\.\w+/.test(type))
  )
    return;
  const architectures = new Set(Object.values(types).map((type) => new InstanceType(type).architecture));
  if (architectures.size > 1)
    report(
      'One image recipe serves all of them: give instance types of one processor architecture for image, qat and prod.',
    );
}

function checkWebsites(config: WrittenConfig, report: Report): void {
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
      report([...path, 'domainName'], domainName, 'Another site has this domain name. Give each its own.');
    domains.add(domainName);
    const [, , , region, account] = certificateArn.split(':');
    if (account === undefined) continue;
    if (env.region !== undefined && env.region !== region)
      report(
        [...path, 'certificateArn'],
        certificateArn,
        `Load balancers and APIs take certificates of their own region: give one of ${env.region}.`,
      );
    if (env.account !== undefined && env.account !== account)
      report(
        [...path, 'certificateArn'],
        certificateArn,
        `The certificate is of the account ${account}: give one of ${env.account}, which ${env.says} names.`,
      );
    if (hostedZone && domainName !== hostedZone.name && !domainName.endsWith(`.${hostedZone.name}`))
      report(
        [...path, 'hostedZone', 'name'],
        hostedZone.name,
        `Give the hosted zone that holds ${domainName}, or leave it out and make the DNS record yourself.`,
      );
  }
}

function checkNetwork(
  network: NonNullable<NonNullable<WrittenConfig['environments']>['qat']>['network'],
  path: Path,
  report: Report,
): void {
  if (network === undefined) return;
  const { vpcId, cidr, publicSubnetIds, privateSubnetIds } = network;
  const at = `lockstep${path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')}`;
  for (const [key, value] of Object.entries({ publicSubnetIds, privateSubnetIds })) {
    if (vpcId !== undefined && value === undefined)
      report([...path, key], undefined, `Name the subnets of the VPC that ${at}.vpcId names.`);
    if (vpcId === undefined && value !== undefined)
      report([...path, key], value, `Name their VPC under ${at}.vpcId, or leave them out.`);
  }
  if (vpcId !== undefined && cidr !== undefined)
    report([...path, 'cidr'], cidr, `Leave it out: the VPC that ${at}.vpcId names has its range.`);
  for (const [index, subnet] of (privateSubnetIds ?? []).entries())
    if (publicSubnetIds?.includes(subnet))
      report(
        [...path, 'privateSubnetIds', index],
        subnet,
        'This subnet is listed as public too. Name one without a route to an internet gateway.',
      );
}
