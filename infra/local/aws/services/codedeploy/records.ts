import { createHash } from 'node:crypto';
import type {
  CreateDeploymentGroupInput,
  DeploymentCreator,
  DeploymentStatus,
  ErrorCode,
  LifecycleEventStatus,
  MinimumHealthyHosts,
  RevisionLocation,
  TargetLabel,
  TargetStatus,
} from '@aws-sdk/client-codedeploy';
import { AwsError, type Host } from '../../host.ts';
import type { Table } from '../../store.ts';
import type { FileExistsBehavior } from './agent/appspec.ts';
import type { EventDiagnostics } from './agent/hooks.ts';

/** An application of CodeDeploy. Times are milliseconds since the epoch, here and below. */
interface ApplicationRecord {
  readonly name: string;
  readonly id: string;
  readonly createdAt: number;
}

/** A deployment group; its settings are kept as they were sent. */
export interface GroupRecord {
  readonly id: string;
  readonly applicationName: string;
  readonly name: string;
  readonly settings: Omit<
    CreateDeploymentGroupInput,
    'applicationName' | 'deploymentGroupName' | 'autoScalingGroups' | 'tags'
  >;
  /** With the lifecycle hook that CodeDeploy has put on each. */
  readonly autoScalingGroups: readonly { readonly name: string; readonly hook: string }[];
  /** The revision that new instances get. */
  readonly targetRevision?: RevisionLocation;
  readonly lastSuccessful?: string;
  readonly lastAttempted?: string;
}

/** A deployment configuration. */
interface ConfigRecord {
  readonly name: string;
  readonly id: string;
  readonly createdAt: number;
  readonly minimumHealthyHosts: MinimumHealthyHosts;
}

/** A revision that was registered. */
interface RevisionRecord {
  readonly applicationName: string;
  readonly revision: RevisionLocation;
  readonly description?: string;
  readonly registeredAt: number;
}

/** One lifecycle event on one instance. */
export interface EventRecord {
  readonly name: string;
  readonly status: LifecycleEventStatus;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly diagnostics?: EventDiagnostics;
}

/** A deployment on one instance. */
export interface TargetRecord {
  readonly deploymentId: string;
  readonly instanceId: string;
  readonly label?: TargetLabel;
  readonly status: TargetStatus;
  readonly updatedAt: number;
  readonly events: readonly EventRecord[];
}

/** A deployment. */
export interface DeploymentRecord {
  readonly id: string;
  readonly applicationName: string;
  readonly groupName: string;
  readonly configName: string;
  readonly description?: string;
  readonly revision: RevisionLocation;
  readonly previousRevision?: RevisionLocation;
  readonly kind: 'IN_PLACE' | 'BLUE_GREEN';
  readonly withTraffic: boolean;
  readonly status: DeploymentStatus;
  readonly creator: DeploymentCreator;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly completedAt?: number;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  readonly ignoreStopFailures: boolean;
  readonly fileExistsBehavior: FileExistsBehavior;
  readonly rollsBack: boolean;
  /** The failure that was asked for. */
  readonly isFaulty: boolean;
  /** It is to stop: whether it rolls back then, and the alarms that asked for it, if any did. */
  readonly stop?: { readonly rollsBack: boolean; readonly alarms?: readonly string[] };
  readonly continued?: boolean;
  readonly rollback?: {
    readonly deploymentId?: string;
    readonly triggeredBy?: string;
    readonly message: string;
  };
  /** The one instance of a deployment that Auto Scaling asked for, and what it waits for. */
  readonly launch?: {
    readonly instanceId: string;
    readonly groupName: string;
    readonly hook: string;
    readonly token: string;
  };
  /** Auto Scaling groups of a blue/green deployment. */
  readonly blueGroup?: string;
  readonly greenGroup?: string;
  /**
   * The instances that it began with: those of the group, or of blue. Written down at once: of targets that are written one
   * by one, a crash may leave some.
   */
  readonly instances?: readonly string[];
  /** Traffic is on green and blue may go. */
  readonly shifted?: boolean;
  readonly shiftedAt?: number;
  /** Somebody ended the wait before blue is terminated. */
  readonly endsWait?: boolean;
}

/** What an instance has of a deployment group. */
export interface InstanceRecord {
  readonly instanceId: string;
  readonly groupId: string;
  /** The deployment whose Install succeeded last: its scripts stop what runs now. */
  readonly lastInstalled?: string;
  /** The deployment whose application runs: it is started again when the emulator is. */
  readonly running?: string;
}

