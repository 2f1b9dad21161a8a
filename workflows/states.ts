import type { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Condition,
  type Fail,
  IntegrationPattern,
  type RetryProps,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type {
  AcquireLockRequest,
  ApproverRole,
  Candidate,
  Environment,
  JobKind,
  JobParameters,
  LockedWork,
  RequestApprovalRequest,
  StartJobRequest,
} from '../tasks/payloads.ts';
import { environmentRestoringRetry, lambdaServiceRetry, pushNotConfirmedRetry } from './retries.ts';

/** The promotion's id: the execution's name. */
export const promotionId = '{% $states.context.Execution.Name %}';
const taskToken = '{% $states.context.Task.Token %}';
/** Redrives count retries from 0 again, of which a state has far fewer than a hundred. What is absent counts nothing. */
const stateAttempt =
  '{% $sum([$states.context.Execution.RedriveCount * 100, $states.context.State.RetryCount]) %}';
const redrives = '{% $states.context.Execution.RedriveCount %}';
const startedAt = '$states.context.Execution.StartTime';

/** The Fail states of promotions that are superseded, stale or recalled, by error. */
export type LockEnds = Readonly<Record<string, Fail>>;

/** A request's fields as the definition has them: text for every value. */
type Written<Request> = { readonly [Field in keyof Request]: unknown };

/** What a state's request says about the lock that it needs. */
const withLock = (environment: Environment): Written<LockedWork> => ({
  promotionId,
  application: '{% $promotion.application %}',
  environment,
  redrives,
});

/** Variables that a state assigns, by name; each a JSONata expression or plain JSON. */
type Assignments = Readonly<Record<string, unknown>>;

/** What every state has. */
interface StateProps {
  readonly assign?: Assignments;
  readonly timeout: Duration;
  /** The environment whose lock its promotion must hold, if any. */
  readonly environment?: Environment;
  /** Ends that are no technical failures. @default none */
  readonly ends?: LockEnds;
  /** What is retried besides the Lambda service's own errors. @default nothing */
  readonly retry?: RetryProps;
}

/**
 * Acquires an environment's lock: requests it, and waits until the promotion holds it.
 * @param input where the promotion's input is
 */
export function lockState(
  scope: Construct,
  state: string,
  acquireLock: IFunction,
  {
    input,
    environment,
    ...props
  }: StateProps & { readonly environment: Environment; readonly input: string },
): LambdaInvoke {
  const request: Written<AcquireLockRequest> = {
    ...withLock(environment),
    application: `{% ${input}.application %}`,
    executionArn: '{% $states.context.Execution.Id %}',
    commitId: `{% ${input}.commitId %}`,
    pushedAt: `{% $exists(${input}.pushedAt) ? ${input}.pushedAt : ${startedAt} %}`,
    startedAt: `{% ${startedAt} %}`,
    taskToken,
    stateAttempt,
  };
  return callback(scope, state, acquireLock, request, props);
}

/** An external job: starts it, and waits until complete-job completes the task. */
export function jobState<Kind extends JobKind>(
  scope: Construct,
  state: string,
  startJob: IFunction,
  props: StateProps & {
    readonly kind: Kind;
    readonly parameters: JobParameters[Kind];
    readonly environment: Environment;
  },
): LambdaInvoke {
  const { kind, parameters } = props;
  const request: Written<StartJobRequest & LockedWork> = {
    ...withLock(props.environment),
    state,
    taskToken,
    stateAttempt,
    kind,
    parameters,
  };
  return callback(scope, state, startJob, request, props);
}

/** A person's decision: requests it, and waits until the decision completes the task, or the request expires. */
export function approvalState(
  scope: Construct,
  state: string,
  requestApproval: IFunction,
  props: StateProps & { readonly role: ApproverRole; readonly candidate: Candidate },
): LambdaInvoke {
  const request: Written<RequestApprovalRequest> = {
    promotionId,
    redrives,
    state,
    taskToken,
    stateAttempt,
    role: props.role,
    expiresInSeconds: props.timeout.toSeconds(),
    candidate: props.candidate,
  };
  return callback(scope, state, requestApproval, request, { ...props, retry: pushNotConfirmedRetry });
}

/** A function that returns within seconds. */
export const functionState = <Request extends object>(
  scope: Construct,
  state: string,
  lambdaFunction: IFunction,
  props: StateProps & { readonly request: Request },
): LambdaInvoke =>
  invoke(
    scope,
    state,
    lambdaFunction,
    { ...props.request, ...(props.environment && withLock(props.environment)) },
    props,
  );

/** Whether the decision kept in a variable is anything but an approval: anything unclear counts as rejected. */
export const isRejected = (variable: string): Condition =>
  Condition.jsonata(`{% $not($${variable}.decision = 'approve') %}`);

/** The cause that the task token failed with, or the message of the error that a function threw; `readCause` reads both. */
const ended = {
  cause:
    "{% [$substring($states.errorOutput.Cause, 0, 1) = '{' ? $parse($states.errorOutput.Cause).errorMessage, $states.errorOutput.Cause][0] %}",
};

const callback = (
  scope: Construct,
  state: string,
  lambdaFunction: IFunction,
  request: object,
  props: StateProps,
): LambdaInvoke =>
  invoke(scope, state, lambdaFunction, request, props, IntegrationPattern.WAIT_FOR_TASK_TOKEN);

function invoke(
  scope: Construct,
  state: string,
  lambdaFunction: IFunction,
  request: object,
  { assign, timeout, environment, ends = {}, retry }: StateProps,
  integrationPattern: IntegrationPattern = IntegrationPattern.REQUEST_RESPONSE,
): LambdaInvoke {
  const task = LambdaInvoke.jsonata(scope, state, {
    lambdaFunction,
    integrationPattern,
    payload: TaskInput.fromObject({ ...request }),
    taskTimeout: Timeout.duration(timeout),
    ...(assign && { assign: { ...assign } }),
    // What a later state needs is in a variable.
    outputs: {},
    // Replaced by the policy below, which also covers throttling.
    retryOnServiceExceptions: false,
  });
  task.addRetry(lambdaServiceRetry);
  if (environment === 'prod') task.addRetry(environmentRestoringRetry);
  if (retry !== undefined) task.addRetry(retry);
  for (const [error, end] of Object.entries(ends)) task.addCatch(end, { errors: [error], outputs: ended });
  return task;
}
