import { join } from 'node:path';
import { Duration, PhysicalName } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { FunctionEnvironment, FunctionName } from '../../tasks/functions.ts';
import { createDeadLetterQueue } from './operations/dead-letter-queue.ts';
import { Grantee } from './permissions.ts';

interface LockstepFunctionProps<Name extends FunctionName> {
  readonly name: Name;
  /** Directory that holds the bundles: `<bundles>/<name>/index.js`. */
  readonly bundles: string;
  readonly description: string;
  /** Exactly the variables that the function reads. */
  readonly environment: FunctionEnvironment<Name>;
  /** @default 1 minute */
  readonly timeout?: Duration;
  /** Events, not callers, invoke it: what it fails with for good is kept in a queue. @default false */
  readonly isAsynchronous?: boolean;
  /** That queue, if the function has to know it. @default a new one, if events invoke it */
  readonly deadLetters?: Queue;
  /** Only of one that another stack calls. @default CloudFormation's */
  readonly functionName?: string;
  /** In MiB; CPU grows with it. @default 512 */
  readonly memorySize?: number;
}

/** Why what concerns executions is granted on all of one state machine. */
export const EXECUTIONS_REASON =
  'Executions of this one state machine: each promotion is one, and its name is made with it.';

/** One of Lockstep's functions, with a role and a log group of its own. It may do nothing until it is allowed to. */
export class LockstepFunction<Name extends FunctionName> extends Grantee {
  readonly name: Name;
  readonly function: LambdaFunction;
  readonly role: Role;
  /** Only of a function that is invoked asynchronously. */
  readonly deadLetters: Queue | undefined;

  constructor(scope: Construct, id: string, props: LockstepFunctionProps<Name>) {
    super(scope, id);
    this.name = props.name;
    const logGroup = new LogGroup(this, 'Logs', { retention: RetentionDays.THREE_MONTHS });
    this.role = new Role(this, 'Role', {
      description: `${props.name}: ${props.description}`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      // Only if another account must trust it by name.
      roleName: PhysicalName.GENERATE_IF_NEEDED,
    });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    this.allowWithoutResource('xray:PutTelemetryRecords', 'xray:PutTraceSegments');
    this.deadLetters =
      props.deadLetters ?? (props.isAsynchronous ? createDeadLetterQueue(this, 'DeadLetters') : undefined);
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      ...(props.functionName !== undefined && { functionName: props.functionName }),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(join(props.bundles, props.name)),
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      environment: { ...props.environment },
      timeout: props.timeout ?? Duration.minutes(1),
      memorySize: props.memorySize ?? 512,
      ...(this.deadLetters && { deadLetterQueue: this.deadLetters }),
    });
  }
}

/** The dead letters of a function that has some. @throws Error for one that callers invoke */
export function deadLettersOf({ name, deadLetters }: LockstepFunction<FunctionName>): Queue {
  if (deadLetters === undefined) throw new Error(`${name} has no dead letters. Give isAsynchronous.`);
  return deadLetters;
}
