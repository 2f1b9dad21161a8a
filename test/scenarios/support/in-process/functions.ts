import { AsyncLocalStorage } from 'node:async_hooks';
import fs from 'node:fs';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AwsError, type EmulatorHost, type Principal } from '@lockstep/aws-emulator';
import { protocols } from '../../../../infra/local/aws/endpoint/protocols.ts';
import type { FunctionWorker } from '../../../../infra/local/aws/services/lambda/function-worker.ts';
import { projectRoot } from '../../../../infra/local/run/synthesize.ts';
import { functions } from '../../../../tasks/functions.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

interface Command {
  readonly input: object;
}

/** Functions that run in this process, from their sources, with clients that call the host without a wire between. */
export interface InProcessFunctions {
  /** Invocations that have not ended. */
  readonly underWay: () => number;
  /** Takes the place of `startFunctionWorker`. */
  readonly startWorker: () => FunctionWorker;
  /** Does something whose clients are the administrator's. */
  readonly asAdministrator: <Result>(act: () => Promise<Result>) => Promise<Result>;
}

/** Names of services that are not their client's. */
const serviceNames: Readonly<Record<string, string>> = {
  sfn: 'states',
  cloudwatch: 'monitoring',
  eventbridge: 'events',
  elasticloadbalancingv2: 'elasticloadbalancing',
  cognitoidentityprovider: 'cognito-idp',
};

/** The source of a deployed bundle: the assembly's folder holds each bundle under its function's name as well. */
const sourceOf = (taskRoot: string): string => {
  const bundle = fs.readFileSync(path.join(taskRoot, 'index.js'));
  const bundles = path.join(path.dirname(taskRoot), 'functions');
  for (const [name, { entry }] of Object.entries(functions))
    if (fs.readFileSync(path.join(bundles, name, 'index.js')).equals(bundle))
      return path.join(projectRoot, entry);
  throw new Error(`${taskRoot} is no function's bundle.`);
};

/** An error as the client throws it. */
const clientError = async (service: string, { name, message, statusCode, members }: AwsError) => {
  const module = (await protocols[service]?.client?.()) ?? {};
  const Modelled = (module[name] ?? module[`${name}Exception`]) as (new (given: object) => Error) | undefined;
  const $metadata = { httpStatusCode: statusCode };
  if (Modelled) return new Modelled({ ...members, message, $metadata });
  // What a service's API does not model comes as its base class, with the name from the wire.
  const base = Object.keys(module).find((key) => key.endsWith('ServiceException')) ?? '';
  const Base = module[base] as (new (given: object) => Error) | undefined;
  if (!Base) throw new Error(`The client of ${service} has no base class for errors.`);
  return new Base({ name, message, $metadata, $fault: statusCode < 500 ? 'client' : 'server' });
};

/** An answer with what clients add to its bytes. */
const withReaders = (answer: object): object =>
  Object.fromEntries(
    Object.entries(answer).map(([name, value]: [string, unknown]) => {
      if (!(value instanceof Uint8Array)) return [name, value];
      const text = (encoding: BufferEncoding = 'utf8') => Buffer.from(value).toString(encoding);
      if (name === 'Payload') return [name, Object.assign(value, { transformToString: text })];
      if (name !== 'Body') return [name, value];
      const readers = {
        transformToString: async (encoding?: BufferEncoding) => text(encoding),
        transformToByteArray: async () => value,
      };
      return [name, Object.assign(value, readers)];
    }),
  );

/**
 * Lets the SDK's clients of this process call a host's operations, under the role of the function that uses them.
 * @param host the one that runs at the moment
 */
export const createFunctions = (host: () => EmulatorHost): InProcessFunctions => {
  const handlers = new Map<string, Handler>();
  const caller = new AsyncLocalStorage<Principal>();
  let underWay = 0;

  const send = async (clientName: string, command: Command) => {
    const bare = clientName.replace(/Client$/, '').toLowerCase();
    const service = serviceNames[bare] ?? bare;
    const operation = command.constructor.name.replace(/Command$/, '');
    const principal = caller.getStore();
    if (!principal) throw new Error(`${operation} is called by nobody.`);
    try {
      // DynamoDB is given what came over the wire, where members that are undefined do not come.
      const given =
        service === 'dynamodb' ? (JSON.parse(JSON.stringify(command.input)) as object) : command.input;
      const answer = await host().call<object>(principal, service, operation, given);
      return { ...withReaders(answer), $metadata: {} };
    } catch (error) {
      throw error instanceof AwsError ? await clientError(service, error) : error;
    }
  };
  // The class that all clients share has the method by which they send.
  const shared = Object.getPrototypeOf(DynamoDBClient.prototype) as { send: unknown };
  shared.send = function (this: object, command: Command) {
    return send(this.constructor.name, command);
  };

  // In a function it is as late as in the run; everywhere else, as late as on the machine.
  const machineNow = Date.now;
  const now = () => (caller.getStore()?.kind === 'role' ? host().clock.now() : machineNow());
  globalThis.Date = new Proxy(Date, {
    construct: (date, given: []) => Reflect.construct(date, given.length === 0 ? [now()] : given) as Date,
    get: (date, name) => (name === 'now' ? now : (Reflect.get(date, name) as unknown)),
  });

  const load = ({ taskRoot, variables }: Invocation['environment']): Handler => {
    const name = variables.AWS_LAMBDA_FUNCTION_NAME ?? '';
    const known = handlers.get(name);
    if (known) return known;
    const before = process.env;
    process.env = { ...variables, POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' };
    try {
      const { handler } = jest.requireActual<{ handler: Handler }>(sourceOf(taskRoot));
      handlers.set(name, handler);
      return handler;
    } finally {
      process.env = before;
    }
  };

  const invoke = async ({ payload, requestId, functionArn, environment }: Invocation) => {
    const { AWS_ACCESS_KEY_ID = '', AWS_SESSION_TOKEN, AWS_LAMBDA_FUNCTION_NAME } = environment.variables;
    const principal = host().principalOf(AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN);
    const context = {
      awsRequestId: requestId,
      invokedFunctionArn: functionArn,
      functionName: AWS_LAMBDA_FUNCTION_NAME,
      getRemainingTimeInMillis: () => 30_000,
    };
    const result = await caller.run(principal, () => load(environment)(JSON.parse(payload), context));
    return { payload: JSON.stringify(result ?? null), isError: false };
  };

  return {
    underWay: () => underWay,
    asAdministrator: (act) => caller.run({ kind: 'administrator' }, act),
    startWorker: () => ({
      isAlive: () => true,
      stop: async () => undefined,
      invoke: async (invocation) => {
        underWay++;
        try {
          return await invoke(invocation);
        } catch (error) {
          const { name: errorType, message: errorMessage, stack = '' } = error as Error;
          const payload = JSON.stringify({ errorType, errorMessage, trace: stack.split('\n') });
          return { payload, isError: true };
        } finally {
          underWay--;
        }
      },
    }),
  };
};

type Invocation = Parameters<FunctionWorker['invoke']>[0];
