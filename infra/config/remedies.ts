import { severities } from '../../tasks/vulnerabilities/finding.ts';
import { runtimes } from '../aws/runtimes.ts';
import { MOST_COMPONENTS } from './image-schema.ts';

const certificate =
  'Give the ARN of a certificate in AWS Certificate Manager, in the region that is deployed to: arn:aws:acm:<region>:<account>:certificate/<id>.';
const domain = 'Give a domain name in lower case, such as orders.example.com.';
const schedule = 'Give six fields of Image Builder in cron(…), such as cron(0 3 ? * sun *).';
const soak = 'Give a whole number of minutes from 0 to 2880.';
const expiry = 'Give a whole number of days from 1 to 90.';
const addresses = 'Give a list of at least one e-mail address.';
const size = 'Give a whole number from 1 to 100.';
const component =
  "Give the path of a component document from the folder with cdk.json, such as image/hardening.yaml (file names of a-z, 0-9 and -), or a component's ARN: arn:aws:imagebuilder:<region>:aws:component/<name>/x.x.x.";
const launchTemplate = 'Give the id of a launch template, such as lt-0123456789abcdef0.';
const instanceType = 'Give an EC2 instance type, such as t3.small';
const account = 'Give the 12 digits of the AWS account as text, in quotes.';
const subnet = 'Give the id of a subnet, such as subnet-0123456789abcdef0.';
const subnets = (least: number) =>
  `Give a list of at least ${least} subnet ids, such as subnet-0123456789abcdef0.`;

const website = (key: string): Readonly<Record<string, string>> => ({
  [key]: 'Give an object with domainName, certificateArn and, if Route 53 holds the zone, hostedZone.',
  [`${key}.domainName`]: domain,
  [`${key}.certificateArn`]: certificate,
  [`${key}.hostedZone`]: 'Give an object with the id and name of a Route 53 hosted zone, or leave it out.',
  [`${key}.hostedZone.id`]: 'Give the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ.',
  [`${key}.hostedZone.name`]: 'Give the name of the hosted zone, such as example.com.',
});

const network = (key: string, whole: string): Readonly<Record<string, string>> => ({
  [key]: whole,
  [`${key}.cidr`]: 'Give an IPv4 range with a prefix of 16 to 24 bits, such as 10.0.0.0/16.',
  [`${key}.vpcId`]: 'Give the id of a VPC, such as vpc-0123456789abcdef0.',
  [`${key}.publicSubnetIds`]: `${subnets(2)} They must lie in two zones.`,
  [`${key}.publicSubnetIds[]`]: subnet,
  [`${key}.privateSubnetIds`]: subnets(1),
  [`${key}.privateSubnetIds[]`]: subnet,
});
const place = (key: string): Readonly<Record<string, string>> => ({
  [key]: 'Give an object with region and, if it is another one, account.',
  [`${key}.account`]: account,
  [`${key}.region`]: 'Give the AWS region that it is in, such as eu-west-1.',
  ...network(
    `${key}.network`,
    'Give an object with cidr for a new VPC, or with vpcId, publicSubnetIds and privateSubnetIds.',
  ),
});

const codeBuild = (key: string, without: string): Readonly<Record<string, string>> => ({
  [key]: `Give an object, which may be empty, or leave it out for ${without}.`,
  [`${key}.buildspec`]: `Give the path of a buildspec in the repository, such as ${key.endsWith('loadTest') ? 'loadtest.yml' : 'buildspec.yml'}.`,
  [`${key}.image`]:
    'Give a container image, such as aws/codebuild/amazonlinux-x86_64-standard:5.0, golang:1.24 or 111122223333.dkr.ecr.eu-west-1.amazonaws.com/builder:7.',
  [`${key}.environment`]:
    'Give values by name: a text, {"parameter": <name of an SSM parameter>}, or {"secret": <ARN of a secret>} with key if one key of its JSON is meant.',
  [`${key}.computeType`]: 'Give small, medium or large.',
  [`${key}.timeoutMinutes`]: 'Give a whole number of minutes from 5 to 480.',
  [`${key}.cache`]: 'Give true or false.',
  [`${key}.vpc`]: 'Give true or false.',
});

