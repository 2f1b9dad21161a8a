import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Runtime, runtimes } from './aws/runtimes.ts';

/** Context key in cdk.json that holds the configuration. */
export const CONFIG_KEY = 'lockstep';

/** The configuration cannot be used; the message has a line per fault: key, value received, remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** One application. */
export interface ApplicationConfig {
  /** Names its repository, stack and state machine. */
  readonly name: string;
  /** Pushes to this branch are promoted. */
  readonly branch: string;
  /** Where the application listens on its instances. */
  readonly port: number;
  /** What the load balancer asks for; answers 200 when healthy. */
  readonly healthCheckPath: string;
  readonly runtime: Runtime;
  readonly instanceType: string;
  /** Prod's number of instances. */
  readonly fleet: { readonly min: number; readonly max: number };
  /** Who is asked by mail, per role. */
  readonly approvers: { readonly qc: readonly string[]; readonly pmo: readonly string[] };
  /** Who is told about failures. */
  readonly operators: readonly string[];
}

/** How people approve. */
export interface ApprovalsConfig {
  /** Whether whoever wrote, committed or pushed a change may decide about it. */
  readonly makersMayDecide: boolean;
  /** How often whoever is asked is reminded. */
  readonly reminderHours: number;
  /** After this a decision needs another sign-in. */
  readonly freshSignInMinutes: number;
}

/** The checked configuration, every default filled in. */
export interface LockstepConfig {
  readonly applications: readonly ApplicationConfig[];
  readonly approvalExpiryDays: number;
  readonly approvals: ApprovalsConfig;
  /** How long the old Prod fleet is kept after traffic has moved. */
  readonly terminationWaitMinutes: number;
  /** Where to deploy to; without it, the account and region of the caller's credentials. */
  readonly env?: { readonly account?: string; readonly region?: string };
}

const addresses = z.array(z.email()).min(1).readonly();
const approvers = z.strictObject({ qc: addresses, pmo: addresses });

const application = z.strictObject({
  // Longest derived name: the Image Builder components'. `platform` would name a second platform stack.
  name: z
    .string()
    .regex(/^[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?$/)
    .refine((name) => name !== 'platform'),
  branch: z
    .string()
    .regex(/^(?![/.-])(?!.*(?:\.\.|\/\/|@\{))[A-Za-z0-9._/-]{1,200}(?<![/.])$/)
    .default('main'),
  port: z.int().min(1).max(65535).default(8080),
  healthCheckPath: z
    .string()
    .regex(/^\/[\w\-.~/%]*$/)
    .max(1024)
    .default('/health'),
  runtime: z.enum(Object.keys(runtimes) as [Runtime, ...Runtime[]]),
  instanceType: z
    .string()
    .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/)
    .default('t3.small'),
  fleet: z
    .strictObject({ min: z.int().min(1).max(100).default(2), max: z.int().min(1).max(100).default(4) })
    .refine(({ min, max }) => min <= max)
    .default({ min: 2, max: 4 }),
  approvers: approvers.optional(),
  operators: addresses.optional(),
});

const configuration = z
  .strictObject({
    applications: z.array(application).min(1),
    approvers: approvers.optional(),
    operators: addresses.optional(),
    // States wait at most a year; a week is the default.
    approvalExpiryDays: z.int().min(1).max(90).default(7),
    approvals: z
      .strictObject({
        makersMayDecide: z.boolean().default(false),
        reminderHours: z.int().min(1).max(720).default(24),
        freshSignInMinutes: z.int().min(1).max(480).default(15),
      })
      .default({ makersMayDecide: false, reminderHours: 24, freshSignInMinutes: 15 }),
    // CodeDeploy allows two days; every minute of it lengthens each promotion.
    terminationWaitMinutes: z.int().min(0).max(120).default(5),
    env: z
      .strictObject({
        account: z
          .string()
          .regex(/^\d{12}$/)
          .optional(),
        region: z
          .string()
          .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/)
          .optional(),
      })
      .optional(),
  })
  .superRefine(({ applications, ...shared }, context) => {
    applications.forEach((one, index) => {
      if (applications.findIndex(({ name }) => name === one.name) < index)
        context.addIssue({
          code: 'custom',
          path: ['applications', index, 'name'],
          input: one.name,
          message: 'Another application has this name. Give each its own.',
        });
      for (const key of ['approvers', 'operators'] as const)
        if (one[key] === undefined && shared[key] === undefined)
          context.addIssue({
            code: 'custom',
            path: ['applications', index, key],
            input: undefined,
            message: `Give ${key} here, or for all applications under ${CONFIG_KEY}.${key}.`,
          });
    });
  });

