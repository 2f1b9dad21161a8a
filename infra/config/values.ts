import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { isTimeZone, readLocalTime } from '../../tasks/calendar/local-time.ts';

/** A text of a pattern. @param title what it looks like, for the table of docs/configuration.md */
const text = (title: string, pattern: RegExp) => z.string().regex(pattern).meta({ title });

/** At least one e-mail address. */
export const addresses = z.array(z.email()).min(1).readonly();

/** E-mail addresses, or none. */
export const anyAddresses = z.array(z.email()).readonly();

/** In AWS Certificate Manager. */
export const certificateArn = text(
  "certificate's ARN",
  /^arn:aws(?:-[a-z-]+)?:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/,
);

/** In lower case, such as `orders.example.com`. */
export const domainName = text(
  'domain name',
  /^(?!.{254})(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
);

/** Id of a Route 53 hosted zone. */
export const hostedZoneId = text("hosted zone's id", /^Z[A-Z0-9]{1,31}$/);

/** An EC2 instance type, such as `t3.small`. */
export const instanceType = text('EC2 instance type', /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/);

/** Image Builder's, in five or six fields. */
export const cron = text('`cron(…)`', /^cron\((?:\S+ ){4,5}\S+\)$/);

/** Such as `Europe/Berlin`. */
export const timeZone = text('time zone', /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/);

/** A time zone that Node knows, too. */
export const knownTimeZone = z.string().refine(isTimeZone).meta({ title: 'time zone' });

/** Such as `Fri 16:00` or `2026-12-18 18:00`. */
export const localTime = z
  .string()
  .refine((written) => readLocalTime(written) !== undefined)
  .meta({ title: '`Fri 16:00` or `2026-12-18 18:00`' });

/** What people read of a freeze or a window. */
export const calendarName = text('1 to 60 characters', /^(?! )[\x20-\x7e\p{L}\p{N}]{1,60}(?<! )$/u);

/** Of AWS CodeConnections. */
export const connectionArn = text(
  "connection's ARN",
  /^arn:aws(?:-[a-z-]+)?:(?:codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection\/[\w-]+$/,
);

/** Of an IAM role; not of a session, and with no wildcard. */
export const roleArn = z
  .string()
  .regex(/^arn:aws(?:-[a-z-]+)?:iam::\d{12}:role\/[\w+=,.@/-]+$/)
  .meta({ title: "IAM role's ARN" });

/** Owner and name, such as `example/orders`. */
export const repository = text('`owner/name`', /^[\w.-]+(?:\/[\w.-]+)+$/);

/** Of a secret in Secrets Manager, complete: with the six characters at its end. */
export const secretArn = text(
  "secret's ARN",
  /^arn:aws(?:-[a-z-]+)?:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
);

/** Of a REST API; without a query. */
export const apiUrl = text('`https://` URL', /^https:\/\/[a-z0-9.-]+(?::\d{1,5})?(?:\/[\w./-]*)?$/);

/** Of a topic in SNS. */
export const topicArn = text("topic's ARN", /^arn:aws(?:-[a-z-]+)?:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/);

/** By HTTPS to a host with a name; plain HTTP on this machine alone. */
export const webhookUrl = text(
  '`https://` URL',
  /^(?:https:\/\/(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+(?::\d{1,5})?|http:\/\/127\.0\.0\.1:\d{1,5})(?:\/[\w.~%/-]*)?(?:\?[\w.~%/=&+:-]*)?$/i,
);

/** Providers of repositories that are read, with the address of their own REST API. */
export const API_URLS = {
  github: 'https://api.github.com',
  gitlab: 'https://gitlab.com/api/v4',
} as const;

/** Name of a provider whose repositories are read. */
export type ProviderName = keyof typeof API_URLS;

/** The provider, unless the configuration names another. */
export const DEFAULT_PROVIDER: ProviderName = 'github';

/** Of an object in S3. */
export const objectKey = text("object's key", /^(?!\/)[\w!.*'()/-]{1,1024}$/);

/** The key itself, without PEM's lines: it fits into a function's variables beside everything else. */
export const keyText = (pem: string): string =>
  createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64');

const isP256 = (pem: string): boolean => {
  // A certificate or a private key would be read as well.
  if (!/^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----\n?$/.test(pem)) return false;
  try {
    return createPublicKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
};

/** Of signatures by ECDSA with P-256. */
export const manifestKeys = z
  .array(z.string().refine(isP256).meta({ title: 'public key in PEM' }))
  .min(1)
  .max(2)
  .readonly();

/** Name of an environment variable. */
export const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/);

/** Name of an SSM parameter. */
export const parameterName = text("SSM parameter's name", /^\/?[\w.-]+(?:\/[\w.-]+)*$/);

/** A key of the JSON that a secret holds. */
export const secretKey = text('key of its JSON', /^[\w.-]{1,128}$/);

/** A container image: of CodeBuild (`aws/codebuild/…`), or of a registry, with a tag or digest. */
export const containerImage = text(
  'container image',
  /^[\w.-]+(?::\d{1,5})?(?:\/[\w.-]+)*(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{64})?$/,
);

/** Where a repository is cloned by HTTPS. */
export const cloneUrl = text(
  '`https://` URL of a repository',
  /^https:\/\/[a-z0-9.-]+(?::\d{1,5})?(?:\/[\w.-]+)+\.git$/,
);

/** Path of a buildspec in the repository. */
export const buildspec = text('path of a YAML file', /^(?!\/)(?!.*\.\.)[\w./-]+\.ya?ml$/);

/** An AWS account's 12 digits, as text. */
export const account = text('12 digits, in quotes', /^\d{12}$/);

/** An AWS region. */
export const region = text('AWS region', /^[a-z]{2}(?:-[a-z]+)+-\d$/);

/** At least so many ids of subnets. */
export const subnets = (least: number) =>
  z
    .array(text("subnet's id", /^subnet-[0-9a-f]{8,17}$/))
    .min(least)
    .readonly();

/** An IPv4 range with a prefix of 16 to 24 bits. */
export const cidr = text(
  'IPv4 range, `/16` to `/24`',
  /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}0\/(?:1[6-9]|2[0-4])$/,
);

/** Id of a VPC. */
export const vpcId = text("VPC's id", /^vpc-[0-9a-f]{8,17}$/);

// Longest derived name: the Image Builder components'. `platform` would name a second platform stack.
/** Name of an application. */
export const applicationName = text('git branch', /^[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?$/)
  .refine((name) => name !== 'platform')
  .meta({ title: '1 to 24 of `a-z`, `0-9`, `-`' });

/** A git branch. */
export const branch = text('git branch', /^(?![/.-])(?!.*(?:\.\.|\/\/|@\{))[A-Za-z0-9._/-]{1,200}(?<![/.])$/);

/** A URL's path without a query. */
export const urlPath = text('path', /^\/[\w\-.~/%]{0,1023}$/);

// States wait at most a year; a week is the default.
/** Days that a request for an approval waits. */
export const expiryDays = z.int().min(1).max(90);

// CodeDeploy allows two days; every minute of it lengthens each promotion.
/** Minutes that the old fleet is kept after the cut-over. */
export const soak = z.int().min(0).max(2880);

/** IPv4 range of a VPC that Lockstep makes, unless the configuration gives another. */
export const DEFAULT_CIDR = '10.0.0.0/16';

/** Name of an IAM user or of a role's session, or login at GitHub or GitLab. */
export const pusherName = z
  .string()
  .regex(/^[\w+=,.@-]{1,64}$/)
  .meta({ title: "IAM user's or session's name, or login at GitHub or GitLab" });

/** As git has it: often no address that mail reaches. */
export const commitAddress = z
  .string()
  .regex(/^[\x21-\x7e]{1,320}$/)
  .meta({ title: "commit's e-mail address" });

/** Name of a company's identity provider; an underscore would end it early in the user names that begin with it. */
export const providerName = text(
  'letters, digits and hyphens',
  /^(?!(?:cognito|facebook|google|loginwithamazon|signinwithapple)$)[a-z][a-z0-9-]{1,30}[a-z0-9]$/i,
);

/** By HTTPS; plain HTTP on this machine alone. */
export const providerUrl = text(
  "provider's address",
  /^(?:https:\/\/[a-z0-9.-]+(?::\d+)?|http:\/\/127\.0\.0\.1:\d+)(?:\/[\w.~%/-]*)?(?:\?[\w.~%/=&+:-]*)?$/i,
);

/** As the company's provider sends it. */
export const claimName = text('name of a claim', /^[\w.:/-]{1,256}$/);

/** As the company's provider sends it; Cognito keeps 2,048 characters of all of them. */
export const companyGroup = text("company group's name", /^(?! )[\x20-\x7e\p{L}\p{N}]{1,128}(?<! )$/u);
