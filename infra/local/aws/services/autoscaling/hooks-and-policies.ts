import type {
  CompleteLifecycleActionType,
  DeleteLifecycleHookType,
  DescribePoliciesType,
  PoliciesType,
  PolicyARNType,
  PutLifecycleHookType,
  PutScalingPolicyType,
} from '@aws-sdk/client-auto-scaling';
import type { Host, Operation } from '../../host.ts';
import { completeHook } from './group-driver.ts';
import {
  type AutoScalingTables,
  changeGroup,
  findGroup,
  groupArn,
  groupTagContext,
  validationError,
} from './records.ts';

/** Lifecycle hooks, which launches wait for, and scaling policies, which are kept but never act: nothing measures load here. */
export const hookAndPolicyOperations = (
  host: Host,
  tables: AutoScalingTables,
  wake: (groupName: string) => void,
): Record<string, Operation> => {
  const onGroup = (action: string) => (input: { AutoScalingGroupName?: string | undefined }) => ({
    action: `autoscaling:${action}`,
    resource: groupArn(host, tables, input.AutoScalingGroupName ?? ''),
    context: groupTagContext(tables.groups.get(input.AutoScalingGroupName ?? '')),
  });
  const describing = (action: string) => () => ({ action: `autoscaling:${action}`, resource: '*' });

  const putHook: Operation<PutLifecycleHookType, object> = {
    requires: onGroup('PutLifecycleHook'),
    run: (input) => {
      const { name } = findGroup(tables, input.AutoScalingGroupName);
      changeGroup(tables, name, (group) => ({
        ...group,
        hooks: [
          ...group.hooks.filter((hook) => hook.LifecycleHookName !== input.LifecycleHookName),
          {
            ...input,
            HeartbeatTimeout: input.HeartbeatTimeout ?? 3_600,
            DefaultResult: input.DefaultResult ?? 'ABANDON',
          },
        ],
      }));
      return {};
    },
  };
  const deleteHook: Operation<DeleteLifecycleHookType, object> = {
    requires: onGroup('DeleteLifecycleHook'),
    run: ({ AutoScalingGroupName, LifecycleHookName }) => {
      const { name } = findGroup(tables, AutoScalingGroupName);
      changeGroup(tables, name, (group) => ({
        ...group,
        hooks: group.hooks.filter((hook) => hook.LifecycleHookName !== LifecycleHookName),
      }));
      return {};
    },
  };
  const completeAction: Operation<CompleteLifecycleActionType, object> = {
    requires: onGroup('CompleteLifecycleAction'),
    run: ({
      AutoScalingGroupName,
      LifecycleHookName,
      InstanceId,
      LifecycleActionToken,
      LifecycleActionResult,
    }) => {
      const group = findGroup(tables, AutoScalingGroupName);
      const slot = group.slots.find(
        ({ instanceId, waitsFor }) =>
          waitsFor?.hook === LifecycleHookName &&
          (instanceId === InstanceId || waitsFor?.token === LifecycleActionToken),
      );
      if (!slot) {
        throw validationError(
          `No active Lifecycle Action found with instance ID ${InstanceId} and hook ${LifecycleHookName}.`,
        );
      }
      completeHook(tables, group.name, slot, LifecycleActionResult ?? 'ABANDON');
      wake(group.name);
      return {};
    },
  };

  const putPolicy: Operation<PutScalingPolicyType, PolicyARNType> = {
    requires: onGroup('PutScalingPolicy'),
    run: (input) => {
      const { name, arn } = findGroup(tables, input.AutoScalingGroupName);
      const PolicyARN = `${arn.replace(':autoScalingGroup:', ':scalingPolicy:')}:policyName/${input.PolicyName}`;
      changeGroup(tables, name, (group) => ({
        ...group,
        policies: [
          ...group.policies.filter(({ PolicyName }) => PolicyName !== input.PolicyName),
          { ...input, PolicyARN, Alarms: [] },
        ],
      }));
      return { PolicyARN, Alarms: [] };
    },
  };
  const describePolicies: Operation<DescribePoliciesType, PoliciesType> = {
    requires: describing('DescribePolicies'),
    run: ({ AutoScalingGroupName, PolicyNames }) => ({
      ScalingPolicies: (AutoScalingGroupName
        ? [findGroup(tables, AutoScalingGroupName)]
        : tables.groups.values()
      )
        .flatMap(({ policies }) => policies)
        .filter(({ PolicyName = '' }) => !PolicyNames?.length || PolicyNames.includes(PolicyName)),
    }),
  };

  return {
    PutLifecycleHook: putHook,
    DeleteLifecycleHook: deleteHook,
    CompleteLifecycleAction: completeAction,
    PutScalingPolicy: putPolicy,
    DescribePolicies: describePolicies,
  };
};