const roleApprovers = (key: string): Readonly<Record<string, string>> => ({
  [key]: 'Give a list of at least one e-mail address, or an object with addresses and count.',
  [`${key}.addresses`]: addresses,
  [`${key}.count`]: 'Give a whole number from 1 to 10.',
});

const localTime =
  'Give a local time that is so each week, such as Fri 16:00, or once, such as 2026-12-18 18:00.';
const timeZone = 'Give the IANA name of a time zone, such as Europe/Berlin.';
const calendarEntry = (key: string): Readonly<Record<string, string>> => ({
  [key]: 'Give a list of at most 20 objects with name, from and until.',
  [`${key}[]`]: 'Give an object with name, from and until; and timeZone and environments, if they differ.',
  [`${key}[].name`]: 'Give a name of 1 to 60 characters.',
  [`${key}[].from`]: localTime,
  [`${key}[].until`]: localTime,
  [`${key}[].timeZone`]: timeZone,
  [`${key}[].environments`]: 'Give a list of qat, prod or both.',
});

const secret =
  'Give the whole ARN of a secret: arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>.';
const notifications = (key: string): Readonly<Record<string, string>> => ({
  [key]: 'Give a list of at most 20 objects, each with one of webhook, slack, teams and amazonQ.',
  [`${key}[]`]: 'Give exactly one of webhook, slack, teams and amazonQ, and events if not the usual ones.',
  [`${key}[].webhook`]: 'Give an object with url and secretArn.',
  [`${key}[].webhook.url`]:
    'Give an https:// URL with a host name, such as https://hooks.example.com/lockstep.',
  [`${key}[].webhook.secretArn`]: secret,
  [`${key}[].slack`]: 'Give an object with secretArn: the secret holds the URL.',
  [`${key}[].slack.secretArn`]: secret,
  [`${key}[].teams`]: 'Give an object with secretArn: the secret holds the URL.',
  [`${key}[].teams.secretArn`]: secret,
  [`${key}[].amazonQ`]: 'Give an object with topicArn.',
  [`${key}[].amazonQ.topicArn`]: 'Give the ARN of a topic: arn:aws:sns:<region>:<account>:<name>.',
  [`${key}[].events`]: 'Give a list of at least one detail-type of docs/events.md, or leave it out.',
  [`${key}[].events[]`]: 'Give a detail-type of docs/events.md, such as Promotion Ended.',
});

