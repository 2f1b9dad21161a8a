import type {
  DeploymentGroupInfo,
  DeploymentInfo,
  DeploymentOverview,
  InstanceTarget,
} from '@aws-sdk/client-codedeploy';
import type { Host } from '../../host.ts';
import { DEFAULT_CONFIG } from './configs.ts';
import {
  type CodeDeployTables,
  codeDeployArn,
  type DeploymentRecord,
  type GroupRecord,
  type TargetRecord,
  targetsOf,
} from './records.ts';

const date = (name: string, at: number | undefined) => (at === undefined ? {} : { [name]: new Date(at) });

/** A deployment as the API gives it. */
export const describeDeployment = (
  tables: CodeDeployTables,
  deployment: DeploymentRecord,
): DeploymentInfo => {
  const group = tables.groups.get(`${deployment.applicationName}/${deployment.groupName}`);
  const { loadBalancerInfo, blueGreenDeploymentConfiguration } = group?.settings ?? {};
  const { rollback, greenGroup } = deployment;
  return {
    applicationName: deployment.applicationName,
    deploymentGroupName: deployment.groupName,
    deploymentConfigName: deployment.configName,
    deploymentId: deployment.id,
    ...(deployment.previousRevision ? { previousRevision: deployment.previousRevision } : {}),
    revision: deployment.revision,
    status: deployment.status,
    ...(deployment.error ? { errorInformation: deployment.error } : {}),
    ...date('createTime', deployment.createdAt),
    ...date('startTime', deployment.startedAt),
    ...date('completeTime', deployment.completedAt),
    deploymentOverview: overview(targetsOf(tables, deployment.id)),
    ...(deployment.description === undefined ? {} : { description: deployment.description }),
    creator: deployment.creator,
    ignoreApplicationStopFailures: deployment.ignoreStopFailures,
    updateOutdatedInstancesOnly: false,
    ...(rollback
      ? {
          rollbackInfo: {
            ...(rollback.deploymentId ? { rollbackDeploymentId: rollback.deploymentId } : {}),
            ...(rollback.triggeredBy ? { rollbackTriggeringDeploymentId: rollback.triggeredBy } : {}),
            rollbackMessage: rollback.message,
          },
        }
      : {}),
    deploymentStyle: {
      deploymentType: deployment.kind,
      deploymentOption: deployment.withTraffic ? 'WITH_TRAFFIC_CONTROL' : 'WITHOUT_TRAFFIC_CONTROL',
    },
    ...(greenGroup ? { targetInstances: { autoScalingGroups: [greenGroup] } } : {}),
    instanceTerminationWaitTimeStarted: deployment.shifted ?? false,
    ...(blueGreenDeploymentConfiguration && deployment.kind === 'BLUE_GREEN'
      ? { blueGreenDeploymentConfiguration }
      : {}),
    ...(loadBalancerInfo ? { loadBalancerInfo } : {}),
    fileExistsBehavior: deployment.fileExistsBehavior,
    computePlatform: 'Server',
  };
};

const overview = (targets: readonly TargetRecord[]): DeploymentOverview => {
  const count = (status: TargetRecord['status']) =>
    targets.filter((target) => target.status === status).length;
  return {
    Pending: count('Pending'),
    InProgress: count('InProgress'),
    Succeeded: count('Succeeded'),
    Failed: count('Failed'),
    Skipped: count('Skipped'),
    Ready: 0,
  };
};

/** A deployment on one instance as the API gives it. */
export const describeTarget = (host: Host, target: TargetRecord): InstanceTarget => ({
  deploymentId: target.deploymentId,
  targetId: target.instanceId,
  targetArn: codeDeployArn(host, `instance/${target.instanceId}`),
  status: target.status,
  lastUpdatedAt: new Date(target.updatedAt),
  ...(target.label ? { instanceLabel: target.label } : {}),
  lifecycleEvents: target.events.map(({ name, status, startedAt, endedAt, diagnostics }) => ({
    lifecycleEventName: name,
    status,
    ...date('startTime', startedAt),
    ...date('endTime', endedAt),
    ...(diagnostics ? { diagnostics } : {}),
  })),
});

/** A deployment group as the API gives it. */
export const describeGroup = (tables: CodeDeployTables, group: GroupRecord): DeploymentGroupInfo => {
  const last = (id: string | undefined) => {
    const deployment = id === undefined ? undefined : tables.deployments.get(id);
    return (
      deployment && {
        deploymentId: deployment.id,
        status: deployment.status,
        ...date('createTime', deployment.createdAt),
        ...date('endTime', deployment.completedAt),
      }
    );
  };
  const [successful, attempted] = [last(group.lastSuccessful), last(group.lastAttempted)];
  return {
    ...group.settings,
    applicationName: group.applicationName,
    deploymentGroupId: group.id,
    deploymentGroupName: group.name,
    deploymentConfigName: group.settings.deploymentConfigName ?? DEFAULT_CONFIG,
    autoScalingGroups: [...group.autoScalingGroups],
    computePlatform: 'Server',
    ...(group.targetRevision ? { targetRevision: group.targetRevision } : {}),
    ...(successful ? { lastSuccessfulDeployment: successful } : {}),
    ...(attempted ? { lastAttemptedDeployment: attempted } : {}),
  };
};
