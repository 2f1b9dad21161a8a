import { createHash, randomInt } from 'node:crypto';
import net from 'node:net';
import path from 'node:path';
import type { Host } from '../host.ts';
import { createContainerDriver } from './container/container-driver.ts';
import { createImageWorkshop, type ImageWorkshop } from './container/image-workshop.ts';
import type { InstanceDriver, Launch, Recovered } from './driver.ts';
import type { InstanceSystem } from './instance-system.ts';
import { createProcessDriver } from './process-driver.ts';
import type { GroupSelection } from './process-groups.ts';
import { createSandboxDriver } from './sandbox/sandbox-driver.ts';

/**
 * Ports of instances lie below the ranges from which systems take ports for outgoing connections (Linux 32768, macOS
 * 49152), so that an instance's port is not taken while its application restarts.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;

/** What this machine knows of an instance beside what EC2's API tells. */
export interface Machine extends Launch {
  /** The port of 127.0.0.1 at which the instance's application is reached. */
  readonly port: number;
}

/** What stands for EC2 instances on this machine, each with a port on loopback. A driver says what it is. */
export interface Instances {
  readonly kind: InstanceDriver['kind'];
  /** The instance's directory; the agent's files lie in it. */
  readonly directory: (instanceId: string) => string;
  /** Of an instance that is a directory: what is `/` for the application, its `DESTDIR`. */
  readonly root: (instanceId: string) => string;
  readonly machine: (instanceId: string) => Machine | undefined;
  /** After a start of the emulator, before anything else: removes what stands for instances that are not among the living. */
  readonly start: (living: ReadonlySet<string>) => Promise<void>;
  /** Boots an instance with a port of its own. Booting again changes nothing. */
  readonly boot: (instanceId: string, launch: Launch) => Promise<void>;
  /**
   * After a start of the emulator: takes up what an earlier process left, or starts it again, with its stub. Done once; later
   * calls wait for the first.
   */
  readonly recover: (instanceId: string) => Promise<Recovered>;
  /** The application takes over from the stub: frees the port, and the stub does not come back at the next start. */
  readonly endStub: (instanceId: string) => Promise<void>;
  /** Ends processes of one command, or all of the instance's. */
  readonly kill: (selection: GroupSelection) => Promise<void>;
  /** How CodeDeploy's agent reaches into the instance. */
  readonly system: (instanceId: string) => InstanceSystem;
  /** Ends everything that runs on the instance. */
  readonly halt: (instanceId: string) => Promise<void>;
  /** Ends everything, forgets the instance and deletes its files. */
  readonly remove: (instanceId: string) => Promise<void>;
  /** Makes the images that instances start from; absent where instances are not made of images. */
  readonly workshop?: ImageWorkshop;
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
  const recovered = new Map<string, Promise<Recovered>>();
  const directory = (instanceId: string) => path.join(host.stateDir, 'instances', instanceId);
  const root = (instanceId: string) => path.join(directory(instanceId), 'root');
  const workshop = host.containers && createImageWorkshop(host, host.containers);
  const createDriver = (): InstanceDriver => {
    if (host.containers && workshop) return createContainerDriver(host, host.containers, workshop, directory);
    if (host.sandboxes) return createSandboxDriver(host, host.sandboxes, directory);
    return createProcessDriver(host, { directory, root, port: (id) => machines.get(id)?.port });
  };
  const driver = createDriver();

  const choosePort = async (): Promise<number> => {
    const taken = new Set(machines.values().map(({ port }) => port));
    for (;;) {
      const port = randomInt(FIRST_PORT, LAST_PORT + 1);
      if (!taken.has(port) && (await isFree(port))) return port;
    }
  };

  /** The instance's machine, with a port that can be listened on unless the driver keeps the one that it has. */
  const placed = async (instanceId: string, launch: Launch): Promise<Machine> => {
    const before = machines.get(instanceId);
    if (before && (!driver.movesPorts || (await isFree(before.port)))) return before;
    const { hasAgent, hasStub, imageId, instanceType, userData } = before ?? launch;
    const machine: Machine = {
      port: await choosePort(),
      hasAgent,
      hasStub,
      imageId,
      instanceType,
      ...(userData !== undefined && { userData }),
    };
    machines.put(instanceId, machine);
    return machine;
  };

  const recover = async (instanceId: string): Promise<Recovered> => {
    if (driver.movesPorts) await driver.halt(instanceId);
    const before = machines.get(instanceId);
    if (!before) return 'restarted';
    const machine = await placed(instanceId, before);
    return driver.recover({ instanceId, port: machine.port }, machine);
  };

  /** Booted by this process: a second call of `boot` finds its port taken by itself. */
  const booted = new Set<string>();

  return {
    kind: driver.kind,
    ...(workshop && { workshop }),
    directory,
    root,
    machine: (instanceId) => machines.get(instanceId),
    start: driver.start,
    boot: async (instanceId, launch) => {
      // What is booted by this process has nothing of an earlier one to recover from.
      recovered.set(instanceId, recovered.get(instanceId) ?? Promise.resolve('restarted' as const));
      if (booted.has(instanceId)) return;
      booted.add(instanceId);
      const machine = await placed(instanceId, launch);
      await driver.boot({ instanceId, port: machine.port }, machine);
    },
    recover: (instanceId) => {
      const started = recovered.get(instanceId) ?? recover(instanceId);
      recovered.set(instanceId, started);
      if (machines.has(instanceId)) booted.add(instanceId);
      return started;
    },
    endStub: async (instanceId) => {
      const machine = machines.get(instanceId);
      if (!machine?.hasStub) return;
      machines.put(instanceId, { ...machine, hasStub: false });
      await driver.endStub(instanceId);
    },
    kill: driver.kill,
    system: driver.system,
    halt: driver.halt,
    remove: async (instanceId) => {
      await driver.remove(instanceId);
      machines.delete(instanceId);
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
