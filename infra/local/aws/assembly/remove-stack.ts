import { AwsError, type Host, type Service } from '../host.ts';
import { AssemblyError, DeployError } from './assembly-errors.ts';
import type { TemplateResource } from './load-assembly.ts';
import { createProviders, type Providers } from './providers.ts';
import { inOrder } from './resource-order.ts';
import {
  type BuiltResource,
  type ResourceDeletion,
  type ResourceRecord,
  recordKey,
  resourceContext,
  resourceRecords,
  stackRecords,
} from './stack-records.ts';

/** What became of one resource. */
export interface ResourceChange {
  readonly action: 'created' | 'updated' | 'replaced' | 'deleted' | 'retained';
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
}

/** A host that knows its services; their `resources` build what the templates declare. */
export type DeployHost = Host & { readonly services: () => readonly Service[] };

/** What a deployment may be told. */
export interface DeployOptions {
  /** Told of each change as it is made. */
  readonly onChange?: (change: ResourceChange) => void;
}

/** A deployment, or a deletion, that is under way. */
export interface Work {
  readonly host: DeployHost;
  readonly providers: Providers;
  readonly note: (change: ResourceChange) => void;
}

/** Begins a deployment or a deletion. @param changes takes what becomes of each resource */
export const workOn = (host: DeployHost, { onChange }: DeployOptions, changes: ResourceChange[]): Work => ({
  host,
  providers: createProviders(host, host.services()),
  note: (change) => {
    changes.push(change);
    host.log('assembly', `${change.stackName}/${change.logicalId} ${change.action}`, { type: change.type });
    onChange?.(change);
  },
});

/**
 * Deletes a stack's resources, each before those that it refers to; resources with DeletionPolicy Retain stay. Removing
 * what is not deployed succeeds.
 * @throws DeployError if a provider fails
 */
export const removeStack = async (
  host: DeployHost,
  stackName: string,
  options: DeployOptions = {},
): Promise<readonly ResourceChange[]> => {
  const changes: ResourceChange[] = [];
  await cleanUp(workOn(host, options, changes), stackName, new Map());
  stackRecords(host.store).delete(stackName);
  return changes;
};

/** Told of each step of a deletion; the time is the listener's. */
export type OnDeletion = (step: Omit<ResourceDeletion, 'at'>) => void;

/**
 * Deletes a stack as CloudFormation does: what fails does not keep others from being deleted, except those that it refers to.
 * @param retained logical ids of resources that stay although their policy does not say so
 * @returns logical ids of what could not be deleted; the stack is gone if there are none
 */
export const removeStackAsFarAsPossible = async (
  host: DeployHost,
  stackName: string,
  retained: readonly string[],
  onDeletion: OnDeletion,
): Promise<readonly string[]> => {
  const records = resourceRecords(host.store);
  for (const logicalId of retained) {
    const record = records.get(recordKey(stackName, logicalId));
    if (record) records.put(recordKey(stackName, logicalId), { ...record, retain: true });
  }
  const failed = new Set<string>();
  await cleanUp(workOn(host, {}, []), stackName, new Map(), { failed, onDeletion });
  if (failed.size === 0) stackRecords(host.store).delete(stackName);
  return [...failed];
};

/** The resources of a template whose conditions hold. */
type Active = ReadonlyMap<string, TemplateResource>;

/** What goes on after a failure. */
interface GoingOn {
  /** Takes logical ids of what could not be deleted. */
  readonly failed: Set<string>;
  readonly onDeletion: OnDeletion;
}

/**
 * Deletes what has been replaced and what is no longer in the template, in reverse order of reference.
 * @param goingOn @default the first failure is thrown
 */
