import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { type Calendar, EMPTY_CALENDAR } from '../tasks/calendar/calendar.ts';
import type { ApproverRole, Environment } from '../tasks/payloads.ts';
import { checkTogether } from './config/cross-checks.ts';
import { type EnvironmentPlace, type NetworkConfig, placeOf } from './config/environments.ts';
import { type NotificationConfig, notificationsOf } from './config/notifications.ts';
import { withTimeZones } from './config/read-calendar.ts';
import { remedyFor, renamed } from './config/remedies.ts';
import { configuration, type WrittenConfig } from './config/schema.ts';
import type { SignInConfig } from './config/sign-in.ts';
import { API_URLS, DEFAULT_CIDR, DEFAULT_PROVIDER, keyText, type ProviderName } from './config/values.ts';

export { CLONED_HOSTS } from './config/check-code-build.ts';
export type { EnvironmentPlace, InternetAccess, NetworkConfig } from './config/environments.ts';
export { gateOf, type ImageConfig, isDocument, isImageParameter } from './config/image-schema.ts';
export type { NotificationConfig } from './config/notifications.ts';
export type { SignInConfig } from './config/sign-in.ts';

/** Context key in cdk.json that holds the configuration. */
export const CONFIG_KEY = 'lockstep';

/** Context key that names a file which holds the configuration instead. */
export const CONFIG_FILE_KEY = 'config';

/** The configuration is invalid; the message has a line per fault: key, value received, remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type WrittenApplication = WrittenConfig['applications'][number];

/** The same object with optional properties left out instead of undefined. */
type Defined<T> = { readonly [Key in keyof T]: Exclude<T[Key], undefined> };

// What a key means stands in the schema.
/** How fast CodeDeploy goes through Prod's new fleet: one of AWS's configurations, or one of our own. */
export type DeploymentConfiguration = WrittenApplication['deployment']['configuration'];

/** A domain name served by HTTPS. */
export type WebsiteConfig = Defined<NonNullable<WrittenConfig['approvalsSite']>>;

/** When an image is built without a promotion, so that a recipe that no longer builds is known before one needs it. */
export type ImageSchedule = NonNullable<WrittenApplication['imageSchedule']>;

/** The Test stage: CodeBuild runs the application's buildspec before QAT is deployed to. */
export type TestConfig = NonNullable<WrittenApplication['test']>;

/** The build: what it makes of a commit is deployed, instead of the commit itself. */
export type BuildConfig = NonNullable<WrittenApplication['build']>;

/** Where an application's revisions come from. */
export type SourceConfig =
  | { readonly kind: 'codecommit' }
  /** GitHub, GitLab, Bitbucket and others, by AWS CodeConnections. */
  | {
      readonly kind: 'connection';
      readonly connectionArn: string;
      readonly repository: string;
      /** Where the repository is read; without it, nobody knows who makes changes. */
      readonly provider?: {
        readonly name: ProviderName;
        readonly tokenSecretArn: string;
        readonly apiUrl: string;
      };
      /** Where CodeBuild clones it. @default by the provider's address */
      readonly cloneUrl?: string;
    }
  /** Versions of an object, a zip archive, in a bucket that is made for it. */
  | {
      readonly kind: 's3';
      readonly objectKey: string;
      /** SPKI in DER, base64. Without them, nobody knows who makes changes. */
      readonly manifestKeys?: readonly string[];
    };

/** Who is mailed when a role must decide, and how many different people of it must approve. */
interface RoleApprovers {
  readonly addresses: readonly string[];
  readonly count: number;
}

