import { createHash } from 'node:crypto';
import type { ResourceContext, ResourceProperties, ResourceState } from '../host.ts';
import type { Store } from '../store.ts';

/** One resource that a provider has made. */
export interface BuiltResource {
  readonly type: string;
  /** Resolved properties. */
  readonly properties: ResourceProperties;
  readonly state: ResourceState;
  /** The waiter of CDK's Provider framework, which is inert, unlike other state machines. */
  readonly isWaiter?: true;
}

/** What the store knows about one resource of a stack. */
export interface ResourceRecord {
  readonly stackName: string;
  readonly logicalId: string;
  /** `busy`: a provider was called and has not been seen to return; it is called again. */
  readonly status: 'busy' | 'complete';
  /** As it was before the call that is under way; missing while it is being created. */
  readonly built?: BuiltResource;
  /** Replaced ones that are still to be deleted. */
  readonly replaced: readonly BuiltResource[];
  /** Logical ids of the resources that it refers to. */
  readonly dependsOn: readonly string[];
  /** DeletionPolicy says that it stays when it leaves the template. */
  readonly retain: boolean;
}

/** A stack that has been deployed. */
interface StackRecord {
  readonly stackName: string;
  readonly stackId: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Exported values by export name. */
  readonly exports: Readonly<Record<string, unknown>>;
  /** Names of the exports of other stacks that it uses; absent in a store that an older version wrote. */
  readonly imports?: readonly string[];
}

/** What is remembered of a stack's deletion, until a stack of that name is deployed again. */
export interface DeletionRecord {
  readonly stackName: string;
  readonly stackId: string;
  /** `CANCELLED`: nothing was deleted; the stack stands as before. */
  readonly status: 'DELETE_IN_PROGRESS' | 'DELETE_FAILED' | 'DELETE_COMPLETE' | 'CANCELLED';
  readonly reason?: string;
  /** In ms. */
  readonly startedAt: number;
  readonly endedAt?: number;
  /** The stack's outputs, which outlive it. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly events: readonly ResourceDeletion[];
}

/** One step of the deletion of one resource. */
export interface ResourceDeletion {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: 'DELETE_IN_PROGRESS' | 'DELETE_COMPLETE' | 'DELETE_FAILED' | 'DELETE_SKIPPED';
  readonly reason?: string;
  /** In ms. */
  readonly at: number;
}

/** A resource as reports and other parts of the run see it. */
export interface DeployedResource extends BuiltResource {
  readonly stackName: string;
  readonly logicalId: string;
}

/** What has been deployed, read from the store at every call. */
export interface DeployedStacks {
  readonly stackNames: () => readonly string[];
  /** Outputs by logical id of the output. @throws RangeError for a stack that is not deployed */
  readonly stackOutputs: (stackName: string) => Readonly<Record<string, string>>;
  readonly resource: (stackName: string, logicalId: string) => DeployedResource | undefined;
  /** All resources of one CloudFormation type, in the order in which they were first made. */
  readonly resourcesOfType: (type: string) => readonly DeployedResource[];
}

/** Resources by `stack/logical id`. */
export const resourceRecords = (store: Store) => store.table<ResourceRecord>('assembly.resources');

/** Stacks by name. */
export const stackRecords = (store: Store) => store.table<StackRecord>('assembly.stacks');

/** Deletions by the stack's name, the last of each. */
export const deletionRecords = (store: Store) => store.table<DeletionRecord>('assembly.deletions');

/** The key of a resource in `resourceRecords`. */
export const recordKey = (stackName: string, logicalId: string): string => `${stackName}/${logicalId}`;

/** Looks at what has been deployed into a store; usable before, during and after a deployment. */
export const deployed = (store: Store): DeployedStacks => {
  const see = (record: ResourceRecord | undefined): DeployedResource | undefined =>
    record?.built && { ...record.built, stackName: record.stackName, logicalId: record.logicalId };
  return {
    stackNames: () => stackRecords(store).keys(),
    stackOutputs: (stackName) => {
      const stack = stackRecords(store).get(stackName);
      if (!stack) {
        const known = stackRecords(store).keys().join(', ') || 'none';
        throw new RangeError(`The stack ${stackName} is not deployed (deployed: ${known}).`);
      }
      return stack.outputs;
    },
    resource: (stackName, logicalId) => see(resourceRecords(store).get(recordKey(stackName, logicalId))),
    resourcesOfType: (type) =>
      resourceRecords(store)
        .values()
        .filter((record) => record.built?.type === type)
        .map((record) => see(record) as DeployedResource),
  };
};

/** What providers are told about a resource. */
export const resourceContext = (stackName: string, logicalId: string): ResourceContext => ({
  stackName,
  logicalId,
  generatedName: (max = 128) => {
    const hash = createHash('sha256')
      .update(`${stackName}/${logicalId}`)
      .digest('hex')
      .slice(0, 12)
      .toUpperCase();
    // The logical id says more than the stack's name, so it gives way last, as with CloudFormation's own names.
    const room = max - hash.length - 2;
    const logical = logicalId.slice(0, Math.max(0, room - Math.min(stackName.length, 8)));
    const stack = stackName.slice(0, Math.max(0, room - logical.length));
    return [stack, logical, hash].filter(Boolean).join('-').slice(-max);
  },
});
