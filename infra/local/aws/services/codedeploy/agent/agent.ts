import fs from 'node:fs';
import path from 'node:path';
import type { DescribeInstancesResult } from '@aws-sdk/client-ec2';
import type { GetInstanceProfileCommandOutput } from '@aws-sdk/client-iam';
import { AwsError, type Host, type Principal } from '../../../host.ts';
import { bytePath } from '../../../instances/instance-system.ts';
import { instancesOf } from '../../../instances/instances.ts';
import { type Lifetime, LifetimeEndedError } from '../../../instances/lifetime.ts';
import { BundleError, unpackBundle } from '../../shared/unpack-bundle.ts';
import type { CodeDeployTables, DeploymentRecord, GroupRecord, InstanceRecord } from '../records.ts';
import { type AppSpec, checkEvents, parseAppSpec } from './appspec.ts';
import { AppSpecError } from './appspec-nodes.ts';
import { findAppSpec, findBundle } from './find-bundle.ts';
import { LifecycleEventError, note, runHook } from './hooks.ts';
import { InstallError, install } from './install.ts';

/**
 * Events whose scripts come from the revision that was installed last: it is that one which stops or loses traffic (CodeDeploy's API
 * reference, `ignoreApplicationStopFailures`; `hook_executor.rb` of aws/aws-codedeploy-agent).
 */
const eventsOfLastRevision: readonly string[] = [
  'ApplicationStop',
  'BeforeBlockTraffic',
  'AfterBlockTraffic',
];

const administrator: Principal = { kind: 'administrator' };

/** Where and for what the agent works. */
export interface AgentTask {
  readonly deployment: DeploymentRecord;
  readonly group: GroupRecord;
  readonly instanceId: string;
}

/** What CodeDeploy's agent does on an instance. */
export interface Agent {
  /**
   * Does one lifecycle event: downloads, installs, or runs the hook's scripts. Doing it again after an interruption ends
   * what the interrupted run left behind first.
   * @returns warnings: what the instance cannot do as one of EC2 does
   * @throws LifecycleEventError
   * @throws LifetimeEndedError when the service stops meanwhile; the event is to be done again
   */
  readonly perform: (task: AgentTask, event: string) => Promise<readonly string[]>;
  /** The deployment has succeeded on the instance: what older ones have left is deleted. */
  readonly succeed: (task: AgentTask) => Promise<void>;
  /** Starts again what ran on the instance when the emulator last ended. */
  readonly restart: (task: AgentTask) => Promise<void>;
}

