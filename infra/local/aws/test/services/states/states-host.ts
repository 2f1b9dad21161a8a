import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {
  DescribeExecutionOutput,
  GetExecutionHistoryOutput,
  HistoryEvent,
  StartExecutionOutput,
} from '@aws-sdk/client-sfn';
import { type AdjustableClock, createClock } from '../../../clock.ts';
import { createHost, type EmulatorHost } from '../../../create-host.ts';
import {
  AwsError,
  type BusEvent,
  type PolicyStatement,
  type Principal,
  type Service,
} from '../../../host.ts';
import { createDirectory } from '../../../iam/directory.ts';
import { createIamService } from '../../../services/iam/iam.ts';
import { createStatesService } from '../../../services/states/states.ts';
import { createMemoryStore, type Store } from '../../../store.ts';

/** How long a test waits for something that happens within milliseconds. */
const PATIENCE_MS = 30_000;

export const T0 = Date.UTC(2026, 10, 22, 10);
const administrator: Principal = { kind: 'administrator' };
export const machineRole = 'arn:aws:iam::000000000000:role/machine';
export const machineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:machine';
export const executionArn = (name: string) =>
  `arn:aws:states:us-east-1:000000000000:execution:machine:${name}`;

/** What a function does: gives its answer, or throws. */
export type FakeFunction = (payload: unknown) => unknown | Promise<unknown>;

/** A host with Step Functions and stand-ins for what it calls. */
export interface StatesHost {
  readonly host: EmulatorHost;
  readonly store: Store;
  readonly clock: AdjustableClock;
  /** Status changes, as they came to the bus. */
  readonly events: BusEvent[];
  /** Payloads of the functions' calls. */
  readonly calls: unknown[];
  readonly call: <Output>(operation: string, input: object, principal?: Principal) => Promise<Output>;
  /** Creates the machine `machine` from states, or replaces its definition. */
  readonly machine: (states: object, rest?: object) => Promise<void>;
  readonly start: (name: string, input?: unknown) => Promise<string>;
  readonly describe: (name: string) => Promise<DescribeExecutionOutput>;
  readonly history: (name: string) => Promise<HistoryEvent[]>;
  /** Waits until an execution is as asked for. */
  readonly until: (
    name: string,
    holds: (execution: DescribeExecutionOutput, events: HistoryEvent[]) => boolean,
  ) => Promise<void>;
  /** Lets the process go without a word and gives another on the same store. */
  readonly restart: () => Promise<StatesHost>;
  readonly stop: () => Promise<void>;
}

/** Thrown by a fake function: answered as Lambda answers a function's own error. */
export class FunctionFailure extends Error {}

const lambdaService = (functions: Readonly<Record<string, FakeFunction>>, calls: unknown[]): Service => ({
  name: 'lambda',
  resources: {},
  operations: {
    Invoke: {
      requires: ({ FunctionName }: { FunctionName: string }) => ({
        action: 'lambda:InvokeFunction',
        resource: `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}`,
      }),
      run: async ({ FunctionName, Payload }: { FunctionName: string; Payload: Uint8Array }) => {
        const run = functions[FunctionName];
        if (!run) throw new AwsError('ResourceNotFoundException', `Function not found: ${FunctionName}`, 404);
        const payload: unknown = JSON.parse(Buffer.from(Payload).toString());
        calls.push(payload);
        try {
          const answer = JSON.stringify((await run(payload)) ?? null);
          return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: Buffer.from(answer) };
        } catch (error) {
          if (!(error instanceof FunctionFailure)) throw error;
          const report = { errorType: 'Broken', errorMessage: error.message, trace: ['at work'] };
          const text = JSON.stringify(report, null, 1);
          return {
            StatusCode: 200,
            FunctionError: 'Unhandled',
            ExecutedVersion: '$LATEST',
            Payload: Buffer.from(text),
          };
        }
      },
    },
  },
});

const busService = (events: BusEvent[]): Service => ({
  name: 'events',
  resources: {},
  operations: {},
  onServiceEvent: (event) => {
    events.push(event);
  },
});

