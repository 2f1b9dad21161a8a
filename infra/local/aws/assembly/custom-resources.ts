import { createHash } from 'node:crypto';
import {
  AwsError,
  type Host,
  type Principal,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
  type ResourceState,
} from '../host.ts';
import { AssemblyError } from './assembly-errors.ts';
import { type DeployedResource, deployed } from './stack-records.ts';
import { stackIdOf } from './stack-scope.ts';

/** Between two questions whether a resource is complete; CDK's default is 5 s. */
const QUERY_INTERVAL_MS = 50;
/** How often is asked before a deployment gives up: one minute, where CDK's default is 30 minutes. */
const QUERY_LIMIT = 1200;

/** Variables that CDK's Provider framework sets on its functions (aws-cdk-lib custom-resources, Provider). */
const ON_EVENT = 'USER_ON_EVENT_FUNCTION_ARN';
const IS_COMPLETE = 'USER_IS_COMPLETE_FUNCTION_ARN';

interface Request {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  readonly StackId: string;
  readonly LogicalResourceId: string;
  readonly ResourceType: string;
  readonly ResourceProperties: ResourceProperties;
  readonly OldResourceProperties?: ResourceProperties;
  readonly PhysicalResourceId?: string;
  readonly ServiceToken: string;
}

interface OnEventAnswer {
  readonly PhysicalResourceId?: string;
  readonly Data?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

interface IsCompleteAnswer {
  readonly IsComplete?: boolean;
  readonly Data?: Readonly<Record<string, unknown>>;
}

/** Whether a type is a custom resource. */
export const isCustomResource = (type: string): boolean =>
  type === 'AWS::CloudFormation::CustomResource' || type.startsWith('Custom::');

/**
 * Builds custom resources of one type by playing CDK's Provider framework: invokes the real onEvent handler under the
 * framework's role, then the real isComplete handler until it says so. Each error is the handler's own message.
 */
export const customResourceProvider = (host: Host, type: string): ResourceProvider => {
  /** Answers of onEvent by request, so that a run that was killed goes on with asking isComplete. */
  const answers = host.store.table<OnEventAnswer>('assembly.onEventAnswers');

  const perform = async (
    requestType: Request['RequestType'],
    properties: ResourceProperties,
    context: ResourceContext,
    before?: { readonly physicalId: string; readonly properties?: ResourceProperties },
  ): Promise<ResourceState> => {
    const framework = findFramework(host, type, context, properties);
    const request: Request = {
      RequestType: requestType,
      RequestId: requestId(context, requestType, properties, before),
      StackId: stackIdOf(host, context.stackName),
      LogicalResourceId: context.logicalId,
      ResourceType: type,
      ServiceToken: framework.arn,
      ResourceProperties: asText(properties) as ResourceProperties,
      ...(before && { PhysicalResourceId: before.physicalId }),
      ...(before?.properties && { OldResourceProperties: asText(before.properties) as ResourceProperties }),
    };
    let answer = answers.get(request.RequestId);
    if (!answer) {
      answer = ((await invoke(host, framework, framework.onEvent, request)) ?? {}) as OnEventAnswer;
      answers.put(request.RequestId, answer);
    }
    const physicalId = answer.PhysicalResourceId ?? before?.physicalId ?? request.RequestId;
    if (requestType === 'Delete' && physicalId !== before?.physicalId)
      throw new Error(
        `onEvent changed the physical id from ${before?.physicalId} to ${physicalId} on deletion.`,
      );
    const completed = await complete(framework, { ...request, ...answer, PhysicalResourceId: physicalId });
    answers.delete(request.RequestId);
    return { physicalId, attributes: attributesOf({ ...answer.Data, ...completed.Data }) };
  };

  const complete = async (
    framework: Framework,
    event: OnEventAnswer & Request,
  ): Promise<IsCompleteAnswer> => {
    if (!framework.isComplete) return {};
    try {
      return await waitUntilComplete(host, framework, event);
    } catch (error) {
      // After a failure the next deployment asks onEvent again, as on AWS; being stopped meanwhile is none.
      if (!(error instanceof AwsError)) answers.delete(event.RequestId);
      throw error;
    }
  };

  return {
    create: (properties, context) => perform('Create', properties, context),
    update: (properties, context, { state, properties: old }) =>
      perform('Update', properties, context, { physicalId: state.physicalId, properties: old }),
    delete: async (state, context, properties) => {
      await perform('Delete', properties, context, { physicalId: state.physicalId });
    },
  };
};

interface Framework {
  readonly arn: string;
  readonly role: string;
  readonly onEvent: string;
  readonly isComplete: string | undefined;
}

const findFramework = (
  host: Host,
  type: string,
  context: ResourceContext,
  properties: ResourceProperties,
): Framework => {
  const where = `${type} ${context.stackName}/${context.logicalId}`;
  const arn = String(properties.ServiceToken);
  const named = deployed(host.store)
    .resourcesOfType('AWS::Lambda::Function')
    .find(({ state }) => state.attributes.Arn === arn);
  if (!named)
    throw new AssemblyError(`${where}: its ServiceToken ${arn} is not a function of the deployed stacks.`);
  const onEvent = variables(named)[ON_EVENT];
  if (!onEvent) {
    throw new AssemblyError(
      `${where}: its function ${named.stackName}/${named.logicalId} answers to a ResponseURL by itself, which the ` +
        "emulator does not serve. Use CDK's custom resource Provider framework.",
    );
  }
  return {
    arn,
    role: String(named.properties.Role),
    onEvent,
    isComplete: variables(named)[IS_COMPLETE],
  };
};

const variables = ({ properties }: DeployedResource): Readonly<Record<string, string>> =>
  (properties.Environment as { Variables?: Record<string, string> } | undefined)?.Variables ?? {};

/** The same request has the same id when it is taken up after a crash. */
const requestId = (context: ResourceContext, ...parts: readonly unknown[]): string => {
  const hash = createHash('sha256').update(JSON.stringify([context.stackName, context.logicalId, parts]));
  return hash.digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
};

const waitUntilComplete = async (
  host: Host,
  framework: Framework,
  event: OnEventAnswer & Request,
): Promise<IsCompleteAnswer> => {
  for (let asked = 0; asked < QUERY_LIMIT; asked++) {
    const answer = (await invoke(host, framework, framework.isComplete as string, event)) as
      | IsCompleteAnswer
      | undefined;
    if (answer?.IsComplete) return answer;
    if (answer?.Data && Object.keys(answer.Data).length > 0)
      throw new Error('isComplete gave Data although IsComplete is false; AWS rejects that.');
    await new Promise<void>((resolve) => host.clock.at(host.clock.now() + QUERY_INTERVAL_MS, resolve));
  }
  throw new Error(`Operation timed out: isComplete was asked ${QUERY_LIMIT} times and never said yes.`);
};

const invoke = async (
  host: Host,
  framework: Framework,
  functionArn: string,
  event: object,
): Promise<unknown> => {
  const assumed = host.assumeRole(framework.role, 'lambda.amazonaws.com', framework.arn);
  const name = framework.arn.slice(framework.arn.lastIndexOf(':') + 1);
  const principal: Principal = assumed.kind === 'role' ? { ...assumed, sessionName: name } : assumed;
  const answer = await host.call<{ Payload?: Uint8Array; FunctionError?: string }>(
    principal,
    'lambda',
    'Invoke',
    {
      FunctionName: functionArn,
      // The framework hides the address that CloudFormation waits at.
      Payload: Buffer.from(JSON.stringify({ ...event, ResponseURL: '...' })),
    },
  );
  const payload = JSON.parse(Buffer.from(answer.Payload ?? []).toString() || 'null') as unknown;
  if (!answer.FunctionError) return payload;
  const { errorMessage = 'error' } = (payload ?? {}) as { errorMessage?: string };
  throw new Error(
    `${errorMessage} (log group /aws/lambda/${functionArn.slice(functionArn.lastIndexOf(':') + 1)})`,
  );
};

/** CloudFormation gives every number and boolean of a custom resource's properties as text. */
const asText = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]));
  return value === null || value === undefined ? value : String(value);
};

const attributesOf = (data: Readonly<Record<string, unknown>>): ResourceState['attributes'] =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      Array.isArray(value)
        ? value.map(String)
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value),
    ]),
  );
