import type { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Condition, IntegrationPattern, TaskInput, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type {
  ApprovalSubject,
  ApproverRole,
  JobKind,
  JobSubjects,
  RequestApprovalRequest,
  StartJobRequest,
} from '../tasks/payloads.ts';
import { lambdaServiceRetry } from './retries.ts';

/** The promotion's id: the execution's name. */
export const promotionId = '{% $states.context.Execution.Name %}';
const taskToken = '{% $states.context.Task.Token %}';
/** Redrives count retries from 0 again, of which a state has far fewer than a hundred. What is absent counts nothing. */
const tryNumber =
  '{% $sum([$states.context.Execution.RedriveCount * 100, $states.context.State.RetryCount]) %}';

/** Variables that a state assigns, by name; each a JSONata expression or plain JSON. */
export type Assignments = Readonly<Record<string, unknown>>;

/** What every state has. */
interface StateProps {
  readonly assign?: Assignments;
  readonly timeout: Duration;
}

/** An external job: starts it and waits until the job's end is told with the task token. */
export const jobState = <Kind extends JobKind>(
  scope: Construct,
  state: string,
  startJob: IFunction,
  props: StateProps & {
    readonly kind: Kind;
    readonly subject: JobSubjects[Kind];
  },
): LambdaInvoke => {
  const { kind, subject } = props;
  const request: { readonly [Key in keyof StartJobRequest]: unknown } = {
    promotionId,
    state,
    taskToken,
    tryNumber,
    kind,
    subject,
  };
  return callback(scope, state, startJob, request, props);
};

/** A person's decision: asks for it and waits until it is told with the task token, or time is up. */
export const approvalState = (
  scope: Construct,
  state: string,
  requestApproval: IFunction,
  props: StateProps & { readonly role: ApproverRole; readonly subject: ApprovalSubject },
): LambdaInvoke => {
  const request: { readonly [Key in keyof RequestApprovalRequest]: unknown } = {
    promotionId,
    state,
    taskToken,
    tryNumber,
    role: props.role,
    expiresInSeconds: props.timeout.toSeconds(),
    subject: props.subject,
  };
  return callback(scope, state, requestApproval, request, props);
};

/** A function's answer within seconds. */
export const functionState = <Request extends object>(
  scope: Construct,
  state: string,
  lambdaFunction: IFunction,
  props: StateProps & { readonly request: Request },
): LambdaInvoke => invoke(scope, state, lambdaFunction, props.request, props);

/** Whether the decision kept in a variable is anything but an approval: what is unclear counts as refused. */
export const isRefused = (variable: string): Condition =>
  Condition.jsonata(`{% $not($${variable}.decision = 'approve') %}`);

const callback = (
  scope: Construct,
  state: string,
  lambdaFunction: IFunction,
  request: object,
  props: StateProps,
): LambdaInvoke =>
  invoke(scope, state, lambdaFunction, request, props, IntegrationPattern.WAIT_FOR_TASK_TOKEN);

const invoke = (
  scope: Construct,
  state: string,
  lambdaFunction: IFunction,
  request: object,
  { assign, timeout }: StateProps,
  integrationPattern: IntegrationPattern = IntegrationPattern.REQUEST_RESPONSE,
): LambdaInvoke => {
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
  return task;
};
