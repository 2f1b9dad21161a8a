import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type AdjustableClock, createClock } from '../../clock.ts';
import { createHost, type EmulatorHost, type LogLine } from '../../create-host.ts';
import type { Endpoint } from '../../endpoint/endpoint.ts';
import type { Host, PolicyStatement, Service } from '../../host.ts';
import type { RoleRecord } from '../../iam/directory.ts';
import { createIamService } from '../../services/iam/iam.ts';
import { openStore, type Store } from '../../store.ts';

/** A host with some services on a state directory of its own, as the emulator has it. */
export interface TestHost {
  readonly host: EmulatorHost;
  readonly clock: AdjustableClock;
  readonly store: Store;
  readonly log: LogLine[];
  /** Ends this host without a word to its services, as SIGKILL would, and gives one on the same state directory. */
  readonly killAndRestart: () => Promise<TestHost>;
  readonly stop: () => Promise<void>;
}

/** Makes folders and removes them after each test of the file. */
export const temporaryFolders = (): (() => string) => {
  const made: string[] = [];
  afterEach(() => {
    for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-test-'));
    made.push(folder);
    return folder;
  };
};

/** A port that nothing listens on now. */
export const freePort = async (): Promise<number> => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** Starts services on a state directory; iam, which roles hang on, is always one of them. */
export const startHost = async (
  stateDir: string,
  createServices: readonly ((host: Host) => Service)[],
  endpoint = 4566,
): Promise<TestHost> => {
  const store = openStore(stateDir);
  const clock = createClock();
  const log: LogLine[] = [];
  const ports = { endpoint, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0 };
  const host = createHost({ stateDir, store, clock, ports, log: (line) => log.push(line) });
  for (const create of [createIamService, ...createServices]) host.register(create(host));
  await host.startServices();
  const close = async () => {
    clock.stop();
    store.close();
    await host.stopServices();
  };
  return {
    host,
    clock,
    store,
    log,
    killAndRestart: async () => {
      await close();
      return startHost(stateDir, createServices, endpoint);
    },
    stop: close,
  };
};

/** Puts a role into the account. @param trusted the service that may assume it */
export const putRole = (
  host: Host,
  roleName: string,
  trusted: string,
  statements: readonly PolicyStatement[] = [],
): string => {
  const arn = `arn:aws:iam::${host.accountId}:role/${roleName}`;
  const role: RoleRecord = {
    arn,
    roleName,
    roleId: `AROA${roleName}`,
    path: '/',
    maxSessionDuration: 3600,
    createdAt: 0,
    trustPolicy: {
      Statement: { Effect: 'Allow', Principal: { Service: trusted }, Action: 'sts:AssumeRole' },
    },
    inlinePolicies: statements.length > 0 ? { policy: { Statement: statements } } : {},
    managedPolicyArns: [],
    tags: [],
  };
  host.store.table<RoleRecord>('iam.roles').put(roleName, role);
  return arn;
};

/** A condition that becomes true as soon as other code has run. @throws after 10 s */
export const eventually = async <Value>(look: () => Value | undefined | false): Promise<Value> => {
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    const value = look();
    if (value) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('The condition did not become true within 10 s.');
};

/** What a client of the SDK is made with that calls an endpoint as the administrator. */
export const administratorAt = ({ url }: Pick<Endpoint, 'url'>, { host }: Pick<TestHost, 'host'>) => ({
  endpoint: url,
  region: 'us-east-1',
  credentials: host.administratorKey(),
  maxAttempts: 1,
});
