import { randomUUID } from 'node:crypto';
import type {
  BatchGetDeploymentTargetsInput,
  BatchGetDeploymentTargetsOutput,
  ContinueDeploymentInput,
  CreateDeploymentInput,
  CreateDeploymentOutput,
  GetDeploymentInput,
  GetDeploymentOutput,
  ListDeploymentsInput,
  ListDeploymentsOutput,
  ListDeploymentTargetsInput,
  ListDeploymentTargetsOutput,
  RevisionLocation,
  StopDeploymentInput,
  StopDeploymentOutput,
} from '@aws-sdk/client-codedeploy';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { DEFAULT_CONFIG, findConfig } from './configs.ts';
import type { Engine } from './deployment-engine.ts';
import { describeDeployment, describeTarget } from './describe.ts';
import {
  type CodeDeployTables,
  changeDeployment,
  deploymentIdOf,
  findDeployment,
  findGroup,
  groupArn,
  groupKey,
  isActive,
  type TargetRecord,
  targetKey,
  targetsOf,
} from './records.ts';

/** Operations on deployments. */
export const deploymentOperations = (
  host: Host,
  tables: CodeDeployTables,
  engine: Engine,
): Record<string, Operation> => {
  const onDeployment = (action: string) => (input: { deploymentId?: string | undefined }) => {
    const found = tables.deployments.get(input.deploymentId ?? '');
    return {
      action: `codedeploy:${action}`,
      resource: found ? groupArn(host, found.applicationName, found.groupName) : groupArn(host, '*', '*'),
    };
  };
  /** What the Service Authorization Reference has no resource type for. */
  const onNothing = (action: string) => () => ({ action: `codedeploy:${action}`, resource: '*' });
  const onGroup =
    (action: string) =>
    (input: { applicationName?: string | undefined; deploymentGroupName?: string | undefined }) => ({
      action: `codedeploy:${action}`,
      resource: groupArn(host, input.applicationName ?? '*', input.deploymentGroupName ?? '*'),
    });

  const create: Operation<CreateDeploymentInput, CreateDeploymentOutput> = {
    requires: onGroup('CreateDeployment'),
    run: (input) => {
      const { applicationName, deploymentGroupName, revision } = input;
      if (!deploymentGroupName)
        throw new AwsError('DeploymentGroupNameRequiredException', 'deploymentGroupName is required');
      const group = findGroup(tables, applicationName, deploymentGroupName);
      checkRevision(revision);
      const configName = input.deploymentConfigName ?? group.settings.deploymentConfigName ?? DEFAULT_CONFIG;
      findConfig(tables, configName);
      const active = tables.deployments.values().find(
        (one) =>
          one.applicationName === group.applicationName &&
          one.groupName === group.name &&
          isActive(one) &&
          // A deployment waits for a rollback or a launch that goes on; it does not compete with them.
          one.creator === 'user',
      );
      if (active) {
        throw new AwsError(
          'DeploymentLimitExceededException',
          `The Deployment Group '${group.name}' already has an active Deployment '${active.id}'`,
        );
      }
      const override = input.autoRollbackConfiguration;
      const id = deploymentIdOf(randomUUID());
      const target = `${group.applicationName}/${group.name}`;
      const deployment = engine.create(group, {
        id,
        revision: revision as RevisionLocation,
        creator: 'user',
        configName,
        ...(input.description === undefined ? {} : { description: input.description }),
        ignoreStopFailures: input.ignoreApplicationStopFailures ?? false,
        fileExistsBehavior: input.fileExistsBehavior ?? 'DISALLOW',
        ...(override
          ? { rollsBack: Boolean(override.enabled && override.events?.includes('DEPLOYMENT_FAILURE')) }
          : {}),
        isFaulty: host.faults.take(target, id, tables.deployments.has),
      });
      const newest = findGroup(tables, applicationName, deploymentGroupName);
      tables.groups.put(groupKey(group.applicationName, group.name), {
        ...newest,
        lastAttempted: deployment.id,
      });
      return { deploymentId: deployment.id };
    },
  };

  const get: Operation<GetDeploymentInput, GetDeploymentOutput> = {
    requires: onDeployment('GetDeployment'),
    run: ({ deploymentId }) => ({
      deploymentInfo: describeDeployment(tables, findDeployment(tables, deploymentId)),
    }),
  };

  const list: Operation<ListDeploymentsInput, ListDeploymentsOutput> = {
    requires: onGroup('ListDeployments'),
    run: ({ applicationName, deploymentGroupName, includeOnlyStatuses, createTimeRange }) => {
      if (deploymentGroupName !== undefined) findGroup(tables, applicationName, deploymentGroupName);
      const deployments = tables.deployments
        .values()
        .filter((one) => applicationName === undefined || one.applicationName === applicationName)
        .filter((one) => deploymentGroupName === undefined || one.groupName === deploymentGroupName)
        .filter(({ status }) => !includeOnlyStatuses?.length || includeOnlyStatuses.includes(status))
        .filter(({ createdAt }) => createdAt >= (createTimeRange?.start?.getTime() ?? 0))
        .filter(({ createdAt }) => createdAt <= (createTimeRange?.end?.getTime() ?? Number.POSITIVE_INFINITY))
        .map(({ id }) => id)
        .reverse();
      return { deployments };
    },
  };

  const stop: Operation<StopDeploymentInput, StopDeploymentOutput> = {
    requires: onNothing('StopDeployment'),
    run: ({ deploymentId, autoRollbackEnabled }) => {
      const deployment = findDeployment(tables, deploymentId);
      if (!isActive(deployment)) {
        throw new AwsError(
          'DeploymentAlreadyCompletedException',
          `The deployment ${deployment.id} is already ${deployment.status}.`,
        );
      }
      changeDeployment(tables, deployment.id, {
        stop: { rollsBack: autoRollbackEnabled ?? deployment.rollsBack },
      });
      return {
        status: 'Pending',
        statusMessage: 'The deployment stops after the lifecycle event that runs now.',
      };
    },
  };

  /** @throws AwsError `DeploymentNotStartedException` before it is known where to deploy */
  const startedTargets = (deploymentId: string | undefined): TargetRecord[] => {
    const deployment = findDeployment(tables, deploymentId);
    const targets = targetsOf(tables, deployment.id);
    if (targets.length === 0 && isActive(deployment)) {
      throw new AwsError('DeploymentNotStartedException', `The deployment ${deployment.id} has not started`);
    }
    return targets;
  };
  const findTarget = (deploymentId: string | undefined, targetId: string | undefined): TargetRecord => {
    const { id } = findDeployment(tables, deploymentId);
    const found = tables.targets.get(targetKey(id, targetId ?? ''));
    if (found) return found;
    throw new AwsError(
      'DeploymentTargetDoesNotExistException',
      `The deployment ${id} has no target ${targetId}.`,
    );
  };

  const listTargets: Operation<ListDeploymentTargetsInput, ListDeploymentTargetsOutput> = {
    requires: onNothing('ListDeploymentTargets'),
    run: ({ deploymentId, targetFilters }) => ({
      targetIds: startedTargets(deploymentId)
        .filter(({ status }) => targetFilters?.TargetStatus?.includes(status) ?? true)
        .filter(({ label }) => targetFilters?.ServerInstanceLabel?.includes(label ?? '') ?? true)
        .map(({ instanceId }) => instanceId),
    }),
  };
  const batchGetTargets: Operation<BatchGetDeploymentTargetsInput, BatchGetDeploymentTargetsOutput> = {
    requires: onNothing('BatchGetDeploymentTargets'),
    run: ({ deploymentId, targetIds = [] }) => {
      if (targetIds.length > 25) {
        throw new AwsError(
          'DeploymentTargetListSizeExceededException',
          `At most 25 targets can be asked for; asked for ${targetIds.length}.`,
        );
      }
      return {
        deploymentTargets: targetIds.map((targetId) => ({
          deploymentTargetType: 'InstanceTarget',
          instanceTarget: describeTarget(host, findTarget(deploymentId, targetId)),
        })),
      };
    },
  };
  const continueDeployment: Operation<ContinueDeploymentInput, object> = {
    requires: onNothing('ContinueDeployment'),
    run: ({ deploymentId, deploymentWaitType }) => {
      const deployment = findDeployment(tables, deploymentId);
      if (!isActive(deployment))
        throw new AwsError(
          'DeploymentAlreadyCompletedException',
          `The deployment ${deployment.id} is already ${deployment.status}.`,
        );
      if (deploymentWaitType === 'TERMINATION_WAIT') {
        if (!deployment.shifted)
          throw new AwsError(
            'InvalidDeploymentStatusException',
            `The deployment ${deployment.id} does not wait for the end of the original instances.`,
          );
        changeDeployment(tables, deployment.id, { endsWait: true });
        return {};
      }
      if (deployment.status !== 'Ready') {
        throw new AwsError(
          'DeploymentIsNotInReadyStateException',
          `The deployment ${deployment.id} is ${deployment.status}; it does not wait for traffic to be rerouted.`,
        );
      }
      changeDeployment(tables, deployment.id, { continued: true });
      return {};
    },
  };

  return {
    ContinueDeployment: continueDeployment,
    CreateDeployment: create,
    GetDeployment: get,
    ListDeployments: list,
    StopDeployment: stop,
    ListDeploymentTargets: listTargets,
    BatchGetDeploymentTargets: batchGetTargets,
  };
};

/** @throws AwsError for a revision that is not a zip in S3 */
const checkRevision = (revision: RevisionLocation | undefined): void => {
  const { bucket, key, bundleType } = revision?.s3Location ?? {};
  if (!revision) throw new AwsError('RevisionRequiredException', 'A revision is required');
  if (revision.revisionType !== 'S3' || !bucket || !key || bundleType !== 'zip') {
    throw new AwsError(
      'InvalidRevisionException',
      `The emulator deploys revisions of type S3 that are zip bundles; received ${JSON.stringify(revision)}.`,
    );
  }
};