/** What to write instead, by key; `[]` stands for any index. */
const remedies: Readonly<Record<string, string>> = {
  '': 'Give an object with the key applications (see docs/configuration.md).',
  applications:
    'Give a list of at least one application and at most 50; more go into an account or region of their own.',
  'applications[]': 'Give an object with at least name and runtime.',
  'applications[].name':
    'Use 1 to 24 lower-case letters, digits and hyphens, beginning with a letter, not ending with a hyphen, and not "platform".',
  'applications[].branch': 'Give the name of a git branch, such as main.',
  'applications[].source': 'Leave it out for CodeCommit; or give connectionArn and repository, or objectKey.',
  'applications[].source.connectionArn':
    'Give the ARN of a connection: arn:aws:codeconnections:<region>:<account>:connection/<id>.',
  'applications[].source.repository': 'Give owner and name of the repository, such as example/orders.',
  'applications[].source.provider': 'Give github or gitlab.',
  'applications[].source.tokenSecretArn':
    'Give the whole ARN of a secret: arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>.',
  'applications[].source.cloneUrl':
    'Give the https address that the repository is cloned by, such as https://bitbucket.org/example/orders.git.',
  'applications[].source.apiUrl':
    'Give the https address of a REST API of GitHub or GitLab, such as https://github.example.com/api/v3 or https://gitlab.example.com/api/v4.',
  'applications[].source.objectKey': 'Give the key of an object, such as orders.zip.',
  'applications[].source.manifestKeys': 'Give a list of one or two public keys in PEM.',
  'applications[].source.manifestKeys[]':
    'Give a public key of the curve P-256 as openssl ec -pubout writes it: -----BEGIN PUBLIC KEY----- and so on, with \\n for each end of a line.',
  'applications[].port': 'Give the port that the application listens on: a whole number from 1 to 65535.',
  'applications[].healthCheckPath': 'Give a path that begins with / and has no query, such as /health.',
  'applications[].runtime': `Give one of: ${Object.keys(runtimes).join(', ')}.`,
  'applications[].image':
    'Give an object with any of parent, components, packages, tests, reuse, reuseDays, drift, onDrift, scan, gate, volume and launchTemplateDefault.',
  'applications[].image.parent':
    'Give an AMI id (ami-0123456789abcdef0), the name of an SSM parameter below /imagebuilder or /aws/service, or the ARN of an image of Image Builder.',
  'applications[].image.components': `Give a list of at most ${MOST_COMPONENTS} components.`,
  'applications[].image.components[]': component,
  'applications[].image.packages': 'Give a list of at most 100 names of packages.',
  'applications[].image.packages[]':
    "Give the name of a package in the distribution's repositories, such as nginx.",
  'applications[].image.tests': `Give a list of at most ${MOST_COMPONENTS} components.`,
  'applications[].image.tests[]': component,
  'applications[].image.reuse': 'Give never or when-equal.',
  'applications[].image.reuseDays': 'Give a whole number from 1 to 30.',
  'applications[].image.scan':
    'Give off, inspector, or component with a component of yours in image.components that runs the scanner.',
  'applications[].image.gate': 'Give a list of at most 20 rules, or [] for none.',
  'applications[].image.gate[]': 'Give an object with any of severity, fixable, knownExploited and new.',
  'applications[].image.gate[].severity': `Give one of ${severities.join(', ')}.`,
  'applications[].image.gate[].fixable': 'Give true or false.',
  'applications[].image.gate[].knownExploited': 'Give true or false.',
  'applications[].image.gate[].new': 'Give true or false.',
  'applications[].image.launchTemplateDefault': 'Give an object with qat, prod or both.',
  'applications[].image.launchTemplateDefault.qat': launchTemplate,
  'applications[].image.launchTemplateDefault.prod': launchTemplate,
  'applications[].image.volume':
    'Give an object with gibibytes and, if the defaults do not do, iops and throughput.',
  'applications[].image.volume.gibibytes': 'Give a whole number from 8 to 16384.',
  'applications[].image.volume.iops': 'Give a whole number from 3000 to 16000.',
  'applications[].image.volume.throughput': 'Give a whole number from 125 to 1000.',
  'applications[].instanceType': `${instanceType}, or an object with image, qat and prod.`,
  'applications[].instanceType.image': `${instanceType}.`,
  'applications[].instanceType.qat': `${instanceType}.`,
  'applications[].instanceType.prod': `${instanceType}.`,
  'applications[].fleet': 'Give min and max as whole numbers from 1 to 100, min not above max.',
  'applications[].fleet.min': size,
  'applications[].fleet.max': size,
  'applications[].alarms': 'Give an object with errors, latencyMilliseconds or both.',
  'applications[].alarms.errors': 'Give a whole number from 1 to 1000000.',
  'applications[].alarms.latencyMilliseconds': 'Give a whole number from 1 to 60000.',
  'applications[].approvalExpiryDays': expiry,
  'applications[].makersMayDecide': "Give true or false; false keeps a change's makers from approving it.",
  'applications[].repositoryMails':
    'Give a list of what developers are mailed: deleted-branches, pull-requests, comments; or leave it out.',
  'applications[].repositoryMails[]': 'Give deleted-branches, pull-requests or comments.',
  'applications[].secretScan':
    'Give off, warn (approvers see what was found) or block (the promotion fails before QAT is changed).',
  'applications[].keep': 'Give an object with releases, such as { "releases": 10 }.',
  'applications[].keep.releases': 'Give a whole number from 1 to 100.',
  'applications[].goBack': 'Give an object with approvals.',
  'applications[].goBack.approvals':
    'Give both (QC and PMO approve that Prod goes back) or one (PMO alone, if somebody who signed in asks).',
  'applications[].whenNewer':
    'Give supersede (a newer promotion takes the place of one that waits for QC) or wait (it waits for QC).',
  'applications[].deployment': 'Give an object with any of configuration, rollback and soakMinutes.',
  'applications[].deployment.configuration':
    'Give one-at-a-time, half-at-a-time, all-at-once, or {"minimumHealthyPercent": <0 to 99>}.',
  'applications[].deployment.rollback': 'Give an object with any of onFailure, onProdAlarms and onAlarms.',
  'applications[].deployment.rollback.onFailure': 'Give true or false.',
  'applications[].deployment.rollback.onProdAlarms': 'Give true or false.',
  'applications[].deployment.rollback.onAlarms': 'Give a list of at most 7 names of CloudWatch alarms.',
  'applications[].deployment.rollback.onAlarms[]': 'Give the name of a CloudWatch alarm.',
  'applications[].deployment.soakMinutes': soak,
  'applications[].imageSchedule': `Give an object with cron and, if it is not UTC, timeZone. ${schedule}`,
  'applications[].imageSchedule.cron': schedule,
  'applications[].imageSchedule.timeZone': 'Give the name of a time zone, such as Europe/Berlin.',
  ...codeBuild('applications[].test', 'no Test stage'),
  ...codeBuild('applications[].loadTest', 'no load test'),
  ...codeBuild('applications[].build', 'no build'),
  ...notifications('applications[].notifications'),
  ...notifications('notifications'),
  ...website('applications[].https'),
  ...website('approvalsSite'),
  ...network(
    'network',
    'Give an object with internetAccess and cidr for a new VPC, or with vpcId, publicSubnetIds and privateSubnetIds.',
  ),
  'network.internetAccess': 'Give nat-gateway or endpoints.',
  environments: 'Give an object with qat, prod or both: where they are, if not where Lockstep itself is.',
  ...place('environments.qat'),
  ...place('environments.prod'),
  approvals:
    'Give an object with any of people, dotsIgnoredIn, reminderHours and freshSignInMinutes, or leave it out.',
  'approvals.people': 'Give a list of objects with email, pusherNames and commitAddresses.',
  'approvals.people[].email': "Give the person's e-mail address in the user pool.",
  'approvals.people[].pusherNames':
    'Give a list of names of IAM users and role sessions, and of logins at GitHub or GitLab.',
  'approvals.people[].pusherNames[]':
    'Give the name of an IAM user or a role session, not its ARN; or a login at GitHub or GitLab.',
  'approvals.people[].commitAddresses': 'Give a list of addresses that the person commits with.',
  'approvals.people[].commitAddresses[]': 'Give the address as git has it, without spaces.',
  'approvals.dotsIgnoredIn': 'Give a list of domains, such as gmail.com.',
  'approvals.dotsIgnoredIn[]': 'Give a domain in lower case, such as gmail.com.',
  'approvals.reminderHours': 'Give a whole number of hours from 1 to 720.',
  'approvals.freshSignInMinutes': 'Give a whole number of minutes from 1 to 480.',
  signIn: 'Give an object with passwords, providers or both, or leave it out.',
  'signIn.passwords': 'Give true or false.',
  'signIn.providers': 'Give a list of at most 10 objects with name, saml or oidc, and groups.',
  'signIn.providers[].name':
    'Use 3 to 32 letters, digits and hyphens, beginning with a letter, and no name that Cognito uses itself, such as Cognito or Google.',
  'signIn.providers[].saml': 'Give an object with metadataUrl or metadataFile.',
  'signIn.providers[].saml.metadataUrl':
    "Give the https address of the provider's SAML metadata, or metadataFile instead.",
  'signIn.providers[].saml.metadataFile': "Give the path of a file with the provider's SAML metadata.",
  'signIn.providers[].oidc': 'Give an object with issuer, clientId and clientSecretArn.',
  'signIn.providers[].oidc.issuer':
    "Give the provider's issuer, such as https://login.example.com (plain http is for 127.0.0.1 only).",
  'signIn.providers[].oidc.clientId': 'Give the id that the provider gave this client.',
  'signIn.providers[].oidc.clientSecretArn':
    "Keep the client's secret in Secrets Manager, and give its ARN: arn:aws:secretsmanager:<region>:<account>:secret:<name>-<6 characters>.",
  'signIn.providers[].oidc.scopes': 'Give a list of scopes, openid among them.',
  'signIn.providers[].attributes': 'Give an object with any of email, name, groups and emailVerified.',
  'signIn.providers[].attributes.email': 'Give the name of the claim that holds the e-mail address.',
  'signIn.providers[].attributes.name': 'Give the name of the claim that holds the name.',
  'signIn.providers[].attributes.groups': 'Give the name of the claim that holds the groups.',
  'signIn.providers[].attributes.emailVerified':
    'Give the name of the claim that says whether the address is verified, or leave it out.',
  'signIn.providers[].emailVerified': 'Give true or false; true if the provider vouches for every address.',
  'signIn.providers[].groups':
    "Give an object with any of qc, pmo and operators: lists of the company's groups.",
  'signIn.providers[].groups.qc': "Give a list of names of the company's groups.",
  'signIn.providers[].groups.pmo': "Give a list of names of the company's groups.",
  'signIn.providers[].groups.operators': "Give a list of names of the company's groups.",
  evidence: 'Give an object with breakGlassRole, or leave it out.',
  'evidence.breakGlassRole':
    'Give the ARN of an IAM role, such as arn:aws:iam::111122223333:role/break-glass, or leave it out.',
  trail: 'Give true or false; false if another trail records the account.',
  approvers:
    'Give an object with qc and pmo: lists of e-mail addresses, or objects with addresses and count.',
  ...roleApprovers('approvers.qc'),
  ...roleApprovers('approvers.pmo'),
  calendar: 'Give an object with any of timeZone, freezes and windows.',
  'calendar.timeZone': timeZone,
  ...calendarEntry('calendar.freezes'),
  ...calendarEntry('calendar.windows'),
  operators: addresses,
  developers: 'Give a list of e-mail addresses, which may be empty.',
  approvalExpiryDays: expiry,
  soakMinutes: soak,
  env: 'Give an object with account, region or both, or leave it out.',
  'env.account': account,
  'env.region': 'Give an AWS region, such as us-east-1.',
};

/** What to write instead of a key that had another name. */
export const renamed: Readonly<Record<string, string>> = {
  terminationWaitMinutes:
    'This key is called soakMinutes now: the old instances are kept while alarms watch.',
};

/** What to write at a key instead. */
export function remedyFor(path: readonly PropertyKey[]): string {
  const pattern = path
    .map((part) => (typeof part === 'number' ? '[]' : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  const shared = pattern.replace(
    /^applications\[\]\.(approvers|calendar|operators|developers|environments)/,
    '$1',
  );
  if (/^approvers\.(qc|pmo)(\.addresses)?\[\]$|^(operators|developers)\[\]$/.test(shared))
    return 'Give an e-mail address.';
  // A key within a value that has one remedy as a whole has that.
  const known = remedies[pattern] ?? remedies[shared];
  return known ?? (path.length > 0 ? remedyFor(path.slice(0, -1)) : '');
}
