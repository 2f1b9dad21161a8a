import { randomUUID } from 'node:crypto';
import type { DescribeInstancesResult } from '@aws-sdk/client-ec2';
import type { BusEvent, Host, Principal } from '../../host.ts';
import type { Lifetime } from '../../instances/lifetime.ts';
import { LifetimeEndedError } from '../../instances/lifetime.ts';
import { createAgent } from './agent/agent.ts';
import { type BlueGreen, deployBlueGreen, isQueuedBehind, restoreBlue } from './blue-green.ts';
import { findConfig } from './configs.ts';
import { asDeploymentFailure, DeploymentFailedError, DeploymentStoppedError } from './deployment-errors.ts';
import { createFleet, type Fleet } from './deployment-fleet.ts';
import { createSteps } from './deployment-steps.ts';
import { alarmError, authorizeAlarms, checkStop } from './deployment-stops.ts';
import { deployInPlace } from './in-place.ts';
import {
  applicationArn,
  type CodeDeployTables,
  changeDeployment,
  type DeploymentRecord,
  deploymentIdOf,
  findDeployment,
  type GroupRecord,
  groupArn,
  groupKey,
  groupOf,
  isActive,
} from './records.ts';

const administrator: Principal = { kind: 'administrator' };

const POLL_MS = 25;
/** How long the start waits for applications to be up again, in ms. */
const RESTART_PATIENCE_MS = 15_000;

/** What a new deployment is made of; the rest follows from its group. */
type NewDeployment = Pick<DeploymentRecord, 'revision' | 'creator'> & Partial<DeploymentRecord>;

/** Runs deployments. */
export interface Engine {
  /** Writes a deployment down and starts it. The same id again gives the one that is there. */
  readonly create: (group: GroupRecord, wanted: NewDeployment) => DeploymentRecord;
  /** Hears of instances that Auto Scaling launches in a group's Auto Scaling groups (T29). */
  readonly onServiceEvent: (event: BusEvent) => void;
  /** Starts the applications that ran when the emulator last ended, then the deployments that were under way. */
  readonly resume: () => Promise<void>;
}

