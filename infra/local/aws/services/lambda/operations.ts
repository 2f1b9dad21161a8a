import type {
  FunctionConfiguration,
  GetAccountSettingsCommandInput,
  GetAccountSettingsCommandOutput,
  GetFunctionConfigurationCommandInput,
  GetFunctionConfigurationCommandOutput,
  InvokeCommandInput,
  InvokeCommandOutput,
  ListFunctionsCommandInput,
  ListFunctionsCommandOutput,
} from '@aws-sdk/client-lambda';
import {
  type Access,
  AwsError,
  type Host,
  type Operation,
  type PolicyDocument,
  type Principal,
} from '../../host.ts';
import { page } from '../shared/paging.ts';
import type { AsyncEvents } from './async-events.ts';
import { WorkerStoppedError } from './function-worker.ts';
import { type FunctionRecord, findFunction, functionArn, functionName, functionTable } from './functions.ts';
import type { Invoker } from './invoker.ts';

type Answer<Output> = Omit<Output, '$metadata'>;
/** Payloads are plain bytes on this side of the wire. */
type InvokeInput = Omit<InvokeCommandInput, 'Payload'> & { readonly Payload?: Uint8Array | string };
type InvokeAnswer = Omit<Answer<InvokeCommandOutput>, 'Payload'> & { readonly Payload?: Uint8Array };

/** Bytes: Lambda's limits for requests, synchronous (6 MB) and asynchronous (1 MB). */
const REQUEST_LIMITS = { RequestResponse: 6_291_456, Event: 1_048_576 } as const;
/** Lambda's default quota of concurrent executions. Nothing here enforces it. */
const ACCOUNT_CONCURRENCY = 1000;
/** Bytes of log that come with an answer. */
const LOG_TAIL = 4096;

/** Lambda's operations. @param policyOf a function's resource policy, by ARN */
export const lambdaOperations = (
  host: Host,
  {
    invoker,
    asyncEvents,
  }: {
    readonly invoker: Invoker;
    readonly asyncEvents: AsyncEvents;
    readonly policyOf: (arn: string) => PolicyDocument | undefined;
  },
): Readonly<Record<string, Operation>> => {
  const onFunction =
    (action: string) =>
    ({
      FunctionName,
      Qualifier,
    }: {
      FunctionName?: string | undefined;
      Qualifier?: string | undefined;
    }): Access => ({
      action,
      resource: functionArn(host, functionName(FunctionName, Qualifier)),
    });

  const invoke: Operation<InvokeInput, InvokeAnswer> = {
    requires: onFunction('lambda:InvokeFunction'),
    run: async (
      { FunctionName, Qualifier, InvocationType, LogType, ClientContext, ...input },
      { requestId, principal },
    ) => {
      const record = findFunction(host, FunctionName, Qualifier);
      const type = InvocationType ?? 'RequestResponse';
      if (type === 'DryRun') return { StatusCode: 204 };
      const payload = readPayload(input.Payload, REQUEST_LIMITS[type]);
      if (type === 'Event') {
        asyncEvents.accept({ requestId, functionName: record.name, payload });
        return { StatusCode: 202, Payload: new Uint8Array() };
      }
      const result = await invoker
        .invoke(record, {
          requestId,
          payload,
          isNested: isFunction(host, principal),
          ...(ClientContext && { clientContext: Buffer.from(ClientContext, 'base64').toString() }),
        })
        .catch(serviceError);
      return {
        StatusCode: 200,
        ExecutedVersion: '$LATEST',
        Payload: Buffer.from(result.payload),
        ...(result.isError && { FunctionError: 'Unhandled' }),
        ...(LogType === 'Tail' && {
          LogResult: Buffer.from(result.log).subarray(-LOG_TAIL).toString('base64'),
        }),
      };
    },
  };

  const listFunctions: Operation<ListFunctionsCommandInput, Answer<ListFunctionsCommandOutput>> = {
    requires: () => ({ action: 'lambda:ListFunctions', resource: '*' }),
    run: ({ Marker, MaxItems }) => {
      const { items, nextToken } = page(functionTable(host).values(), Marker, MaxItems, {
        fallback: 50,
        errorName: 'InvalidParameterValueException',
      });
      return { Functions: items.map(configurationOf), ...(nextToken && { NextMarker: nextToken }) };
    },
  };

  const getFunctionConfiguration: Operation<
    GetFunctionConfigurationCommandInput,
    Answer<GetFunctionConfigurationCommandOutput>
  > = {
    requires: onFunction('lambda:GetFunctionConfiguration'),
    run: ({ FunctionName, Qualifier }) => configurationOf(findFunction(host, FunctionName, Qualifier)),
  };

  const getAccountSettings: Operation<
    GetAccountSettingsCommandInput,
    Answer<GetAccountSettingsCommandOutput>
  > = {
    requires: () => ({ action: 'lambda:GetAccountSettings', resource: '*' }),
    run: () => {
      const functions = functionTable(host).values();
      const reserved = functions.reduce((sum, { reservedConcurrency = 0 }) => sum + reservedConcurrency, 0);
      return {
        AccountLimit: {
          ConcurrentExecutions: ACCOUNT_CONCURRENCY,
          UnreservedConcurrentExecutions: ACCOUNT_CONCURRENCY - reserved,
        },
        AccountUsage: { FunctionCount: functions.length },
      };
    },
  };

  return {
    GetAccountSettings: getAccountSettings,
    GetFunctionConfiguration: getFunctionConfiguration,
    Invoke: invoke,
    ListFunctions: listFunctions,
  };
};

/** Whether it is a function that calls. */
const isFunction = (host: Host, principal: Principal): boolean =>
  principal.kind === 'role' && functionTable(host).get(principal.sessionName)?.role === principal.roleArn;

const readPayload = (payload: Uint8Array | string | undefined, limit: number): string => {
  const bytes = Buffer.from(payload ?? '');
  if (bytes.length > limit) {
    throw new AwsError(
      'RequestTooLargeException',
      `Request must be smaller than ${limit} bytes for the InvokeFunction operation; received ${bytes.length}.`,
      413,
      { Type: 'User' },
    );
  }
  const text = bytes.toString() || '{}';
  try {
    JSON.parse(text);
  } catch (error) {
    throw new AwsError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${(error as Error).message}`,
      400,
      { Type: 'User' },
    );
  }
  return text;
};

const serviceError = (error: unknown): never => {
  if (error instanceof WorkerStoppedError) throw new AwsError('ServiceException', error.message, 500);
  throw error;
};

const configurationOf = (record: FunctionRecord): FunctionConfiguration => ({
  FunctionName: record.name,
  FunctionArn: record.arn,
  Runtime: record.runtime as NonNullable<FunctionConfiguration['Runtime']>,
  Role: record.role,
  Handler: record.handler,
  Description: record.description,
  Timeout: record.timeout,
  MemorySize: record.memorySize,
  // Lambda's own form: ISO 8601 with a numeric offset.
  LastModified: new Date(record.modifiedAt).toISOString().replace('Z', '+0000'),
  Version: '$LATEST',
  Environment: { Variables: { ...record.environment } },
  TracingConfig: { Mode: 'PassThrough' },
  RevisionId: record.revisionId,
  State: 'Active',
  LastUpdateStatus: 'Successful',
  PackageType: 'Zip',
  LoggingConfig: {
    LogFormat: record.logFormat === 'JSON' ? 'JSON' : 'Text',
    LogGroup: record.logGroup,
  },
});
