import { z } from 'zod';

// The title says in the table of docs/configuration.md what a value looks like.

/** At least one e-mail address. */
export const addresses = z.array(z.email()).min(1).readonly();

/** In AWS Certificate Manager. */
export const certificateArn = z
  .string()
  .regex(/^arn:aws(?:-[a-z-]+)?:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/)
  .meta({ title: "certificate's ARN" });

/** In lower case, such as `orders.example.com`. */
export const domainName = z
  .string()
  .max(253)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/)
  .meta({ title: 'domain name' });

/** Id of a Route 53 hosted zone. */
export const hostedZoneId = z
  .string()
  .regex(/^Z[A-Z0-9]{1,31}$/)
  .meta({ title: "hosted zone's id" });

/** An EC2 instance type, such as `t3.small`. */
export const instanceType = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/)
  .meta({ title: 'EC2 instance type' });

/** Image Builder's, in five or six fields. */
export const cron = z
  .string()
  .regex(/^cron\((?:\S+ ){4,5}\S+\)$/)
  .meta({ title: '`cron(…)`' });

/** Such as `Europe/Berlin`. */
export const timeZone = z
  .string()
  .regex(/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/)
  .meta({ title: 'time zone' });

/** Of AWS CodeConnections. */
export const connectionArn = z
  .string()
  .regex(
    /^arn:aws(?:-[a-z-]+)?:(?:codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection\/[\w-]+$/,
  )
  .meta({ title: "connection's ARN" });

/** Owner and name, such as `example/orders`. */
export const repository = z
  .string()
  .regex(/^[\w.-]+(?:\/[\w.-]+)+$/)
  .meta({ title: '`owner/name`' });

/** Of an object in S3. */
export const objectKey = z
  .string()
  .regex(/^(?!\/)[\w!.*'()/-]{1,1024}$/)
  .meta({ title: "object's key" });

/** Name of an environment variable. */
export const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/);

/** Name of an SSM parameter. */
export const parameterName = z
  .string()
  .regex(/^\/?[\w.-]+(?:\/[\w.-]+)*$/)
  .meta({ title: "SSM parameter's name" });

/** Path of a buildspec in the repository. */
export const buildspec = z
  .string()
  .regex(/^(?!\/)(?!.*\.\.)[\w./-]+\.ya?ml$/)
  .meta({ title: 'path of a YAML file' });

/** An AWS account's 12 digits, as text. */
export const account = z
  .string()
  .regex(/^\d{12}$/)
  .meta({ title: '12 digits, in quotes' });

/** An AWS region. */
export const region = z
  .string()
  .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/)
  .meta({ title: 'AWS region' });

/** At least so many ids of subnets. */
export const subnets = (least: number) =>
  z
    .array(
      z
        .string()
        .regex(/^subnet-[0-9a-f]{8,17}$/)
        .meta({ title: "subnet's id" }),
    )
    .min(least)
    .readonly();

/** An IPv4 range with a prefix of 16 to 24 bits. */
export const cidr = z
  .string()
  .regex(/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}0\/(?:1[6-9]|2[0-4])$/)
  .meta({ title: 'IPv4 range, `/16` to `/24`' });

/** Id of a VPC. */
export const vpcId = z
  .string()
  .regex(/^vpc-[0-9a-f]{8,17}$/)
  .meta({ title: "VPC's id" });

// Longest derived name: the Image Builder components'. `platform` would name a second platform stack.
/** Name of an application. */
export const applicationName = z
  .string()
  .regex(/^[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?$/)
  .refine((name) => name !== 'platform')
  .meta({ title: '1 to 24 of `a-z`, `0-9`, `-`' });

/** A git branch. */
export const branch = z
  .string()
  .regex(/^(?![/.-])(?!.*(?:\.\.|\/\/|@\{))[A-Za-z0-9._/-]{1,200}(?<![/.])$/)
  .meta({ title: 'git branch' });

/** A URL's path without a query. */
export const urlPath = z
  .string()
  .regex(/^\/[\w\-.~/%]*$/)
  .max(1024)
  .meta({ title: 'path' });

// States wait at most a year; a week is the default.
/** Days that a request for an approval waits. */
export const expiryDays = z.int().min(1).max(90);

// CodeDeploy allows two days; every minute of it lengthens each promotion.
/** Minutes that the old fleet is kept. */
export const terminationWait = z.int().min(0).max(120);

/** IPv4 range of a VPC that Lockstep makes, unless the configuration gives another. */
export const DEFAULT_CIDR = '10.0.0.0/16';
