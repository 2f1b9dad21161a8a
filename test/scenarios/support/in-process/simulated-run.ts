import { createHash, randomBytes } from 'node:crypto';
import type { AdminGetUserResponse } from '@aws-sdk/client-cognito-identity-provider';
import type { InvocationResponse } from '@aws-sdk/client-lambda';
import {
  createHost,
  createServices,
  deployAssembly,
  type EmulatorHost,
  loadAssembly,
} from '@lockstep/aws-emulator';
import { deployed } from '../../../../infra/local/aws/assembly/stack-records.ts';
import type { JournalLine } from '../../../../infra/local/aws/journal-records.ts';
import { createMemoryStore } from '../../../../infra/local/aws/store.ts';
import { people } from '../../../../infra/local/run/people.ts';
import { toAttributes } from '../../../../tasks/ledger/attributes.ts';
import { createFunctions } from './functions.ts';
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts';

/** One line that a run wrote to its journal, and when. */
export interface WrittenLine {
  readonly line: JournalLine;
  readonly at: number;
}

/** One life of the local run without HTTP, processes and waiting: its services are the real ones. */
export interface SimulatedRun {
  readonly host: EmulatorHost;
  readonly written: readonly WrittenLine[];
  /** What services told the operator's log. */
  readonly logs: readonly string[];
  /** The value of a stack's output. */
  readonly output: (name: string) => string;
  readonly deploy: (assemblyDirectory: string) => Promise<void>;
  /** Lets time pass until `isThere`, which is asked whenever nothing is under way. @throws Error naming `what` */
  readonly until: (what: string, isThere: () => Promise<boolean> | boolean) => Promise<void>;
  /** Lets some time pass, in ms. */
  readonly pass: (ms: number) => Promise<void>;
  /** Somebody who is signed in sends a form of the approvals site. @returns the status of the answer */
  readonly post: (person: string, path: string, fields?: Readonly<Record<string, string>>) => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** How far the next timer may be for time to pass by itself: what waits for longer than this waits for a person. */
const HORIZON_MS = 5_000;
/** How long something may take, in ms of the machine's time. */
const PATIENCE_MS = 60_000;

const administrator = { kind: 'administrator' } as const;
const ports = { endpoint: 1, approvals: 2, signIn: 3, overview: 4, qat: 5, prod: 6, forge: 7 };

let current: { readonly host: EmulatorHost; readonly clock: SimulatedClock } | undefined;
const running = () => {
  if (!current) throw new Error('No run is there at the moment.');
  return current;
};

/** Functions ask for the time by `Date`: while a run is there, it is that run's. */
const machineDate = Date;
globalThis.Date = new Proxy(machineDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length > 0 || !current ? args : [current.clock.now()], newTarget),
  get: (target, property) =>
    property === 'now' && current ? current.clock.now : Reflect.get(target, property),
});

/** The functions of whichever run is there. */
export const functions = createFunctions(() => running().host);

/** Stands for `setTimeout` of `node:timers/promises`. */
export const simulatedPause = (ms: number) =>
  new Promise<void>((resolve) => {
    const { clock } = running();
    clock.at(clock.now() + ms, resolve);
  });

/** Whether the system still does something for this process, such as reading a file. */
const isSystemBusy = () => process.getActiveResourcesInfo().some((one) => /^(FSReq|Process|Zlib)/.test(one));

const lock = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * Starts a run from what a journal holds. One at a time.
 * @param before the journal's lines
 * @param now ms since the epoch
 */