/** The agents of all instances. */
export const createAgent = (host: Host, tables: CodeDeployTables, lifetime: Lifetime): Agent => {
  const instances = instancesOf(host);
  const underWay = new Set<{ instanceId: string; label: string }>();
  lifetime.onEnd(() => {
    for (const selection of underWay) void instances.kill(selection);
  });

  const keyOf = ({ instanceId, group }: AgentTask) => `${instanceId}/${group.id}`;
  const recordOf = (task: AgentTask): InstanceRecord =>
    tables.instances.get(keyOf(task)) ?? { instanceId: task.instanceId, groupId: task.group.id };
  /** Writes down which deployment's application runs on the instance, if any. */
  const setRunning = (task: AgentTask, deploymentId: string | undefined) => {
    const { running: _, ...record } = recordOf(task);
    tables.instances.put(keyOf(task), {
      ...record,
      ...(deploymentId === undefined ? {} : { running: deploymentId }),
    });
  };

  // Where the agent of Amazon Linux keeps its files, so that what operators do there can be done here.
  const deploymentRoot = ({ instanceId }: AgentTask) =>
    path.join(instances.system(instanceId).agentRoot, 'deployment-root');
  const instructions = (task: AgentTask, name: string) =>
    path.join(deploymentRoot(task), 'deployment-instructions', `${task.group.id}${name}`);
  const groupDirectory = (task: AgentTask) => path.join(deploymentRoot(task), task.group.id);
  const deploymentDirectory = (task: AgentTask, deploymentId = task.deployment.id) =>
    path.join(groupDirectory(task), deploymentId);
  const archiveOf = (task: AgentTask, deploymentId?: string) =>
    path.join(deploymentDirectory(task, deploymentId), 'deployment-archive');
  /** The same directory as the instance sees it. */
  const archiveThere = ({ group, deployment }: AgentTask, deploymentId = deployment.id) =>
    `/opt/codedeploy-agent/deployment-root/${group.id}/${deploymentId}/deployment-archive`;
  const eTagFile = (task: AgentTask) => path.join(deploymentDirectory(task), 'bundle-etag');
  const logOf = (task: AgentTask) => path.join(deploymentDirectory(task), 'logs', 'scripts.log');

  const download = async (task: AgentTask) => {
    const { s3Location } = task.deployment.revision;
    const principal = await instanceRole(host, task.instanceId);
    const { Body, ETag } = await host.call<{ Body?: Uint8Array; ETag?: string }>(
      principal,
      's3',
      'GetObject',
      {
        Bucket: s3Location?.bucket,
        Key: s3Location?.key,
        ...(s3Location?.version ? { VersionId: s3Location.version } : {}),
      },
    );
    const [wanted, found] = [s3Location?.eTag, ETag].map((eTag) => eTag?.replaceAll('"', ''));
    if (wanted && found && wanted !== found) {
      throw new LifecycleEventError({
        message: `The bundle s3://${s3Location?.bucket}/${s3Location?.key} has ETag ${found}; the revision is ${wanted}.`,
      });
    }
    const archive = archiveOf(task);
    await unpackBundle(Body ?? new Uint8Array(), archive);
    findBundle(archive);
    if (found !== undefined) fs.writeFileSync(eTagFile(task), found);
    return [];
  };

  const runInstall = async (task: AgentTask) => {
    const spec = readAppSpec(archiveOf(task));
    checkEvents(spec);
    const warnings = await install({
      system: instances.system(task.instanceId),
      spec,
      archive: archiveThere(task),
      cleanupFile: instructions(task, '-cleanup'),
      defaultBehavior: task.deployment.fileExistsBehavior,
    });
    fs.mkdirSync(path.dirname(logOf(task)), { recursive: true });
    note(logOf(task), 'LifecycleEvent - Install', ...warnings.map((warning) => `Warning: ${warning}`));
    // Also when the deployment fails later: its scripts are the ones that stop what it installed.
    fs.writeFileSync(instructions(task, '_last_successful_install'), deploymentDirectory(task));
    tables.instances.put(keyOf(task), { ...recordOf(task), lastInstalled: task.deployment.id });
    return warnings;
  };

  const runScripts = async (task: AgentTask, event: string, revisionOf: string) => {
    // Read even if the event has no scripts: an error in it is found at the first event that reads it.
    const scripts = readAppSpec(archiveOf(task, revisionOf)).hooks[event];
    if (!scripts) return [];
    const selection = { instanceId: task.instanceId, label: `${task.deployment.id}/${event}` };
    underWay.add(selection);
    try {
      await instances.kill(selection);
      const warnings = await runHook({
        system: instances.system(task.instanceId),
        label: selection.label,
        event,
        scripts,
        archive: archiveThere(task, revisionOf),
        log: logOf(task),
        variables: variablesOf(task, readIfThere(eTagFile(task))),
      });
      if (lifetime.ended()) throw new LifetimeEndedError();
      return warnings;
    } catch (error) {
      if (lifetime.ended()) throw new LifetimeEndedError();
      throw error;
    } finally {
      underWay.delete(selection);
    }
  };

  const act = async (task: AgentTask, event: string) => {
    if (!instances.machine(task.instanceId)?.hasAgent) {
      throw new LifecycleEventError({
        message:
          'CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent logs on your host and make sure the agent is running and can connect to the CodeDeploy server.',
      });
    }
    if (event === 'DownloadBundle') return download(task);
    if (event === 'Install') return runInstall(task);
    const isOfLast = eventsOfLastRevision.includes(event);
    const revisionOf = isOfLast ? recordOf(task).lastInstalled : task.deployment.id;
    if (event === 'ApplicationStop') setRunning(task, undefined);
    if (event === 'ApplicationStart') await instances.endStub(task.instanceId);
    const warnings = revisionOf === undefined ? [] : await runScripts(task, event, revisionOf);
    if (event === 'ApplicationStart') setRunning(task, task.deployment.id);
    return warnings;
  };

  return {
    perform: async (task, event) => {
      try {
        return await act(task, event);
      } catch (error) {
        if (error instanceof LifecycleEventError || error instanceof LifetimeEndedError) throw error;
        const isKnown =
          error instanceof AppSpecError ||
          error instanceof BundleError ||
          error instanceof InstallError ||
          error instanceof AwsError;
        const message = error instanceof Error ? error.message : String(error);
        if (!isKnown) host.log('codedeploy', `Unexpected failure in ${event}`, { error: String(error) });
        throw new LifecycleEventError({
          message: error instanceof AwsError ? `${error.name}: ${message}` : message,
        });
      }
    },
    succeed: async (task) => {
      const names = fs
        .readdirSync(groupDirectory(task), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name !== task.deployment.id)
        .map(({ name }) => `/opt/codedeploy-agent/deployment-root/${task.group.id}/${name}`);
      await instances.system(task.instanceId).files.deleteTrees(names.map(bytePath));
    },
    restart: async (task) => {
      // A container that outlived the emulator goes on as it is.
      if ((await instances.recover(task.instanceId)) === 'running') return;
      await instances.endStub(task.instanceId);
      await runScripts(task, 'ApplicationStart', task.deployment.id);
    },
  };
};

