import {
  type CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { allItems } from '../../tasks/all-items.ts';
import { type DeclaredResource, declared, type SynthesizedStack } from './assembly.ts';
import type { Clients } from './clients.ts';

/** A resource that CloudFormation has made. */
export interface DeployedResource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  readonly physicalId: string;
}

/** A stack that is deployed. */
export interface DeployedStack {
  readonly name: string;
  readonly status: string;
  readonly resources: readonly DeployedResource[];
}

/** An account and region of the configuration, as the checks look at it. */
export interface Place {
  readonly account: string;
  readonly region: string;
  /** What is to be there. */
  readonly stacks: readonly SynthesizedStack[];
  /** What is there; empty before the first deployment. */
  readonly deployed: readonly DeployedStack[];
  readonly clients: Clients;
  readonly now: Date;
}

/** As messages name it. */
export const placeName = ({ account, region }: Pick<Place, 'account' | 'region'>): string =>
  `${account}/${region}`;

/** Physical ids of the deployed resources of a type. */
export const physicalIds = ({ deployed }: Pick<Place, 'deployed'>, type: string): readonly string[] =>
  deployed.flatMap(({ resources }) =>
    resources.flatMap((one) => (one.type === type ? [one.physicalId] : [])),
  );

/** Resources of a type that are declared and deployed, with their physical ids. */
export const deployedAs = (
  { stacks, deployed }: Pick<Place, 'stacks' | 'deployed'>,
  type: string,
): readonly (DeclaredResource & { readonly physicalId: string })[] => {
  const made = deployed.flatMap(({ resources }) => resources);
  return declared(stacks, type).flatMap((one) => {
    const found = made.find(({ stack, id }) => stack === one.stack && id === one.id);
    return found ? [{ ...one, physicalId: found.physicalId }] : [];
  });
};

/** The resources of a stack, by its name, or by its id after it was deleted. */
export const stackResources = (
  client: CloudFormationClient,
  StackName: string,
): Promise<readonly StackResourceSummary[]> =>
  allItems(
    paginateListStackResources({ client }, { StackName }),
    ({ StackResourceSummaries }) => StackResourceSummaries,
  );

/** Reads a stack and its resources; undefined if it is not deployed. A change set alone has made nothing yet. */
export async function readStack(
  client: CloudFormationClient,
  name: string,
): Promise<DeployedStack | undefined> {
  const status = await statusOf(client, name);
  if (status === undefined || status === 'REVIEW_IN_PROGRESS') return undefined;
  const resources = (await stackResources(client, name)).flatMap(
    ({ LogicalResourceId: id, ResourceType: type, PhysicalResourceId: physicalId, ResourceStatus }) =>
      id && type && physicalId && ResourceStatus !== 'DELETE_COMPLETE'
        ? [{ stack: name, id, type, physicalId }]
        : [],
  );
  return { name, status, resources };
}

const statusOf = async (client: CloudFormationClient, name: string): Promise<string | undefined> => {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks[0]?.StackStatus;
  } catch (error) {
    // CloudFormation's answer for a stack that is not there: "Stack with id … does not exist" (DescribeStacks).
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
      return undefined;
    throw error;
  }
};
