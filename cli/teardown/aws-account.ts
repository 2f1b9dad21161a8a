import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateDescribeStackEvents,
  paginateDescribeStacks,
  paginateListStacks,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { allItems } from '../../tasks/all-items.ts';
import { stackResources } from '../doctor/place.ts';
import type { LocalRunPlace } from '../options.ts';
import { clientOf } from '../system.ts';
import type { Account } from './account.ts';
import { createAwsLeftovers } from './aws-leftovers.ts';
import { createAwsWork } from './aws-work.ts';
import type { StandingStack } from './stacks.ts';

const stackOf = ({ StackName, StackId, StackStatus, StackStatusReason, Outputs }: Stack): StandingStack => ({
  name: StackName ?? '',
  id: StackId ?? '',
  status: StackStatus ?? '',
  ...(StackStatusReason !== undefined && { reason: StackStatusReason }),
  outputs: Object.fromEntries(
    (Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  ),
});

/**
 * The account of the credentials.
 * @param local the local run @default AWS
 * @param region @default the credentials' or AWS_REGION's
 */
export function createAwsAccount(local?: LocalRunPlace, region?: string): Account {
  const config = { ...(local && clientOf(local)), ...(region !== undefined && { region }) };
  const client = new CloudFormationClient(config);
  return {
    place: async () => {
      const { Account: account = '' } = await new STSClient(config).send(new GetCallerIdentityCommand({}));
      return { account, region: await client.config.region() };
    },
    inRegion: (other) => createAwsAccount(local, other),
    stacks: async () =>
      (await allItems(paginateDescribeStacks({ client }, {}), ({ Stacks }) => Stacks)).map(stackOf),
    stack: async (id) => {
      const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: id }));
      return stack && stackOf(stack);
    },
    resources: async (StackName) => {
      const found = await stackResources(client, StackName);
      return found.map(({ LogicalResourceId, ResourceType, PhysicalResourceId, ResourceStatus }) => ({
        logicalId: LogicalResourceId ?? '',
        type: ResourceType ?? '',
        physicalId: PhysicalResourceId ?? '',
        status: ResourceStatus ?? '',
      }));
    },
    failures: async (StackName) => {
      const found = [];
      for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName })) {
        // Newest first: older events belong to a deletion before.
        const began = StackEvents.findIndex(
          ({ ResourceType, ResourceStatus }) =>
            ResourceType === 'AWS::CloudFormation::Stack' && ResourceStatus === 'DELETE_IN_PROGRESS',
        );
        found.push(...(began < 0 ? StackEvents : StackEvents.slice(0, began)));
        if (began >= 0) break;
      }
      // What failed once may be deleted since: the newest event of a resource counts.
      const newest = new Map(found.reverse().map((event) => [event.LogicalResourceId, event]));
      return [...newest.values()]
        .filter(
          ({ ResourceStatus, ResourceType }) =>
            ResourceStatus === 'DELETE_FAILED' && ResourceType !== 'AWS::CloudFormation::Stack',
        )
        .map(({ LogicalResourceId, PhysicalResourceId, ResourceType, ResourceStatusReason }) => ({
          logicalId: LogicalResourceId ?? '',
          physicalId: PhysicalResourceId ?? '',
          type: ResourceType ?? '',
          reason: ResourceStatusReason ?? 'no reason given',
        }));
    },
    deleteStack: async (StackName) => {
      await client.send(new DeleteStackCommand({ StackName }));
    },
    deletedStacks: async () => {
      const pages = paginateListStacks({ client }, { StackStatusFilter: ['DELETE_COMPLETE'] });
      const found = await allItems(pages, ({ StackSummaries }) => StackSummaries);
      return found.map(({ StackName = '', StackId = '' }) => ({ name: StackName, id: StackId }));
    },
    running: createAwsWork(config),
    leftovers: createAwsLeftovers(config),
  };
}