/** Everything that this service keeps in the store. */
export interface CodeDeployTables {
  readonly applications: Table<ApplicationRecord>;
  readonly groups: Table<GroupRecord>;
  readonly configs: Table<ConfigRecord>;
  readonly revisions: Table<RevisionRecord>;
  readonly deployments: Table<DeploymentRecord>;
  readonly targets: Table<TargetRecord>;
  readonly instances: Table<InstanceRecord>;
}

/** The service's tables in the host's store. */
export const codeDeployTables = ({ store }: Host): CodeDeployTables => ({
  applications: store.table('codedeploy.applications'),
  groups: store.table('codedeploy.groups'),
  configs: store.table('codedeploy.configs'),
  revisions: store.table('codedeploy.revisions'),
  deployments: store.table('codedeploy.deployments'),
  targets: store.table('codedeploy.targets'),
  instances: store.table('codedeploy.instances'),
});

/** Statuses of a deployment that is not over. */
const activeStatuses: readonly DeploymentStatus[] = ['Created', 'Queued', 'InProgress', 'Ready', 'Baking'];

/** Whether a deployment is not over. */
export const isActive = ({ status }: DeploymentRecord): boolean => activeStatuses.includes(status);

/** The key of a deployment group in its table. */
export const groupKey = (applicationName: string, groupName: string): string =>
  `${applicationName}/${groupName}`;
/** The key of a deployment's target in its table. */
export const targetKey = (deploymentId: string, instanceId: string): string =>
  `${deploymentId}/${instanceId}`;

/** ARN of an application, deployment group or configuration. @param path for example `application:shop` */
export const codeDeployArn = (host: Host, path: string): string =>
  `arn:${host.partition}:codedeploy:${host.region}:${host.accountId}:${path}`;

/** ARN of an application. */
export const applicationArn = (host: Host, name: string): string =>
  codeDeployArn(host, `application:${name}`);
/** ARN of a deployment group. */
export const groupArn = (host: Host, applicationName: string, groupName: string): string =>
  codeDeployArn(host, `deploymentgroup:${applicationName}/${groupName}`);

/** A deployment id as CodeDeploy makes them (`d-` and nine capitals or digits): the same for the same seed. */
export const deploymentIdOf = (seed: string): string => {
  const digits = BigInt(`0x${createHash('sha256').update(seed).digest('hex')}`)
    .toString(36)
    .toUpperCase();
  return `d-${digits.slice(-9)}`;
};

/** @throws AwsError `ApplicationDoesNotExistException` */
export const findApplication = (tables: CodeDeployTables, name: string | undefined): ApplicationRecord => {
  const found = tables.applications.get(name ?? '');
  if (found) return found;
  throw new AwsError('ApplicationDoesNotExistException', `No application found for name: ${name}`);
};

/** @throws AwsError `ApplicationDoesNotExistException`, `DeploymentGroupDoesNotExistException` */
export const findGroup = (
  tables: CodeDeployTables,
  applicationName: string | undefined,
  groupName: string | undefined,
): GroupRecord => {
  findApplication(tables, applicationName);
  const found = tables.groups.get(groupKey(applicationName ?? '', groupName ?? ''));
  if (found) return found;
  throw new AwsError(
    'DeploymentGroupDoesNotExistException',
    `No Deployment Group found for name: ${groupName} of application ${applicationName}`,
  );
};

/** @throws AwsError `DeploymentDoesNotExistException` */
export const findDeployment = (tables: CodeDeployTables, id: string | undefined): DeploymentRecord => {
  const found = tables.deployments.get(id ?? '');
  if (found) return found;
  throw new AwsError('DeploymentDoesNotExistException', `The deployment ${id} could not be found`);
};

/** Changes the newest version of a deployment in one write. */
export const changeDeployment = (
  tables: CodeDeployTables,
  id: string,
  change: Partial<DeploymentRecord>,
): DeploymentRecord => {
  const changed = { ...findDeployment(tables, id), ...change };
  tables.deployments.put(id, changed);
  return changed;
};

/** The targets of a deployment, in the order in which they are deployed to. */
export const targetsOf = (tables: CodeDeployTables, deploymentId: string): TargetRecord[] =>
  tables.targets.values().filter((target) => target.deploymentId === deploymentId);

/** The newest deployment group that a deployment belongs to, if it still exists. */
export const groupOf = (
  tables: CodeDeployTables,
  { applicationName, groupName }: DeploymentRecord,
): GroupRecord | undefined => tables.groups.get(groupKey(applicationName, groupName));