/** The engine of all deployments; everything it needs to go on after a crash is in the store. */
export const createEngine = (host: Host, tables: CodeDeployTables, lifetime: Lifetime): Engine => {
  const agent = createAgent(host, tables, lifetime);
  const steps = createSteps(host, tables, agent);

  /** Tells of a deployment's state (T28); the id makes telling it again after a crash harmless. */
  const tell = (deployment: DeploymentRecord, state: 'START' | 'SUCCESS' | 'FAILURE' | 'STOP' | 'READY') => {
    const { id, applicationName, groupName } = deployment;
    host.emit({
      id: `${id}-${state.toLowerCase()}`,
      source: 'aws.codedeploy',
      detailType: 'CodeDeploy Deployment State-change Notification',
      resources: [applicationArn(host, applicationName), groupArn(host, applicationName, groupName)],
      detail: {
        deploymentId: id,
        application: applicationName,
        deploymentGroup: groupName,
        region: host.region,
        state,
      },
    });
  };

  const end = (
    id: string,
    state: 'SUCCESS' | 'FAILURE' | 'STOP',
    change: Partial<DeploymentRecord> & Pick<DeploymentRecord, 'status'>,
  ) => {
    tell(findDeployment(tables, id), state);
    changeDeployment(tables, id, { ...change, completedAt: host.clock.now() });
  };

  /** Auto Scaling may ask for a deployment while the start still takes up the others: each is run once. */
  const begun = new Set<string>();
  const begin = (id: string) => {
    if (begun.has(id)) return;
    begun.add(id);
    lifetime.run(() => run(id));
  };

  const create: Engine['create'] = (group, wanted) => {
    const id = wanted.id ?? deploymentIdOf(randomUUID());
    const existing = tables.deployments.get(id);
    if (existing) return existing;
    const { deploymentStyle, deploymentConfigName, autoRollbackConfiguration } = group.settings;
    const events = autoRollbackConfiguration?.events ?? [];
    const deployment: DeploymentRecord = {
      id,
      applicationName: group.applicationName,
      groupName: group.name,
      configName: deploymentConfigName ?? 'CodeDeployDefault.OneAtATime',
      ...(group.targetRevision ? { previousRevision: group.targetRevision } : {}),
      kind: deploymentStyle?.deploymentType ?? 'IN_PLACE',
      withTraffic: deploymentStyle?.deploymentOption === 'WITH_TRAFFIC_CONTROL',
      status: 'Created',
      createdAt: host.clock.now(),
      ignoreStopFailures: false,
      fileExistsBehavior: 'DISALLOW',
      rollsBack: autoRollbackConfiguration?.enabled === true && events.includes('DEPLOYMENT_FAILURE'),
      isFaulty: false,
      ...wanted,
    };
    tables.deployments.put(id, deployment);
    begin(id);
    return deployment;
  };

  /**
   * Deploys the last good revision again, as a deployment of its own. It is written down before the failed one ends, so
   * that a crash in between loses nothing.
   */
  const redeployLastGood = (group: GroupRecord, failed: DeploymentRecord): DeploymentRecord['rollback'] => {
    const good = group.lastSuccessful ? tables.deployments.get(group.lastSuccessful) : undefined;
    if (!good) return { message: 'No rollback: the deployment group has no earlier successful deployment.' };
    const id = deploymentIdOf(`rollback ${failed.id}`);
    const message = `Rolls back ${failed.id} to the revision of ${good.id}.`;
    create(group, {
      id,
      revision: good.revision,
      creator: 'codeDeployRollback',
      description: message,
      fileExistsBehavior: failed.fileExistsBehavior,
      rollsBack: false,
      rollback: { triggeredBy: failed.id, message },
    });
    return { deploymentId: id, message: `Deployment ${id} deploys the revision of ${good.id} again.` };
  };

  const rollBack = async (surroundings: Surroundings): Promise<DeploymentRecord['rollback']> => {
    const { group, deployment } = surroundings;
    if (deployment.kind === 'IN_PLACE') return redeployLastGood(group, deployment);
    try {
      return { message: await restoreBlue(surroundings) };
    } catch (error) {
      if (error instanceof LifetimeEndedError) throw error;
      return { message: `The rollback failed. ${asDeploymentFailure(error).message}` };
    }
  };

  type Surroundings = BlueGreen;
  const surround = (deployment: DeploymentRecord): Surroundings => {
    const group = groupOf(tables, deployment);
    if (!group) {
      throw new DeploymentFailedError(
        'DEPLOYMENT_GROUP_MISSING',
        `Deployment group ${deployment.groupName} was deleted while it was deployed to.`,
      );
    }
    const fleet: Fleet = createFleet(host, lifetime, group);
    const tellReady = () => {
      tell(deployment, 'READY');
      host.log('codedeploy', `Deployment ${deployment.id} is ready and waits before traffic moves`);
    };
    return { host, lifetime, tables, steps, fleet, group, deployment, tellReady };
  };

  const succeed = async ({ fleet, group, deployment }: Surroundings) => {
    const { id, applicationName, groupName, launch } = deployment;
    if (launch) await fleet.completeLaunch(launch, 'CONTINUE');
    const newest = tables.groups.get(groupKey(applicationName, groupName));
    if (newest && !launch) {
      tables.groups.put(groupKey(applicationName, groupName), {
        ...newest,
        targetRevision: deployment.revision,
        lastSuccessful: id,
      });
    }
    end(id, 'SUCCESS', { status: 'Succeeded' });
    host.log('codedeploy', `Deployment ${id} of ${group.applicationName}/${group.name} succeeded`);
  };

  const fail = async (id: string, surroundings: Surroundings | undefined, error: unknown) => {
    const deployment = findDeployment(tables, id);
    const isStop = error instanceof DeploymentStoppedError;
    const rollsBack = isStop ? deployment.stop?.rollsBack === true : deployment.rollsBack;
    // A launch that fails is given up; other instances are not touched.
    if (surroundings && deployment.launch)
      await surroundings.fleet.completeLaunch(deployment.launch, 'ABANDON');
    const rollback =
      surroundings && rollsBack && !deployment.launch ? await rollBack(surroundings) : undefined;
    steps.skipRest(id);
    const alarms = deployment.stop?.alarms;
    const failure = isStop ? alarms && alarmError(alarms) : asDeploymentFailure(error);
    end(id, isStop ? 'STOP' : 'FAILURE', {
      status: isStop ? 'Stopped' : 'Failed',
      ...(failure ? { error: { code: failure.code, message: failure.message } } : {}),
      ...(rollback ? { rollback } : {}),
    });
    host.log('codedeploy', `Deployment ${id} ended: ${failure?.message ?? 'stopped'}`);
  };

  const run = async (id: string): Promise<void> => {
    let surroundings: Surroundings | undefined;
    try {
      await lifetime.until(POLL_MS, () => {
        checkStop(host, tables, id);
        return isQueuedBehind(tables, findDeployment(tables, id)) ? undefined : true;
      });
      const before = findDeployment(tables, id);
      surroundings = surround(before);
      if (!before.launch)
        authorizeAlarms(host, surroundings.group, groupArn(host, before.applicationName, before.groupName));
      if (before.startedAt === undefined) {
        tell(before, 'START');
        const startedAt = host.clock.now();
        surroundings = surround(changeDeployment(tables, id, { status: 'InProgress', startedAt }));
      }
      const { fleet, group, deployment } = surroundings;
      if (deployment.kind === 'BLUE_GREEN' && !deployment.launch) await deployBlueGreen(surroundings);
      else {
        const { minimumHealthyHosts = {} } = findConfig(tables, deployment.configName);
        await deployInPlace(tables, steps, fleet, group, deployment, minimumHealthyHosts);
      }
      await succeed(surroundings);
    } catch (error) {
      if (error instanceof LifetimeEndedError) throw error;
      await fail(id, surroundings, error);
    }
  };

  const restartApplications = async () => {
    const running = tables.instances.values().flatMap(({ instanceId, groupId, running }) => {
      const deployment = running === undefined ? undefined : tables.deployments.get(running);
      const group = deployment && groupOf(tables, deployment);
      return deployment && group?.id === groupId ? [{ deployment, group, instanceId }] : [];
    });
    await Promise.all(
      running.map(async (task) => {
        try {
          if (await isRunning(task.instanceId)) await agent.restart(task);
        } catch (error) {
          host.log('codedeploy', `The application on ${task.instanceId} does not start again`, {
            error: String(error),
          });
        }
      }),
    );
  };

  const isRunning = async (instanceId: string) => {
    const { Reservations } = await host.call<DescribeInstancesResult>(
      administrator,
      'ec2',
      'DescribeInstances',
      {
        Filters: [
          { Name: 'instance-id', Values: [instanceId] },
          { Name: 'instance-state-name', Values: ['running'] },
        ],
      },
    );
    return (Reservations ?? []).length > 0;
  };

  return {
    create,
    onServiceEvent: ({ 'detail-type': detailType, detail }) => {
      if (detailType !== 'EC2 Instance-launch Lifecycle Action') return;
      const launch = {
        instanceId: String(detail.EC2InstanceId),
        groupName: String(detail.AutoScalingGroupName),
        hook: String(detail.LifecycleHookName),
        token: String(detail.LifecycleActionToken),
      };
      const group = tables.groups
        .values()
        .find(({ autoScalingGroups }) =>
          autoScalingGroups.some(({ name, hook }) => name === launch.groupName && hook === launch.hook),
        );
      if (!group) return;
      const revision = group.targetRevision;
      if (revision) {
        const description = `Auto Scaling group ${launch.groupName} launched ${launch.instanceId}.`;
        create(group, {
          id: deploymentIdOf(`launch ${launch.token}`),
          revision,
          creator: 'autoscaling',
          description,
          withTraffic: false,
          fileExistsBehavior: 'OVERWRITE',
          rollsBack: false,
          launch,
        });
      } else lifetime.run(() => createFleet(host, lifetime, group).completeLaunch(launch, 'CONTINUE'));
    },
    resume: async () => {
      const restarted = restartApplications();
      lifetime.run(async () => {
        await restarted;
        for (const { id } of tables.deployments.values().filter(isActive)) begin(id);
      });
      await Promise.race([
        restarted,
        new Promise<void>((resolve) =>
          host.clock.at(host.clock.now() + RESTART_PATIENCE_MS, () => resolve()),
        ),
      ]);
    },
  };
};
