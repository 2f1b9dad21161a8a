import type { Host } from '../../host.ts';
import { instancesOf } from '../../instances/instances.ts';
import { createReverseProxy, type ReverseProxy } from '../../instances/reverse-proxy.ts';
import type { AutoScalingTables } from './records.ts';

/** Fixed ports at which the instances of groups without a load balancer are reached. */
export interface FrontDoors {
  /** Opens a group's door: the first group's at the host's QAT port, others' at free ones. */
  readonly open: (groupName: string) => Promise<void>;
  readonly shut: (groupName: string) => Promise<void>;
  readonly openAll: () => Promise<void>;
  readonly shutAll: () => Promise<void>;
  /** The port of a group's door. */
  readonly port: (groupName: string) => number | undefined;
}

/** Forwarders to whichever instance of a group is in service. */
export const createFrontDoors = (host: Host, tables: AutoScalingTables): FrontDoors => {
  const instances = instancesOf(host);
  const proxies = new Map<string, ReverseProxy>();

  const targetPort = (groupName: string): number | undefined => {
    for (const { state, instanceId } of tables.groups.get(groupName)?.slots ?? []) {
      const machine = state === 'InService' && instanceId ? instances.machine(instanceId) : undefined;
      if (machine) return machine.port;
    }
    return undefined;
  };

  const serve = async (groupName: string, port: number) => {
    const proxy = await createReverseProxy(port, () => {
      const target = targetPort(groupName);
      return target === undefined
        ? { kind: 'answer', status: 503, body: `No instance of ${groupName} is in service.\n` }
        : { kind: 'target', port: target, headers: {}, done: () => undefined };
    });
    proxies.set(groupName, proxy);
    return proxy.port;
  };

  const open = async (groupName: string) => {
    if (proxies.has(groupName)) return;
    const known = tables.doors.get(groupName);
    const isFirst = known === 'qat' || (known === undefined && !tables.doors.values().includes('qat'));
    if (isFirst) {
      tables.doors.put(groupName, 'qat');
      await serve(groupName, host.ports.qat);
    } else tables.doors.put(groupName, await serve(groupName, known ?? 0));
  };

  const shut = async (groupName: string) => {
    tables.doors.delete(groupName);
    await proxies.get(groupName)?.close();
    proxies.delete(groupName);
  };

  return {
    open,
    shut,
    openAll: async () => {
      for (const groupName of tables.doors.keys()) await open(groupName);
    },
    shutAll: async () => {
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
      proxies.clear();
    },
    port: (groupName) => proxies.get(groupName)?.port,
  };
};