export const cleanUp = async (
  work: Work,
  stackName: string,
  active: Active,
  goingOn?: GoingOn,
): Promise<void> => {
  const records = resourceRecords(work.host.store);
  const ofStack = records.values().filter((record) => record.stackName === stackName);
  const dependencies = new Map(ofStack.map(({ logicalId, dependsOn }) => [logicalId, dependsOn]));
  /** What something that stands refers to. */
  const inUse = new Set<string>();
  for (const logicalId of inOrder(stackName, dependencies, 'ignore').reverse()) {
    const record = records.get(recordKey(stackName, logicalId));
    if (!record) continue;
    const stays = inUse.has(logicalId) || !(await cleanUpResource(work, record, active, goingOn));
    if (stays) for (const dependency of record.dependsOn) inUse.add(dependency);
  }
};

/** @returns false if it could not be deleted */
const cleanUpResource = async (
  work: Work,
  found: ResourceRecord,
  active: Active,
  goingOn: GoingOn | undefined,
): Promise<boolean> => {
  const records = resourceRecords(work.host.store);
  const { stackName, logicalId } = found;
  const key = recordKey(stackName, logicalId);
  const built = found.built;
  const step = { logicalId, physicalId: built?.state.physicalId ?? '', type: built?.type ?? '' };
  try {
    let record = found;
    while (record.replaced.length > 0) {
      const [old, ...replaced] = record.replaced as readonly [BuiltResource, ...BuiltResource[]];
      await deleteResource(work, record, old);
      record = { ...record, replaced };
      records.put(key, record);
    }
    if (active.has(logicalId)) return true;
    const { retain } = record;
    if (built && retain) {
      work.note({ action: 'retained', stackName, logicalId, type: built.type });
      goingOn?.onDeletion({ ...step, status: 'DELETE_SKIPPED' });
    } else if (built) {
      goingOn?.onDeletion({ ...step, status: 'DELETE_IN_PROGRESS' });
      // Written first, so that a deployment after a kill calls the provider again.
      records.put(key, { ...record, status: 'busy' });
      await deleteResource(work, record, built);
      work.note({ action: 'deleted', stackName, logicalId, type: built.type });
      goingOn?.onDeletion({ ...step, status: 'DELETE_COMPLETE' });
    }
    records.delete(key);
    return true;
  } catch (error) {
    if (!goingOn) throw error;
    const { cause = error } = error as Error;
    goingOn.failed.add(logicalId);
    goingOn.onDeletion({ ...step, status: 'DELETE_FAILED', reason: (cause as Error).message });
    return false;
  }
};

/** How long a deletion waits for a resource that is in use, in ms; AWS tries for minutes. */
const IN_USE_PATIENCE_MS = 1000;
const IN_USE_LOOK_MS = 100;

/** @throws AwsError `DependencyViolation` if another service still uses the resource */
const waitUntilFree = async (host: DeployHost, type: string, physicalId: string): Promise<void> => {
  const { clock } = host;
  const deadline = clock.now() + IN_USE_PATIENCE_MS;
  for (;;) {
    const [reason] = host.services().flatMap((service) => service.inUse?.(type, physicalId) ?? []);
    if (reason === undefined) return;
    if (clock.now() >= deadline) throw new AwsError('DependencyViolation', reason);
    await new Promise<void>((resolve) => clock.at(clock.now() + IN_USE_LOOK_MS, resolve));
  }
};

const deleteResource = async (
  { host, providers }: Work,
  { stackName, logicalId }: ResourceRecord,
  { type, state, properties, isWaiter }: BuiltResource,
): Promise<void> => {
  const provider = providers.find(stackName, logicalId, type, isWaiter);
  const context = resourceContext(stackName, logicalId);
  await attempt('Deleting', { stackName, logicalId, type }, async () => {
    await waitUntilFree(host, type, state.physicalId);
    await provider.delete(state, context, properties);
  });
};

/** Does something with a resource. @throws DeployError naming the resource if it fails */
export const attempt = async <Result>(
  action: 'Creating' | 'Updating' | 'Deleting',
  resource: { readonly stackName: string; readonly logicalId: string; readonly type: string },
  run: () => Promise<Result> | Result,
): Promise<Result> => {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AssemblyError) throw error;
    throw new DeployError(action, resource, error);
  }
};