export const putRole = (
  store: Store,
  name: string,
  statements: readonly PolicyStatement[],
  trusted = 'states.amazonaws.com',
) => {
  createDirectory(store).roles.put(name, {
    arn: `arn:aws:iam::000000000000:role/${name}`,
    roleName: name,
    roleId: `AROA${name}`,
    path: '/',
    maxSessionDuration: 3600,
    createdAt: 0,
    trustPolicy: {
      Statement: [{ Effect: 'Allow', Principal: { Service: trusted }, Action: 'sts:AssumeRole' }],
    },
    inlinePolicies: { inline: { Statement: statements } },
    managedPolicyArns: [],
    tags: [],
  });
};

const stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-states-'));
afterAll(() => fs.rmSync(stateDir, { recursive: true, force: true }));

/** The clock stands at T0 until it is set forward. */
export const statesHost = async (
  functions: Readonly<Record<string, FakeFunction>> = {},
  store: Store = createMemoryStore(),
  time = T0,
): Promise<StatesHost> => {
  const clock = createClock(() => time);
  const ports = { endpoint: 0, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0 };
  const host = createHost({ stateDir, store, clock, ports, log: () => undefined });
  const [events, calls]: [BusEvent[], unknown[]] = [[], []];
  const services = [createIamService(host), lambdaService(functions, calls), busService(events)];
  for (const service of [...services, createStatesService(host)]) host.register(service);
  if (!createDirectory(store).roles.has('machine')) {
    putRole(store, 'machine', [
      { Effect: 'Allow', Action: ['lambda:InvokeFunction', 'states:*', 'iam:PassRole'], Resource: '*' },
    ]);
  }
  await host.startServices();

  const call: StatesHost['call'] = (operation, input, principal = administrator) =>
    host.call(principal, 'states', operation, input);
  const stop = async () => {
    clock.stop();
    await host.stopServices();
  };
  const self: StatesHost = {
    host,
    store,
    clock,
    events,
    calls,
    call,
    machine: async (states, rest = {}) => {
      const definition = JSON.stringify({
        QueryLanguage: 'JSONata',
        StartAt: Object.keys(states)[0],
        States: states,
        ...rest,
      });
      const known = store.table('states.machines').has(machineArn);
      if (known) await call('UpdateStateMachine', { stateMachineArn: machineArn, definition });
      else await call('CreateStateMachine', { name: 'machine', definition, roleArn: machineRole });
    },
    start: async (name, input = {}) => {
      const given = { stateMachineArn: machineArn, name, input: JSON.stringify(input) };
      return (await call<StartExecutionOutput>('StartExecution', given)).executionArn ?? '';
    },
    describe: (name) => call('DescribeExecution', { executionArn: executionArn(name) }),
    history: async (name) => {
      const input = { executionArn: executionArn(name), maxResults: 1000 };
      return (await call<GetExecutionHistoryOutput>('GetExecutionHistory', input)).events ?? [];
    },
    until: async (name, holds) => {
      // By the machine's clock: loading an SDK client takes long on a busy one.
      const deadline = performance.now() + PATIENCE_MS;
      while (performance.now() < deadline) {
        if (holds(await self.describe(name), await self.history(name))) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error(
        `Still not so: ${JSON.stringify([await self.describe(name), await self.history(name)])}`,
      );
    },
    restart: async () => {
      await stop();
      return statesHost(functions, store, clock.now());
    },
    stop,
  };
  return self;
};

export const isOver = ({ status }: DescribeExecutionOutput): boolean => status !== 'RUNNING';
export const hasEvent =
  (type: string, count = 1) =>
  (_execution: DescribeExecutionOutput, events: HistoryEvent[]): boolean =>
    events.filter((event) => event.type === type).length >= count;

export const lines = (events: readonly HistoryEvent[]): string[] =>
  events.map((event) => `${event.id} ${event.type}←${event.previousEventId}`);

export const pass = { P: { Type: 'Pass', End: true } };
export const invoke = (rest: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'work', Payload: '{% $states.input %}' },
  End: true,
  ...rest,
});
export const callback = (rest: object = {}) =>
  invoke({
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { FunctionName: 'work', Payload: { token: '{% $states.context.Task.Token %}' } },
    ...rest,
  });
