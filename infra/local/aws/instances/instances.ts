import { createHash, randomInt } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import type { Host } from '../host.ts';
import { createDirectorySystem } from './directory-system.ts';
import type { InstanceSystem } from './instance-system.ts';
import { createProcessGroups, type ProcessGroups } from './process-groups.ts';

/**
 * Ports of instances lie below the ranges from which systems take ports for outgoing connections (Linux 32768, macOS
 * 49152), so that an instance's port is not taken while its application restarts.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;

/** What this machine knows of an instance beside what EC2's API tells. */
export interface Machine {
  /** The port that the instance's application listens on. */
  readonly port: number;
  /** Whether a CodeDeploy agent runs there: baked into the image, or installed by user data. */
  readonly hasAgent: boolean;
  /** Whether its user data serves a stub until a revision is started. */
  readonly hasStub: boolean;
}

/** What stands for EC2 instances on this machine: a directory, a port on loopback and processes each. */
export interface Instances {
  /** The instance's directory; the agent's files lie in it. */
  readonly directory: (instanceId: string) => string;
  /** What is `/` for the application: its `DESTDIR`. */
  readonly root: (instanceId: string) => string;
  readonly machine: (instanceId: string) => Machine | undefined;
  /** Boots an instance: directory, port and, if it has one, the stub. Booting again changes nothing. */
  readonly boot: (instanceId: string, kind: Omit<Machine, 'port'>) => Promise<void>;
  /**
   * After a start of the emulator: ends what an earlier process left running on the instance, makes sure of its port
   * (another one if a stranger took it) and serves its stub. Done once; later calls wait for the first.
   */
  readonly recover: (instanceId: string) => Promise<void>;
  /** The application takes over from the stub: frees the port, and the stub does not come back at the next start. */
  readonly endStub: (instanceId: string) => Promise<void>;
  readonly processes: ProcessGroups;
  /** How CodeDeploy's agent reaches into the instance. */
  readonly system: (instanceId: string) => InstanceSystem;
  /** Ends everything that runs on the instance. */
  readonly halt: (instanceId: string) => Promise<void>;
  /** Forgets the instance and deletes its directory. */
  readonly remove: (instanceId: string) => void;
}

const known = new WeakMap<Host, Instances>();

/** The instances of a host; the same object at every call, since what runs in them does so once. */
export const instancesOf = (host: Host): Instances => {
  const existing = known.get(host);
  if (existing) return existing;
  const instances = createInstances(host);
  known.set(host, instances);
  return instances;
};

const createInstances = (host: Host): Instances => {
  const machines = host.store.table<Machine>('ec2.machines');
  const stubs = new Map<string, http.Server>();
  const recovered = new Map<string, Promise<void>>();
  const directory = (instanceId: string) => path.join(host.stateDir, 'instances', instanceId);
  const root = (instanceId: string) => path.join(directory(instanceId), 'root');
  const processes = createProcessGroups(host.store, host.clock, root);

  const choosePort = async (): Promise<number> => {
    const taken = new Set(machines.values().map(({ port }) => port));
    for (;;) {
      const port = randomInt(FIRST_PORT, LAST_PORT + 1);
      if (!taken.has(port) && (await isFree(port))) return port;
    }
  };

  const serveStub = async (instanceId: string, port: number) => {
    const server = http.createServer((_request, response) => {
      response.setHeader('content-type', 'text/plain; charset=utf-8');
      response.end(`Instance ${instanceId} waits for its first deployment.\n`);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    stubs.set(instanceId, server);
  };

  const closeStub = async (instanceId: string) => {
    const server = stubs.get(instanceId);
    if (!server) return;
    stubs.delete(instanceId);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };

  const boot = async (instanceId: string, kind: Omit<Machine, 'port'>) => {
    if (stubs.has(instanceId)) return;
    fs.mkdirSync(root(instanceId), { recursive: true });
    const before = machines.get(instanceId);
    const port = before && (await isFree(before.port)) ? before.port : await choosePort();
    const { hasAgent, hasStub } = before ?? kind;
    if (before?.port !== port) machines.put(instanceId, { port, hasAgent, hasStub });
    if (hasStub) await serveStub(instanceId, port);
  };

  const halt = async (instanceId: string) => {
    await closeStub(instanceId);
    await processes.kill({ instanceId });
  };

  const recover = async (instanceId: string) => {
    await processes.kill({ instanceId });
    const before = machines.get(instanceId);
    if (before) await boot(instanceId, before);
  };

  return {
    directory,
    root,
    processes,
    system: (instanceId) =>
      createDirectorySystem({
        instanceId,
        root: root(instanceId),
        home: directory(instanceId),
        port: () => machines.get(instanceId)?.port,
        processes,
      }),
    halt,
    boot: async (instanceId, kind) => {
      // What is booted by this process has nothing of an earlier one to recover from.
      recovered.set(instanceId, recovered.get(instanceId) ?? Promise.resolve());
      await boot(instanceId, kind);
    },
    machine: (instanceId) => machines.get(instanceId),
    recover: (instanceId) => {
      const started = recovered.get(instanceId) ?? recover(instanceId);
      recovered.set(instanceId, started);
      return started;
    },
    endStub: async (instanceId) => {
      const machine = machines.get(instanceId);
      if (machine?.hasStub) machines.put(instanceId, { ...machine, hasStub: false });
      await closeStub(instanceId);
    },
    remove: (instanceId) => {
      machines.delete(instanceId);
      fs.rmSync(directory(instanceId), { recursive: true, force: true });
    },
  };
};

/** Whether a port on loopback can be listened on now. */
const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

/** A resource id as EC2 makes them (`i-` and 17 hexadecimal digits): the same for the same seed. */
export const resourceId = (prefix: string, seed: string): string =>
  `${prefix}-${createHash('sha256').update(seed).digest('hex').slice(0, 17)}`;