/** What the agent tells a script, beside the event. */
const variablesOf = ({ deployment, group }: AgentTask, eTag: string | undefined) => {
  const { bucket, key, version, eTag: wanted } = deployment.revision.s3Location ?? {};
  const bundle = {
    BUNDLE_BUCKET: bucket,
    BUNDLE_KEY: key,
    BUNDLE_VERSION: version,
    BUNDLE_ETAG: wanted ?? eTag,
  };
  return {
    DEPLOYMENT_ID: deployment.id,
    APPLICATION_NAME: deployment.applicationName,
    DEPLOYMENT_GROUP_NAME: deployment.groupName,
    DEPLOYMENT_GROUP_ID: group.id,
    ...Object.fromEntries(
      Object.entries(bundle).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  };
};

const readIfThere = (file: string): string | undefined =>
  fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;

const readAppSpec = (archive: string): AppSpec => parseAppSpec(fs.readFileSync(findAppSpec(archive)));

/**
 * The role that the instance's profile gives to what runs there.
 * @throws LifecycleEventError without a profile
 */
const instanceRole = async (host: Host, instanceId: string): Promise<Principal> => {
  const { Reservations } = await host.call<DescribeInstancesResult>(
    administrator,
    'ec2',
    'DescribeInstances',
    {
      InstanceIds: [instanceId],
    },
  );
  const profile = Reservations?.[0]?.Instances?.[0]?.IamInstanceProfile?.Arn;
  const name = profile?.split('/').at(-1);
  if (!name) {
    throw new LifecycleEventError({
      message: `Instance ${instanceId} has no IAM instance profile, so its agent cannot download the bundle. Give its launch template one.`,
    });
  }
  const { InstanceProfile } = await host.call<GetInstanceProfileCommandOutput>(
    administrator,
    'iam',
    'GetInstanceProfile',
    { InstanceProfileName: name },
  );
  const roleArn = InstanceProfile?.Roles?.[0]?.Arn;
  if (!roleArn) throw new LifecycleEventError({ message: `Instance profile ${profile} holds no role.` });
  const instanceArn = `arn:${host.partition}:ec2:${host.region}:${host.accountId}:instance/${instanceId}`;
  return host.assumeRole(roleArn, 'ec2.amazonaws.com', instanceArn);
};
