import { randomUUID } from 'node:crypto';
import type { InvocationResponse } from '@aws-sdk/client-lambda';
import type { OpenTask } from '../../engine/execution.ts';
import { AwsError, type Host, type Principal } from '../../host.ts';
import { sdkService } from './sdk-services.ts';
import { ArgumentsError, shapesOf, toSdkInput, toTaskResult } from './sdk-shapes.ts';

/** How a task's call ended. */
type TaskOutcome =
  /** `output` is a JSON text. */
  | { readonly succeeded: true; readonly output: string }
  | { readonly succeeded: false; readonly error: string; readonly cause: string };

/** On whose behalf a task runs. */
interface TaskOwner {
  readonly roleArn: string;
  readonly stateMachineArn: string;
}

const failed = (error: string, cause: string): TaskOutcome => ({ succeeded: false, error, cause });

/** Makes a task's call with the state machine's role. Never rejects for what the call or its Arguments do. */
export const runTask = async (host: Host, task: OpenTask, owner: TaskOwner): Promise<TaskOutcome> => {
  let principal: Principal;
  try {
    principal = host.assumeRole(owner.roleArn, 'states.amazonaws.com', owner.stateMachineArn);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const cause = `The principal states.amazonaws.com is not authorized to assume the provided role. (role: ${owner.roleArn})`;
    return failed('States.TaskFailed', cause);
  }
  try {
    return task.resourceType === 'lambda'
      ? await invokeFunction(host, principal, task)
      : await callSdk(host, principal, task);
  } catch (error) {
    if (error instanceof ArgumentsError) return failed(error.name, error.message);
    throw error;
  }
};

const argumentsOf = (task: OpenTask): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(task.parameters);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new ArgumentsError(
    `The Arguments of state '${task.state}' must be an object, got ${task.parameters}`,
  );
};

/** Errors that the Lambda API models for Invoke; others come as `Lambda.AWSLambdaException`. */
const LAMBDA_ERRORS = new Set([
  'InvalidParameterValueException',
  'InvalidRequestContentException',
  'InvalidRuntimeException',
  'RequestTooLargeException',
  'ResourceConflictException',
  'ResourceNotFoundException',
  'ResourceNotReadyException',
  'ServiceException',
  'TooManyRequestsException',
  'UnsupportedMediaTypeException',
]);

const statusOf = (error: AwsError): number =>
  error.name === 'AccessDeniedException' ? 403 : error.statusCode;

const INVOKE_MEMBERS = ['FunctionName', 'Payload', 'InvocationType', 'Qualifier', 'LogType', 'ClientContext'];

const invokeFunction = async (host: Host, principal: Principal, task: OpenTask): Promise<TaskOutcome> => {
  const { Payload: payload, ...rest } = argumentsOf(task);
  const unknown = Object.keys(rest).find((name) => !INVOKE_MEMBERS.includes(name));
  if (unknown || typeof rest.FunctionName !== 'string') {
    const problem = unknown
      ? `has no '${unknown}'`
      : `needs FunctionName as a string, got ${JSON.stringify(rest.FunctionName)}`;
    throw new ArgumentsError(`lambda:invoke ${problem}. It takes: ${INVOKE_MEMBERS.join(', ')}`);
  }
  let answer: InvocationResponse;
  try {
    answer = await host.call<InvocationResponse>(principal, 'lambda', 'Invoke', {
      ...rest,
      Payload: new Uint8Array(Buffer.from(JSON.stringify(payload ?? {}))),
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const name = LAMBDA_ERRORS.has(error.name) ? error.name : 'AWSLambdaException';
    const details =
      `(Service: AWSLambda; Status Code: ${statusOf(error)}; Error Code: ${error.name}; ` +
      `Request ID: ${randomUUID()}; Proxy: null)`;
    return failed(`Lambda.${name}`, `${error.message} ${details}`);
  }
  const text = Buffer.from(answer.Payload ?? []).toString();
  if (answer.FunctionError) return functionError(text);
  return { succeeded: true, output: JSON.stringify(invokeResult(host, answer, text)) };
};

/** A function that failed: its error type is the error, its report the cause. */
const functionError = (text: string): TaskOutcome => {
  const report = parsed(text);
  const { errorType } = (typeof report === 'object' && report !== null ? report : {}) as {
    errorType?: unknown;
  };
  return failed(typeof errorType === 'string' ? errorType : 'Lambda.Unknown', JSON.stringify(report));
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** The result in the form in which the optimised integration gives it. */
const invokeResult = (host: Host, answer: InvocationResponse, text: string) => {
  const requestId = randomUUID();
  const headers = {
    'X-Amz-Executed-Version': answer.ExecutedVersion ?? '$LATEST',
    'x-amzn-RequestId': requestId,
    Connection: 'keep-alive',
    'Content-Length': String(Buffer.byteLength(text)),
    Date: new Date(host.clock.now()).toUTCString(),
    'Content-Type': 'application/json',
  };
  return {
    ExecutedVersion: answer.ExecutedVersion ?? '$LATEST',
    Payload: text === '' ? null : parsed(text),
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      HttpHeaders: headers,
      HttpStatusCode: answer.StatusCode ?? 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
    StatusCode: answer.StatusCode ?? 200,
  };
};

const callSdk = async (host: Host, principal: Principal, task: OpenTask): Promise<TaskOutcome> => {
  const service = sdkService(task.resourceType.slice('aws-sdk:'.length));
  const action = task.resource.split('.')[0] ?? '';
  const operation = `${action.charAt(0).toUpperCase()}${action.slice(1)}`;
  const module = await service.load();
  const shapes = shapesOf(module, operation);
  if (!shapes) throw new ArgumentsError(`${service.java} has no operation ${operation}`);
  const given = argumentsOf(task);
  const input = (service.isVerbatim ? given : toSdkInput(shapes.input, given)) as object;
  try {
    const answer = await host.call(principal, service.host, operation, input);
    const result = service.isVerbatim ? answer : toTaskResult(shapes.output, answer);
    return { succeeded: true, output: JSON.stringify(result ?? {}) };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const name =
      error.name in module ? error.name.replace(/(Exception)?$/, 'Exception') : `${service.java}Exception`;
    const cause =
      `${error.message} (Service: ${service.java}, Status Code: ${statusOf(error)}, ` +
      `Request ID: ${randomUUID()}) (SDK Attempt Count: 1)`;
    return failed(`${service.java}.${name}`, cause);
  }
};