/** What to write instead, by key; `[]` stands for any index. */
const remedies: Readonly<Record<string, string>> = {
  '': 'Give an object with the key applications (see README, Configuration).',
  applications: 'Give a list of at least one application.',
  'applications[]': 'Give an object with at least name and runtime.',
  'applications[].name':
    'Use 1 to 24 lower-case letters, digits and hyphens, beginning with a letter, not ending with a hyphen, and not "platform".',
  'applications[].branch': 'Give the name of a git branch, such as main.',
  'applications[].port': 'Give the port that the application listens on: a whole number from 1 to 65535.',
  'applications[].healthCheckPath': 'Give a path that begins with / and has no query, such as /health.',
  'applications[].runtime': `Give one of: ${Object.keys(runtimes).join(', ')}.`,
  'applications[].instanceType': 'Give an EC2 instance type, such as t3.small.',
  'applications[].fleet': 'Give min and max as whole numbers from 1 to 100, min not above max.',
  'applications[].fleet.min': 'Give a whole number from 1 to 100.',
  'applications[].fleet.max': 'Give a whole number from 1 to 100.',
  approvers: 'Give an object with the lists qc and pmo.',
  operators: 'Give a list of at least one e-mail address.',
  approvalExpiryDays: 'Give a whole number of days from 1 to 90.',
  approvals:
    'Give an object with any of makersMayDecide, reminderHours and freshSignInMinutes, or leave it out.',
  'approvals.makersMayDecide': 'Give true or false; false keeps whoever made a change from approving it.',
  'approvals.reminderHours': 'Give a whole number of hours from 1 to 720.',
  'approvals.freshSignInMinutes': 'Give a whole number of minutes from 1 to 480.',
  terminationWaitMinutes: 'Give a whole number of minutes from 0 to 120.',
  env: 'Give an object with account, region or both, or leave it out.',
  'env.account': 'Give the 12 digits of the AWS account as text, in quotes.',
  'env.region': 'Give an AWS region, such as us-east-1.',
};

/**
 * Checks the configuration and fills in what was left out.
 * @param value what stands under the context key `lockstep`
 * @throws ConfigError naming each faulty key, the value received and the remedy
 */
export const readConfig = (value: unknown): LockstepConfig => {
  const parsed = configuration.safeParse(value);
  if (!parsed.success) {
    const lines = parsed.error.issues.flatMap((issue) => describe(issue, value));
    throw new ConfigError(`The configuration in cdk.json cannot be used:\n${lines.join('\n')}`);
  }
  const { applications, approvers: allApprovers, operators: allOperators, ...shared } = parsed.data;
  return {
    applications: applications.map(({ approvers: own, operators: ownOperators, ...rest }) => ({
      ...rest,
      approvers: defined(own ?? allApprovers),
      operators: defined(ownOperators ?? allOperators),
    })),
    approvalExpiryDays: shared.approvalExpiryDays,
    approvals: shared.approvals,
    terminationWaitMinutes: shared.terminationWaitMinutes,
    ...(shared.env && { env: withoutUndefined(shared.env) }),
  };
};

/** Digits of a configuration's digest: enough to tell two apart. */
const VERSION_DIGITS = 12;

/** Digest of everything that is configured about an application: a decision is bound to it. */
export const configurationVersion = (
  { applications: _, env: __, ...shared }: LockstepConfig,
  application: ApplicationConfig,
): string =>
  createHash('sha256')
    .update(JSON.stringify([application, shared]))
    .digest('hex')
    .slice(0, VERSION_DIGITS);

const describe = (issue: z.core.$ZodIssue, root: unknown): string[] => {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return line(path, at(root, path), 'This key is unknown. Remove it, or correct its spelling.');
    });
  const remedy = issue.code === 'custom' && issue.message !== 'Invalid input' ? issue.message : undefined;
  return [line(issue.path, at(root, issue.path), remedy ?? remedyFor(issue.path))];
};

const line = (path: readonly PropertyKey[], received: unknown, remedy: string): string => {
  const key = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const given = received === undefined ? 'nothing was given' : `received ${JSON.stringify(received)}`;
  return `- ${CONFIG_KEY}${key}: ${given}. ${remedy}`;
};

const remedyFor = (path: readonly PropertyKey[]): string => {
  const pattern = path
    .map((part) => (typeof part === 'number' ? '[]' : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  const shared = pattern.replace(/^applications\[\]\.(approvers|operators)/, '$1');
  if (/^approvers\.(qc|pmo)(\[\])?$|^operators\[\]$/.test(shared))
    return shared.endsWith('[]') ? 'Give an e-mail address.' : 'Give a list of at least one e-mail address.';
  return remedies[pattern] ?? remedies[shared] ?? remedies[''] ?? '';
};

const at = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );

/** The schema has made sure of it. */
const defined = <T>(value: T | undefined): T => {
  if (value === undefined) throw new TypeError('a default that the schema requires is missing');
  return value;
};

const withoutUndefined = ({
  account,
  region,
}: {
  account?: string | undefined;
  region?: string | undefined;
}): { account?: string; region?: string } => ({
  ...(account !== undefined && { account }),
  ...(region !== undefined && { region }),
});
