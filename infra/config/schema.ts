import { z } from 'zod';
import { type Runtime, runtimes } from '../aws/runtimes.ts';
import { checkTogether } from './checks.ts';

const addresses = z.array(z.email()).min(1).readonly();
const approvers = z.strictObject({ qc: addresses, pmo: addresses });

// States wait at most a year; a week is the default.
const expiryDays = z.int().min(1).max(90);
// CodeDeploy allows two days; every minute of it lengthens each promotion.
const terminationWait = z.int().min(0).max(120);

const certificateArn = z
  .string()
  .regex(/^arn:aws(?:-[a-z-]+)?:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/);
const domainName = z
  .string()
  .max(253)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/);
const hostedZone = z.strictObject({ id: z.string().regex(/^Z[A-Z0-9]{1,31}$/), name: domainName });
const website = z.strictObject({ domainName, certificateArn, hostedZone: hostedZone.optional() });

const instanceType = z.string().regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/);
const instanceTypes = z
  .strictObject({
    image: instanceType.default('t3.small'),
    qat: instanceType.default('t3.small'),
    prod: instanceType.default('t3.small'),
  })
  .readonly();

const deployment = z.strictObject({
  configuration: z
    .union([
      z.enum(['one-at-a-time', 'half-at-a-time', 'all-at-once']),
      z.strictObject({ minimumHealthyPercent: z.int().min(0).max(99) }),
    ])
    .default('one-at-a-time'),
  rollback: z
    .strictObject({
      onFailure: z.boolean().default(true),
      // CodeDeploy watches at most ten alarms per group.
      onAlarms: z.array(z.string().min(1).max(255)).max(10).readonly().default([]),
    })
    .default({ onFailure: true, onAlarms: [] }),
  terminationWaitMinutes: terminationWait.optional(),
});

const imageSchedule = z.strictObject({
  cron: z.string().regex(/^cron\((?:\S+ ){4,5}\S+\)$/),
  timeZone: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/)
    .default('UTC'),
});

const source = z.strictObject({
  connectionArn: z
    .string()
    .regex(
      /^arn:aws(?:-[a-z-]+)?:(?:codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection\/[\w-]+$/,
    )
    .optional(),
  repository: z
    .string()
    .regex(/^[\w.-]+(?:\/[\w.-]+)+$/)
    .optional(),
  objectKey: z
    .string()
    .regex(/^(?!\/)[\w!.*'()/-]{1,1024}$/)
    .optional(),
});

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/);
const parameterName = z.string().regex(/^\/?[\w.-]+(?:\/[\w.-]+)*$/);
const test = z.strictObject({
  buildspec: z
    .string()
    .regex(/^(?!\/)(?!.*\.\.)[\w./-]+\.ya?ml$/)
    .default('buildspec.yml'),
  environment: z
    .record(variableName, z.union([z.string().max(1000), z.strictObject({ parameter: parameterName })]))
    .default({}),
  computeType: z.enum(['small', 'medium', 'large']).default('small'),
  timeoutMinutes: z.int().min(5).max(480).default(30),
  cache: z.boolean().default(true),
  vpc: z.boolean().default(false),
});

const account = z.string().regex(/^\d{12}$/);
const region = z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/);

const subnets = (least: number) =>
  z
    .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/))
    .min(least)
    .readonly();
// How instances reach AWS is baked into the images, which all environments share: it is said once.
const environmentNetwork = z.strictObject({
  cidr: z
    .string()
    .regex(/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}0\/(?:1[6-9]|2[0-4])$/)
    .optional(),
  vpcId: z
    .string()
    .regex(/^vpc-[0-9a-f]{8,17}$/)
    .optional(),
  // A load balancer spans two zones.
  publicSubnetIds: subnets(2).optional(),
  privateSubnetIds: subnets(1).optional(),
});
const network = environmentNetwork.extend({
  internetAccess: z.enum(['nat-gateway', 'endpoints']).default('nat-gateway'),
});
const place = z.strictObject({
  account: account.optional(),
  region,
  network: environmentNetwork.optional(),
});
const environments = z.strictObject({ qat: place.optional(), prod: place.optional() });

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
  source: source.optional(),
  port: z.int().min(1).max(65535).default(8080),
  healthCheckPath: z
    .string()
    .regex(/^\/[\w\-.~/%]*$/)
    .max(1024)
    .default('/health'),
  runtime: z.enum(Object.keys(runtimes) as [Runtime, ...Runtime[]]),
  instanceType: z.union([instanceType, instanceTypes]).default('t3.small'),
  fleet: z
    .strictObject({ min: z.int().min(1).max(100).default(2), max: z.int().min(1).max(100).default(4) })
    .refine(({ min, max }) => min <= max)
    .default({ min: 2, max: 4 }),
  approvers: approvers.optional(),
  operators: addresses.optional(),
  approvalExpiryDays: expiryDays.optional(),
  whenNewer: z.enum(['supersede', 'wait']).default('supersede'),
  deployment: deployment.optional(),
  imageSchedule: imageSchedule.optional(),
  test: test.optional(),
  https: website.optional(),
  environments: environments.optional(),
});

/** What may stand under the context key `lockstep`, with defaults; `checks.ts` holds what concerns several keys. */
export const configuration = z
  .strictObject({
    // Each has a load balancer, and a region has 50 of them unless AWS is asked for more.
    applications: z.array(application).min(1).max(50),
    approvers: approvers.optional(),
    operators: addresses.optional(),
    approvalExpiryDays: expiryDays.default(7),
    approvals: z
      .strictObject({
        makersMayDecide: z.boolean().default(false),
        reminderHours: z.int().min(1).max(720).default(24),
        freshSignInMinutes: z.int().min(1).max(480).default(15),
      })
      .default({ makersMayDecide: false, reminderHours: 24, freshSignInMinutes: 15 }),
    terminationWaitMinutes: terminationWait.default(5),
    network: network.optional(),
    environments: environments.optional(),
    approvalsSite: website.optional(),
    env: z.strictObject({ account: account.optional(), region: region.optional() }).optional(),
  })
  .superRefine((value, context) =>
    checkTogether(value, (fault) => context.addIssue({ code: 'custom', ...fault })),
  );

/** The configuration as written, with the defaults of the schema. */
export type WrittenConfig = z.output<typeof configuration>;
