import type { Host } from '../../host.ts';
import type { Agent, AgentTask } from './agent/agent.ts';
import { LifecycleEventError } from './agent/hooks.ts';
import { DeploymentFailedError } from './deployment-errors.ts';
import type { Fleet } from './deployment-fleet.ts';
import { checkStop } from './deployment-stops.ts';
import {
  type CodeDeployTables,
  type EventRecord,
  type TargetRecord,
  targetKey,
  targetsOf,
} from './records.ts';

/** Lifecycle events on an instance that gets a revision. */
export const installEvents = [
  'ApplicationStop',
  'DownloadBundle',
  'BeforeInstall',
  'Install',
  'AfterInstall',
  'ApplicationStart',
  'ValidateService',
] as const;
/** Lifecycle events on an instance that gets traffic. */
export const allowEvents = ['BeforeAllowTraffic', 'AllowTraffic', 'AfterAllowTraffic'] as const;
/** Lifecycle events on an instance that loses its traffic. */
export const blockEvents = ['BeforeBlockTraffic', 'BlockTraffic', 'AfterBlockTraffic'] as const;

/** Events whose failures `ignoreApplicationStopFailures` passes over (its API reference). */
const ignorableEvents: readonly string[] = ['ApplicationStop', 'BeforeBlockTraffic', 'AfterBlockTraffic'];

/** Takes deployments through lifecycle events, each written down before it is done. */
export interface Steps {
  /** Adds a target whose events are all pending, unless the deployment has it. */
  readonly addTarget: (
    deploymentId: string,
    instanceId: string,
    events: readonly string[],
    label?: 'Blue' | 'Green',
  ) => void;
  /**
   * Does those of the events on the instance that are not done.
   * @returns whether the instance is still good
   * @throws DeploymentStoppedError between events
   */
  readonly run: (task: AgentTask, fleet: Fleet, events: readonly string[]) => Promise<boolean>;
  /** Marks an instance that has gone through all of its events. */
  readonly succeed: (task: AgentTask) => Promise<void>;
  /** Marks what will not happen any more. */
  readonly skipRest: (deploymentId: string) => void;
}

/** The steps of all deployments. */
export const createSteps = (host: Host, tables: CodeDeployTables, agent: Agent): Steps => {
  const find = (deploymentId: string, instanceId: string) =>
    tables.targets.get(targetKey(deploymentId, instanceId)) as TargetRecord;
  const put = (target: TargetRecord) =>
    tables.targets.put(targetKey(target.deploymentId, target.instanceId), {
      ...target,
      updatedAt: host.clock.now(),
    });
  const putEvent = (target: TargetRecord, event: EventRecord, status: TargetRecord['status']) =>
    put({ ...target, status, events: target.events.map((one) => (one.name === event.name ? event : one)) });

  const act = async (task: AgentTask, fleet: Fleet, event: string): Promise<readonly string[]> => {
    const { deployment, instanceId } = task;
    const isFirst =
      targetsOf(tables, deployment.id).find(({ label }) => label !== 'Blue')?.instanceId === instanceId;
    if (deployment.isFaulty && event === 'ApplicationStop' && isFirst)
      throw new LifecycleEventError({ message: 'The failure of this deployment was asked for by --fail.' });
    if (event === 'AllowTraffic') await fleet.allowTraffic(instanceId);
    else if (event === 'BlockTraffic') await fleet.blockTraffic(instanceId);
    else return agent.perform(task, event);
    return [];
  };

  const runOne = async (task: AgentTask, fleet: Fleet, name: string): Promise<boolean> => {
    const { deployment, instanceId } = task;
    const before = find(deployment.id, instanceId).events.find((one) => one.name === name);
    if (before?.status === 'Succeeded') return true;
    if (before?.status === 'Failed') return false;
    checkStop(host, tables, deployment.id);
    const startedAt = before?.startedAt ?? host.clock.now();
    putEvent(find(deployment.id, instanceId), { name, status: 'InProgress', startedAt }, 'InProgress');
    const end = (status: 'Succeeded' | 'Failed', diagnostics: EventRecord['diagnostics']) =>
      putEvent(
        find(deployment.id, instanceId),
        { name, status, startedAt, endedAt: host.clock.now(), ...(diagnostics ? { diagnostics } : {}) },
        status === 'Failed' ? 'Failed' : 'InProgress',
      );
    let warnings: readonly string[];
    try {
      warnings = await act(task, fleet, name);
    } catch (error) {
      const isTraffic = error instanceof DeploymentFailedError;
      if (!isTraffic && !(error instanceof LifecycleEventError)) throw error;
      const diagnostics = isTraffic
        ? ({ errorCode: 'UnknownError', scriptName: '', message: error.message, logTail: '' } as const)
        : error.diagnostics;
      if (ignorableEvents.includes(name) && deployment.ignoreStopFailures && !deployment.isFaulty) {
        end('Succeeded', diagnostics);
        return true;
      }
      end('Failed', diagnostics);
      return false;
    }
    const logTail = warnings.map((warning) => `Warning: ${warning}`).join('\n');
    end('Succeeded', { errorCode: 'Success', scriptName: '', message: 'Succeeded', logTail });
    return true;
  };

  return {
    addTarget: (deploymentId, instanceId, events, label) => {
      if (tables.targets.has(targetKey(deploymentId, instanceId))) return;
      put({
        deploymentId,
        instanceId,
        ...(label ? { label } : {}),
        status: 'Pending',
        updatedAt: host.clock.now(),
        events: events.map((name) => ({ name, status: 'Pending' })),
      });
    },
    run: async (task, fleet, events) => {
      for (const event of events) if (!(await runOne(task, fleet, event))) return false;
      return true;
    },
    succeed: async (task) => {
      const target = find(task.deployment.id, task.instanceId);
      if (target.status === 'Succeeded') return;
      if (target.label !== 'Blue') await agent.succeed(task);
      put({ ...target, status: 'Succeeded' });
    },
    skipRest: (deploymentId) => {
      for (const target of targetsOf(tables, deploymentId)) {
        const open = target.status === 'Pending' || target.status === 'InProgress';
        const events = target.events.map(
          (event): EventRecord =>
            event.status === 'Pending' || event.status === 'InProgress'
              ? { ...event, status: 'Skipped' }
              : event,
        );
        put({ ...target, events, status: open ? 'Skipped' : target.status });
      }
    },
  };
};
