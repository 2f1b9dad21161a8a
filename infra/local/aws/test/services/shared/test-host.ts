import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type AdjustableClock, createClock } from '../../../clock.ts';
import { createHost, type EmulatorHost, type LogLine } from '../../../create-host.ts';
import type {
  BusEvent,
  Host,
  Operation,
  PolicyDocument,
  PolicyStatement,
  Principal,
  ResourceContext,
  Service,
} from '../../../host.ts';
import { createDirectory } from '../../../iam/directory.ts';
import { createIamService } from '../../../services/iam/iam.ts';
import { createStsService } from '../../../services/sts/sts.ts';
import { createMemoryStore, type Store } from '../../../store.ts';

/** What outlives a process: the store, the files, and the services that are played by the test. */
export interface World {
  readonly store: Store;
  readonly stateDir: string;
  readonly clock: AdjustableClock;
  /** Played services by name and operation. */
  readonly played: Record<string, Record<string, (input: never, principal: Principal) => unknown>>;
  /** Resource policies of played services, by ARN. */
  readonly policies: Record<string, PolicyDocument>;
  readonly events: BusEvent[];
  readonly logs: LogLine[];
  readonly remove: () => void;
}

/** A moment that every test starts at. */
const NOW = Date.parse('2026-11-22T10:00:00Z');

export const createWorld = (): World => {
  const stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-test-'));
  const clock = createClock(() => NOW);
  return {
    store: createMemoryStore(),
    stateDir,
    clock,
    played: {},
    policies: {},
    events: [],
    logs: [],
    remove: () => {
      clock.stop();
      fs.rmSync(stateDir, { recursive: true, force: true });
    },
  };
};

/** One process over a world: it can be killed after any of its writes. */
interface TestProcess {
  readonly host: EmulatorHost;
  /** The host as services see it: dead once the process is. */
  readonly inner: Host;
  readonly register: <Registered extends Service>(create: (host: Host) => Registered) => Registered;
  readonly kill: () => void;
  readonly isDead: () => boolean;
  readonly writes: () => number;
}

/**
 * Starts a process. After `writesToLive` writes to the store it is dead as after SIGKILL: nothing that it does counts any more.
 */
export const startProcess = (world: World, writesToLive = Number.POSITIVE_INFINITY): TestProcess => {
  let writes = 0;
  let dead = false;
  const isDead = () => dead;
  const write = (act: () => void) => {
    if (dead) return;
    act();
    writes++;
    if (writes >= writesToLive) dead = true;
  };
  const store: Store = {
    ...world.store,
    table: <Value>(name: string) => {
      const table = world.store.table<Value>(name);
      return {
        // What a dead process would still read is nothing: it goes on with nothing.
        get: (key: string) => (dead ? undefined : table.get(key)),
        has: (key: string) => !dead && table.has(key),
        keys: () => (dead ? [] : table.keys()),
        values: () => (dead ? [] : table.values()),
        entries: () => (dead ? [] : table.entries()),
        put: (key: string, value: Value) => write(() => table.put(key, value)),
        delete: (key: string) => write(() => table.delete(key)),
      };
    },
    log: <Record>(name: string) => {
      const log = world.store.log<Record>(name);
      return { ...log, append: (record: Record) => write(() => log.append(record)) };
    },
  };
  const clock = {
    now: world.clock.now,
    notBefore: world.clock.notBefore,
    at: (at: number, callback: () => void) =>
      world.clock.at(at, () => {
        if (!dead) callback();
      }),
  };
  const host = createHost({
    stateDir: world.stateDir,
    // IAM's records and the access report are the machine's, not the process's: they do not count as writes.
    store: {
      ...store,
      table: <Value>(name: string) =>
        (/^(iam|host|access)/.test(name) ? world.store : store).table<Value>(name),
    },
    clock,
    ports: {
      endpoint: 4566,
      approvals: 4567,
      signIn: 4568,
      overview: 4569,
      qat: 4570,
      prod: 4571,
      forge: 4572,
    },
    log: (line) => {
      if (!dead) world.logs.push(line);
    },
  });
  const inner: Host = {
    ...host,
    call: (async (...call: Parameters<Host['call']>) => {
      if (dead) return new Promise(() => undefined);
      try {
        const answer = await host.call(...call);
        return dead ? await new Promise(() => undefined) : answer;
      } catch (error) {
        return dead ? await new Promise(() => undefined) : Promise.reject(error);
      }
    }) as Host['call'],
    emit: (event) => {
      if (!dead) host.emit(event);
    },
  };
  host.register(createIamService(inner));
  host.register(createStsService(inner));
  host.register({
    name: 'recorder',
    operations: {},
    resources: {},
    onServiceEvent: (event) => {
      if (!world.events.some(({ id }) => id === event.id)) world.events.push(event);
    },
  });
  for (const [name, operations] of Object.entries(world.played))
    host.register(playService(name, operations, world.policies));
  return {
    host,
    inner,
    register: (create) => {
      const service = create(inner);
      host.register(service);
      return service;
    },
    kill: () => {
      dead = true;
    },
    isDead,
    writes: () => writes,
  };
};

const playService = (
  name: string,
  operations: World['played'][string],
  policies: World['policies'],
): Service => ({
  name,
  resources: {},
  resourcePolicy: (arn) => policies[arn],
  operations: Object.fromEntries(
    Object.entries(operations).map(([operation, run]) => [
      operation,
      {
        requires: (input: Record<string, unknown>) => ({
          action: `${name}:${operation === 'Invoke' ? 'InvokeFunction' : operation}`,
          resource: String(input.FunctionName ?? input.TopicArn ?? '*'),
        }),
        run: (input: never, { principal }) => run(input, principal),
      } satisfies Operation<never>,
    ]),
  ),
});

export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
export const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
export const administrator: Principal = { kind: 'administrator' };

/** Puts a role that a service may take on; it may do what the statements say, everything if there are none. */
export const putRole = (
  world: World,
  name: string,
  service: string,
  statements: readonly PolicyStatement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  trusted: PolicyStatement['Principal'] = { Service: service },
): Principal => {
  createDirectory(world.store).roles.put(name, {
    arn: roleArn(name),
    roleName: name,
    roleId: `AROA${name}`,
    path: '/',
    maxSessionDuration: 3600,
    createdAt: NOW,
    trustPolicy: { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: trusted } },
    inlinePolicies: { own: { Statement: statements } },
    managedPolicyArns: [],
    tags: [],
  });
  return { kind: 'role', roleArn: roleArn(name), sessionName: 'test' };
};

/** Where a test's resources stand. */
export const context = (logicalId: string): ResourceContext => ({
  stackName: 'Test',
  logicalId,
  generatedName: (max = 255) => `Test-${logicalId}-1a2b3c`.slice(0, max),
});

/** Creates a resource of a template and gives its physical id and attributes. */
export const create = async (
  service: Service,
  type: string,
  logicalId: string,
  properties: Record<string, unknown>,
) => {
  const provider = service.resources[type];
  if (!provider) throw new Error(`${service.name} has no ${type}`);
  return provider.create(properties, context(logicalId));
};

/** Lets promises and due timers run, and time pass in small steps, until something holds. */
export const until = async (world: World, holds: () => boolean, what = 'the condition'): Promise<void> => {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(20);
  }
  throw new Error(`${what} did not come to hold`);
};

/** Lets promises and due timers run for a while; time passes by `ms`. */
export const runFor = async (world: World, ms = 1000): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 20) {
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(20);
  }
};