export const startSimulatedRun = async (
  stateDir: string,
  before: readonly JournalLine[],
  now: number,
): Promise<SimulatedRun> => {
  const clock = createSimulatedClock(now);
  const written: WrittenLine[] = [];
  const logs: string[] = [];
  const store = createMemoryStore(before, (line) => written.push({ line, at: clock.now() }));
  const host = createHost({
    stateDir,
    store,
    clock,
    ports,
    log: ({ service, message, details }) => logs.push(`${service}: ${message} ${JSON.stringify(details)}`),
  });
  createServices(host, { people });
  current = { host, clock };

  const queues = ['events.deliveries', 'sns.deliveries', 'lambda.asyncEvents'].map((name) =>
    store.table(name),
  );
  const isQuiet = () => functions.underWay() === 0 && queues.every((queue) => queue.keys().length === 0);
  const stacks = deployed(store);

  const until: SimulatedRun['until'] = async (what, isThere) => {
    const deadline = machineDate.now() + PATIENCE_MS;
    let seen = -1;
    let asked = -1;
    for (;;) {
      await lock();
      // As long as something happens, nobody looks at the clock.
      if (seen !== written.length) {
        seen = written.length;
        continue;
      }
      if (isQuiet() && asked !== seen) {
        asked = seen;
        if (await isThere()) return;
      }
      if (machineDate.now() > deadline) throw new Error(`Waited for ${what}. ${logs.slice(-5).join('\n')}`);
      if (!isSystemBusy()) clock.fireNext(HORIZON_MS);
    }
  };

  /** Lets time pass until some work is done. */
  const through = async <Result>(work: Promise<Result>): Promise<Result> => {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    const deadline = machineDate.now() + PATIENCE_MS;
    while (!isDone && machineDate.now() < deadline) {
      await lock();
      if (!isDone && !isSystemBusy()) clock.fireNext(HORIZON_MS);
    }
    return done;
  };

  const pass = async (ms: number) => {
    const end = clock.now() + ms;
    while (clock.now() < end || !isQuiet()) {
      await lock();
      if (!isSystemBusy()) clock.fireNext(HORIZON_MS);
    }
  };

  const output = (name: string): string =>
    stacks.stackNames().flatMap((stack) => stacks.stackOutputs(stack)[name] ?? [])[0] ?? '';

  const post: SimulatedRun['post'] = async (name, path, fields = {}) => {
    const person = people.find((one) => one.name === name);
    const id = randomBytes(32).toString('base64url');
    const { UserAttributes = [] } = await host.call<AdminGetUserResponse>(
      administrator,
      'cognito-idp',
      'AdminGetUser',
      { UserPoolId: output('UserPoolId'), Username: name },
    );
    const subject = UserAttributes.find(({ Name }) => Name === 'sub')?.Value;
    await host.call(administrator, 'dynamodb', 'PutItem', {
      TableName: store.table('dynamodb.tables').keys()[0],
      Item: toAttributes({
        pk: `SESSION#${createHash('sha256').update(id).digest('base64url')}`,
        sk: 'SESSION',
        person: { subject, name, verifiedEmail: person?.email, groups: person?.groups },
        signedInAt: clock.now(),
        expiresAt: clock.now() + 3_600_000,
      }),
    });
    const { host: domainName, origin } = new URL(output('ApprovalsUrl'));
    const [integration] = store.table<{ readonly functionArn: string }>('apigateway.integrations').values();
    const answer = await host.call<InvocationResponse>(administrator, 'lambda', 'Invoke', {
      FunctionName: integration?.functionArn,
      Payload: Buffer.from(
        JSON.stringify({
          version: '2.0',
          routeKey: '$default',
          rawPath: path,
          rawQueryString: '',
          cookies: [`lockstep=${id}`],
          headers: { host: domainName, origin, 'content-type': 'application/x-www-form-urlencoded' },
          requestContext: { domainName, stage: '$default', http: { method: 'POST', path } },
          body: new URLSearchParams(fields).toString(),
          isBase64Encoded: false,
        }),
      ),
    });
    return (JSON.parse(Buffer.from(answer.Payload ?? []).toString()) as { statusCode: number }).statusCode;
  };

  await through(host.startServices());
  return {
    host,
    written,
    logs,
    output,
    until,
    pass,
    deploy: async (assemblyDirectory) => {
      await through(deployAssembly(host, loadAssembly(assemblyDirectory)));
    },
    post: (...given) => through(post(...given)),
    stop: async () => {
      await through(host.stopServices());
      clock.stop();
    },
  };
};
