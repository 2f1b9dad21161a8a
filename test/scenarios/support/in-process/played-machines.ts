import path from 'node:path';
import type { Host } from '@lockstep/aws-emulator';
import { createDirectorySystem } from '../../../../infra/local/aws/instances/directory-system.ts';
import type { Instances, Machine } from '../../../../infra/local/aws/instances/instances.ts';
import type { ProcessGroups } from '../../../../infra/local/aws/instances/process-groups.ts';
import type { Agent, AgentTask } from '../../../../infra/local/aws/services/codedeploy/agent/agent.ts';
import type {
  CodeDeployTables,
  InstanceRecord,
} from '../../../../infra/local/aws/services/codedeploy/records.ts';

const known = new WeakMap<Host, Instances>();
let ports = 0;

/** Instances that are nothing but what the store knows of them: no directory, no processes. */
export const instancesOf = (host: Host): Instances => {
  const existing = known.get(host);
  if (existing) return existing;
  const machines = host.store.table<Machine>('ec2.machines');
  const directory = (instanceId: string) => path.join(host.stateDir, 'instances', instanceId);
  const root = (instanceId: string) => path.join(directory(instanceId), 'root');
  const processes: ProcessGroups = {
    run: async () => ({ kind: 'exited', code: 0 }),
    kill: async () => undefined,
  };
  const instances: Instances = {
    kind: 'process',
    start: async () => undefined,
    directory,
    root,
    machine: machines.get,
    boot: async (instanceId, { hasAgent, hasStub, imageId, instanceType }) => {
      if (!machines.has(instanceId))
        machines.put(instanceId, { hasAgent, hasStub, imageId, instanceType, port: 20_000 + ports++ });
    },
    recover: async () => 'running',
    endStub: async (instanceId) => {
      const machine = machines.get(instanceId);
      if (machine?.hasStub) machines.put(instanceId, { ...machine, hasStub: false });
    },
    kill: processes.kill,
    system: (instanceId) =>
      createDirectorySystem({
        instanceId,
        root: root(instanceId),
        home: directory(instanceId),
        port: () => machines.get(instanceId)?.port,
        processes,
      }),
    halt: async () => undefined,
    remove: async (instanceId) => machines.delete(instanceId),
  };
  known.set(host, instances);
  return instances;
};

/** CodeDeploy's agent where every lifecycle event succeeds at once; it writes to the store what the real one writes. */
export const createAgent = (host: Host, tables: CodeDeployTables): Agent => {
  const change = ({ instanceId, group }: AgentTask, to: (record: InstanceRecord) => InstanceRecord) => {
    const key = `${instanceId}/${group.id}`;
    tables.instances.put(key, to(tables.instances.get(key) ?? { instanceId, groupId: group.id }));
  };
  return {
    perform: async (task, event) => {
      if (event === 'ApplicationStop') change(task, ({ running: _, ...record }) => record);
      if (event === 'Install') change(task, (record) => ({ ...record, lastInstalled: task.deployment.id }));
      if (event === 'ApplicationStart') {
        await instancesOf(host).endStub(task.instanceId);
        change(task, (record) => ({ ...record, running: task.deployment.id }));
      }
      return [];
    },
    succeed: async () => undefined,
    restart: async () => undefined,
  };
};

/** A server that nobody asks: it takes no port. */
export const listen = async () => ({ port: 0, close: async () => undefined });
