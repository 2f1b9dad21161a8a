import { AwsError, type Host, type PolicyStatement } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';

/** A function as the store keeps it. */
export interface FunctionRecord {
  readonly name: string;
  readonly arn: string;
  readonly role: string;
  readonly handler: string;
  readonly runtime: string;
  readonly description: string;
  /** Seconds. */
  readonly timeout: number;
  /** MB. */
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
  /** An asset of the assembly, or a folder with the code that stood in the template. */
  readonly code: { readonly bucket: string; readonly key: string } | { readonly directory: string };
  /** Changes with code and configuration; workers of an older revision serve no more. */
  readonly revisionId: string;
  readonly reservedConcurrency?: number;
  readonly logGroup: string;
  readonly logFormat: string;
  readonly logLevel: string;
  readonly deadLetterArn?: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** How often and for how long asynchronous invocations of one function are attempted. */
export interface EventInvokeConfig {
  readonly maximumRetryAttempts?: number;
  /** Seconds. */
  readonly maximumEventAge?: number;
  readonly onFailureArn?: string;
}

/** Functions by name. */
export const functionTable = (host: Host) => host.store.table<FunctionRecord>('lambda.functions');

/** By function name. */
export const eventInvokeConfigs = (host: Host) =>
  host.store.table<EventInvokeConfig>('lambda.eventInvokeConfigs');

/** Statements of resource policies by `function name/statement id`. */
export const permissionTable = (host: Host) => host.store.table<PolicyStatement>('lambda.permissions');

/** The ARN of a function in this run's account. */
export const functionArn = (host: Host, name: string): string => arnOf(host, 'lambda', `function:${name}`);

/**
 * The function's name within what a caller may give: a name, an ARN or part of one, with or without a qualifier.
 * @throws AwsError `InvalidParameterValueException` for a version or alias, of which there are none
 */
export const functionName = (given: string | undefined, qualifier?: string): string => {
  const match = /^(?:(?:arn:[^:]+:lambda:[^:]*:)?(?:\d{12}:)?function:)?([\w-]+)(?::([\w$-]+))?$/.exec(
    given ?? '',
  );
  const version = qualifier ?? match?.[2] ?? '$LATEST';
  if (match?.[1] && version === '$LATEST') return match[1];
  throw new AwsError(
    'InvalidParameterValueException',
    match
      ? `The emulator has no versions or aliases of functions; received ${given}, qualifier ${version}. Leave it out.`
      : `FunctionName must be a function's name or ARN; received ${JSON.stringify(given)}.`,
  );
};

/** @throws AwsError `ResourceNotFoundException` */
export const findFunction = (host: Host, given: string | undefined, qualifier?: string): FunctionRecord => {
  const name = functionName(given, qualifier);
  const found = functionTable(host).get(name);
  if (found) return found;
  throw new AwsError('ResourceNotFoundException', `Function not found: ${functionArn(host, name)}`, 404, {
    Type: 'User',
  });
};
