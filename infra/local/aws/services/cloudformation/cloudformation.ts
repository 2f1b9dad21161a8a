import type {
  DeleteStackInput,
  DescribeStackEventsInput,
  DescribeStackEventsOutput,
  DescribeStacksInput,
  DescribeStacksOutput,
  ListStackResourcesInput,
  ListStackResourcesOutput,
  ListStacksInput,
  ListStacksOutput,
  Stack,
} from '@aws-sdk/client-cloudformation';
import type { DeployHost } from '../../assembly/remove-stack.ts';
import {
  type DeletionRecord,
  deletionRecords,
  resourceRecords,
  stackRecords,
} from '../../assembly/stack-records.ts';
import { type Access, AwsError, type Operation, type Service } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { page } from '../shared/paging.ts';
import { createStackDeletions } from './stack-deletions.ts';

/** Entries of one answer, as AWS pages them. */
const PAGE = 100;

/** A stack as these operations see it: one that stands, or one that was deleted. */
interface KnownStack {
  readonly stackName: string;
  readonly stackId: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly isStanding: boolean;
  readonly deletion?: DeletionRecord;
}

/**
 * CloudFormation, as far as stacks are looked at and deleted: the assembly creates and updates them. Deleting goes on in the
 * background. A stack has events of its deletion only.
 */