/** One application. */
export interface ApplicationConfig
  extends Pick<
    WrittenApplication,
    | 'name'
    | 'branch'
    | 'port'
    | 'healthCheckPath'
    | 'runtime'
    | 'image'
    | 'fleet'
    | 'alarms'
    | 'keep'
    | 'makersMayDecide'
    | 'whenNewer'
    | 'goBack'
    | 'repositoryMails'
    | 'secretScan'
  > {
  readonly source: SourceConfig;
  readonly instanceTypes: Exclude<WrittenApplication['instanceType'], string>;
  readonly approvers: Readonly<Record<ApproverRole, RoleApprovers>>;
  readonly operators: NonNullable<WrittenConfig['operators']>;
  readonly developers: WrittenConfig['developers'];
  /** When promotions may not begin with an environment; each entry with its time zone. */
  readonly calendar: Calendar;
  /** Where changes of its promotions are told. */
  readonly notifications: readonly NotificationConfig[];
  readonly approvalExpiryDays: number;
  readonly deployment: Defined<Required<WrittenApplication['deployment']>>;
  readonly imageSchedule?: ImageSchedule;
  readonly build?: BuildConfig;
  readonly test?: TestConfig;
  /** Tests of QAT under load, after the deployment there. */
  readonly loadTest?: TestConfig;
  readonly https?: WebsiteConfig;
  /** Environments in another account or region than Lockstep itself; without any, both are with it. */
  readonly environments?: Readonly<Partial<Record<Environment, EnvironmentPlace>>>;
}

/** How people approve. */
export type ApprovalsConfig = WrittenConfig['approvals'];

/** The checked configuration, every default filled in. */
export interface LockstepConfig {
  readonly applications: readonly ApplicationConfig[];
  readonly network: NetworkConfig;
  readonly approvals: ApprovalsConfig;
  readonly signIn: SignInConfig;
  /** `breakGlassRole`: ARN of the role that the evidence bucket's policy denies nothing; without it, nobody is exempt. */
  readonly evidence: { readonly breakGlassRole?: string };
  /** Whether CloudTrail records the account for Lockstep. */
  readonly trail: boolean;
  /** The approvals site's domain name; without it, the HTTP API's own. */
  readonly approvalsSite?: WebsiteConfig;
  /** Where to deploy to; without it, the account and region of the caller's credentials. */
  readonly env?: Defined<NonNullable<WrittenConfig['env']>>;
}

/**
 * Reads a file that holds the configuration.
 * @throws ConfigError if it cannot be read, or is not JSON
 */
export function readConfigFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(
      `The configuration ${file} is invalid: ${(error as Error).message}. Give -c ${CONFIG_FILE_KEY}=<a JSON file>.`,
    );
  }
}

/**
 * Checks the configuration and fills in what was left out.
 * @param value what stands under the context key `lockstep`
 * @param place where it stands
 * @throws ConfigError naming each faulty key, the value received and the remedy
 */
export function readConfig(value: unknown, place = 'cdk.json'): LockstepConfig {
  const parsed = configuration
    .superRefine((written, context) =>
      checkTogether(written, (fault) => context.addIssue({ code: 'custom', ...fault })),
    )
    .safeParse(value);
  if (!parsed.success) {
    const lines = parsed.error.issues.flatMap((issue) => describe(issue, value));
    throw new ConfigError(`The configuration in ${place} is invalid:\n${lines.join('\n')}`);
  }
  const { applications, approvals, signIn, evidence, trail, network, approvalsSite, env } = parsed.data;
  return {
    applications: applications.map((one) => applicationOf(one, parsed.data)),
    network: networkOf(network),
    approvals,
    signIn,
    evidence: withoutUndefined(evidence),
    trail,
    ...(approvalsSite && { approvalsSite: withoutUndefined(approvalsSite) }),
    ...(env && { env: withoutUndefined(env) }),
  };
}

function applicationOf(written: WrittenApplication, shared: WrittenConfig): ApplicationConfig {
  const {
    instanceType,
    approvers,
    operators,
    developers,
    calendar = shared.calendar,
    notifications,
    approvalExpiryDays,
    deployment,
    imageSchedule,
    https,
    source,
    build,
    test,
    loadTest,
    environments: _,
    ...rest
  } = written;
  const approversOf = defined(approvers ?? shared.approvers);
  const [qat, prod] = [placeOf(shared, written, 'qat'), placeOf(shared, written, 'prod')];
  return {
    ...rest,
    source: sourceOf(source),
    instanceTypes:
      typeof instanceType === 'string'
        ? { image: instanceType, qat: instanceType, prod: instanceType }
        : instanceType,
    approvers: { qc: roleApprovers(approversOf.qc), pmo: roleApprovers(approversOf.pmo) },
    operators: defined(operators ?? shared.operators),
    developers: developers ?? shared.developers,
    calendar: calendar === undefined ? EMPTY_CALENDAR : withTimeZones(calendar),
    notifications: notificationsOf(notifications ?? shared.notifications),
    approvalExpiryDays: approvalExpiryDays ?? shared.approvalExpiryDays,
    deployment: {
      ...deployment,
      soakMinutes: deployment.soakMinutes ?? shared.soakMinutes,
    },
    ...(imageSchedule && { imageSchedule }),
    ...(build && { build }),
    ...(test && { test }),
    ...(loadTest && { loadTest: { ...loadTest, vpc: true } }),
    ...(https && { https: withoutUndefined(https) }),
    ...((qat || prod) && { environments: { ...(qat && { qat }), ...(prod && { prod }) } }),
  };
}

