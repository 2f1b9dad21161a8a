import { resourceContext } from '../../../assembly/stack-records.ts';
import type { ResourceContext, ResourceProperties, Service } from '../../../host.ts';
import { createLambdaService } from '../../../services/lambda/lambda.ts';
import { createLogsService } from '../../../services/logs/logs.ts';
import { putRole, type TestHost } from '../../assembly/assembly-host.ts';

/** What the tests of functions run. */
export const lambdaServices = [createLogsService, createLambdaService];

/** Permissions that AWSLambdaBasicExecutionRole gives. */
export const basicExecution = {
  Effect: 'Allow',
  Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: '*',
} as const;

/** The context of a resource in a stack called Test. */
export const inTest = (logicalId: string): ResourceContext => resourceContext('Test', logicalId);

/** The provider of a type. */
export const providerOf = (service: Service | undefined, type: string) => {
  const provider = service?.resources[type];
  if (!provider) throw new Error(`no provider of ${type}`);
  return provider;
};

/** Deploys a function whose code is `source`, under a role that may write logs. */
export const putFunction = async (
  { host }: TestHost,
  name: string,
  source: string,
  properties: ResourceProperties = {},
): Promise<string> => {
  const Role = putRole(host, `${name}-role`, 'lambda.amazonaws.com', [basicExecution]);
  const { attributes } = await providerOf(host.service('lambda'), 'AWS::Lambda::Function').create(
    {
      FunctionName: name,
      Role,
      Handler: 'index.handler',
      Runtime: 'nodejs22.x',
      Code: { ZipFile: source },
      ...properties,
    },
    inTest(name),
  );
  return String(attributes.Arn);
};

/** The answer to an invocation, with its payload read. */
interface Answer {
  readonly StatusCode: number;
  readonly FunctionError?: string;
  readonly LogResult?: string;
  readonly payload: unknown;
}

/** Invokes as the person at the machine. */
export const invoke = async (
  { host }: TestHost,
  FunctionName: string,
  event: unknown = {},
  options: Readonly<Record<string, unknown>> = {},
): Promise<Answer> => {
  const { Payload, ...answer } = await host.call<Answer & { Payload?: Uint8Array }>(
    { kind: 'administrator' },
    'lambda',
    'Invoke',
    { FunctionName, Payload: Buffer.from(JSON.stringify(event)), ...options },
  );
  const text = Buffer.from(Payload ?? []).toString();
  return { ...answer, payload: text ? JSON.parse(text) : undefined };
};