export const createCloudFormationService = (host: DeployHost): Service => {
  const stacks = stackRecords(host.store);
  const deletions = deletionRecords(host.store);
  const work = createStackDeletions(host);

  const known = (): KnownStack[] => [
    ...stacks.values().map(({ stackName, stackId, outputs }) => {
      const deletion = deletions.get(stackName);
      return { stackName, stackId, outputs, isStanding: true, ...(deletion && { deletion }) };
    }),
    ...deletions
      .values()
      .filter(({ stackName }) => !stacks.has(stackName))
      .map((deletion) => ({ ...deletion, isStanding: false, deletion })),
  ];
  /** A deleted stack is found by its id only. */
  const find = (given = ''): KnownStack | undefined =>
    known().find(
      ({ stackId, stackName, isStanding }) => stackId === given || (isStanding && stackName === given),
    );
  const required = (given: string | undefined): KnownStack => {
    const found = find(given);
    if (found) return found;
    throw new AwsError('ValidationError', `Stack with id ${given} does not exist`);
  };
  const access =
    (action: string) =>
    ({ StackName: given }: { readonly StackName?: string | undefined }): Access => ({
      action: `cloudformation:${action}`,
      resource: find(given)?.stackId ?? arnOf(host, 'cloudformation', `stack/${given ?? '*'}/*`),
    });

  const statusOf = ({ isStanding, deletion }: KnownStack) => {
    if (deletion === undefined) return { StackStatus: 'CREATE_COMPLETE' as const };
    const { status, reason } = deletion;
    return {
      // What a stack goes back to when its deletion is cancelled (aws/aws-cdk#604).
      StackStatus: status === 'CANCELLED' ? ('UPDATE_COMPLETE' as const) : status,
      ...(reason !== undefined && { StackStatusReason: reason }),
      ...(!isStanding && { DeletionTime: new Date(deletion.endedAt ?? deletion.startedAt) }),
    };
  };
  const describe = (stack: KnownStack): Stack => ({
    StackName: stack.stackName,
    StackId: stack.stackId,
    // The assembly does not remember when it made a stack.
    CreationTime: new Date(0),
    ...statusOf(stack),
    Outputs: Object.entries(stack.outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
  });

  const describeStacks: Operation<DescribeStacksInput, DescribeStacksOutput> = {
    requires: access('DescribeStacks'),
    run: ({ StackName, NextToken }) => {
      if (StackName !== undefined) return { Stacks: [describe(required(StackName))] };
      const standing = known().filter(({ isStanding }) => isStanding);
      const { items, nextToken } = page(standing.map(describe), NextToken, PAGE, {
        errorName: 'ValidationError',
      });
      return { Stacks: items, ...(nextToken !== undefined && { NextToken: nextToken }) };
    },
  };

  const listStacks: Operation<ListStacksInput, ListStacksOutput> = {
    requires: () => ({ action: 'cloudformation:ListStacks', resource: '*' }),
    run: ({ StackStatusFilter: wanted, NextToken }) => {
      const summaries = known()
        .map((stack) => {
          const { Outputs: _outputs, ...summary } = describe(stack);
          return summary;
        })
        .filter(
          ({ StackStatus }) => !wanted?.length || wanted.some((status) => String(status) === StackStatus),
        );
      const { items, nextToken } = page(summaries, NextToken, PAGE, { errorName: 'ValidationError' });
      return { StackSummaries: items, ...(nextToken !== undefined && { NextToken: nextToken }) };
    },
  };

  const listStackResources: Operation<ListStackResourcesInput, ListStackResourcesOutput> = {
    requires: access('ListStackResources'),
    run: ({ StackName, NextToken }) => {
      const { stackName, deletion } = required(StackName);
      const last = new Map(deletion?.events.map((event) => [event.logicalId, event]));
      const standing = resourceRecords(host.store)
        .values()
        .flatMap(({ stackName: of, logicalId, built }) =>
          of !== stackName || built === undefined || last.has(logicalId)
            ? []
            : [
                {
                  logicalId,
                  physicalId: built.state.physicalId,
                  type: built.type,
                  status: 'CREATE_COMPLETE' as const,
                  at: 0,
                  reason: undefined,
                },
              ],
        );
      const summaries = [...last.values(), ...standing].map(
        ({ logicalId, physicalId, type, status, at, reason }) => ({
          LogicalResourceId: logicalId,
          PhysicalResourceId: physicalId,
          ResourceType: type,
          ResourceStatus: status,
          LastUpdatedTimestamp: new Date(at),
          ...(reason !== undefined && { ResourceStatusReason: reason }),
        }),
      );
      const { items, nextToken } = page(summaries, NextToken, PAGE, { errorName: 'ValidationError' });
      return { StackResourceSummaries: items, ...(nextToken !== undefined && { NextToken: nextToken }) };
    },
  };

  const describeStackEvents: Operation<DescribeStackEventsInput, DescribeStackEventsOutput> = {
    requires: access('DescribeStackEvents'),
    run: ({ StackName, NextToken }) => {
      const { stackName, stackId, deletion } = required(StackName);
      const events = (deletion?.events ?? []).map((event, index) => ({
        StackId: stackId,
        StackName: stackName,
        EventId: `${event.logicalId}-${event.status}-${index}`,
        LogicalResourceId: event.logicalId,
        PhysicalResourceId: event.physicalId,
        ResourceType: event.type,
        ResourceStatus: event.status,
        Timestamp: new Date(event.at),
        ...(event.reason !== undefined && { ResourceStatusReason: event.reason }),
      }));
      const { items, nextToken } = page(events.reverse(), NextToken, PAGE, { errorName: 'ValidationError' });
      return { StackEvents: items, ...(nextToken !== undefined && { NextToken: nextToken }) };
    },
  };

  const deleteStack: Operation<DeleteStackInput, object> = {
    requires: access('DeleteStack'),
    run: ({ StackName, RetainResources = [] }) => {
      const stack = find(StackName);
      // Deleting what does not stand succeeds (API reference of DeleteStack).
      if (!stack?.isStanding) return {};
      if (RetainResources.length > 0 && stack.deletion?.status !== 'DELETE_FAILED')
        throw new AwsError(
          'ValidationError',
          `Invalid operation on stack [${stack.stackName}]. RetainResources is for stacks in the state DELETE_FAILED.`,
        );
      work.begin(stack.stackName, RetainResources);
      return {};
    },
  };

  return {
    name: 'cloudformation',
    operations: {
      DescribeStacks: describeStacks,
      ListStacks: listStacks,
      ListStackResources: listStackResources,
      DescribeStackEvents: describeStackEvents,
      DeleteStack: deleteStack,
    },
    resources: {},
    start: work.start,
    stop: work.stop,
  };
};