const roleApprovers = (written: NonNullable<WrittenConfig['approvers']>[ApproverRole]): RoleApprovers =>
  'addresses' in written ? written : { addresses: written, count: 1 };

function sourceOf(source: WrittenApplication['source']): SourceConfig {
  if (source?.objectKey !== undefined)
    return {
      kind: 's3',
      objectKey: source.objectKey,
      ...(source.manifestKeys && { manifestKeys: source.manifestKeys.map(keyText) }),
    };
  if (source === undefined) return { kind: 'codecommit' };
  const { tokenSecretArn, cloneUrl, provider: name = DEFAULT_PROVIDER, apiUrl = API_URLS[name] } = source;
  return {
    kind: 'connection',
    connectionArn: defined(source.connectionArn),
    repository: defined(source.repository),
    ...(tokenSecretArn !== undefined && { provider: { name, tokenSecretArn, apiUrl } }),
    ...(cloneUrl !== undefined && { cloneUrl }),
  };
}

const networkOf = (network: WrittenConfig['network']): NetworkConfig => ({
  internetAccess: network.internetAccess,
  cidr: network.cidr ?? DEFAULT_CIDR,
  ...(network.vpcId !== undefined && {
    existing: {
      vpcId: network.vpcId,
      publicSubnetIds: defined(network.publicSubnetIds),
      privateSubnetIds: defined(network.privateSubnetIds),
    },
  }),
});

/** Digits of a configuration's digest: enough to distinguish two. */
const VERSION_DIGITS = 12;

/** Who is to get an application's mail, by role. */
export const mailAddresses = ({
  approvers,
  operators,
}: Pick<ApplicationConfig, 'approvers' | 'operators'>) => ({
  qc: approvers.qc.addresses,
  pmo: approvers.pmo.addresses,
  operator: operators,
});

/** Digest of everything that is configured about an application but when it is promoted and who is told: a decision is bound to it. */
export const configurationVersion = (
  { applications: _, env: __, ...shared }: LockstepConfig,
  { calendar: _calendar, notifications: _notifications, ...application }: ApplicationConfig,
): string =>
  createHash('sha256')
    .update(JSON.stringify([application, shared]))
    .digest('hex')
    .slice(0, VERSION_DIGITS);

function describe(issue: z.core.$ZodIssue, root: unknown): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return line(
        path,
        at(root, path),
        renamed[key] ?? 'This key is unknown. Remove it, or correct its spelling.',
      );
    });
  if (issue.code === 'invalid_union') {
    // For a value of the right kind with a fault inside, the message names that fault.
    const inner = issue.errors
      .flat()
      .filter(({ path }) => path.length > 0)
      .map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
    const unknown = issue.errors.flat().filter(({ code }) => code === 'unrecognized_keys');
    const faults = [...inner, ...unknown.map((one) => ({ ...one, path: [...issue.path, ...one.path] }))];
    if (faults.length > 0) return [...new Set(faults.flatMap((one) => describe(one, root)))];
  }
  const remedy = issue.code === 'custom' && issue.message !== 'Invalid input' ? issue.message : undefined;
  return [line(issue.path, at(root, issue.path), remedy ?? remedyFor(issue.path))];
}

function line(path: readonly PropertyKey[], received: unknown, remedy: string): string {
  const key = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const given = received === undefined ? 'nothing was given' : `received ${JSON.stringify(received)}`;
  return `- ${CONFIG_KEY}${key}: ${given}. ${remedy}`;
}

const at = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );

/** The schema has made sure of it. */
function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a default that the schema requires is missing');
  return value;
}

const withoutUndefined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>;
