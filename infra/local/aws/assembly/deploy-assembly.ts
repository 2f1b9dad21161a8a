import { isDeepStrictEqual } from 'node:util';
import type { Host, ResourceProperties } from '../host.ts';
import { recordAsset } from './assets.ts';
import { resolveDynamicReferences } from './dynamic-references.ts';
import { resolveIntrinsics } from './intrinsics.ts';
import type { Assembly, AssemblyStack, TemplateResource } from './load-assembly.ts';
import { checkTemplate, waitersIn } from './providers.ts';
import {
  attempt,
  cleanUp,
  type DeployHost,
  type DeployOptions,
  type ResourceChange,
  type Work,
  workOn,
} from './remove-stack.ts';
import { dependenciesOf, inOrder } from './resource-order.ts';
import {
  type BuiltResource,
  type DeployedStacks,
  deletionRecords,
  deployed,
  type ResourceRecord,
  recordKey,
  resourceContext,
  resourceRecords,
  stackRecords,
} from './stack-records.ts';
import { createStackScope, type StackScope, stackIdOf } from './stack-scope.ts';

/** A finished deployment. */
interface Deployment extends DeployedStacks {
  /** In the order in which they were made; empty if everything stood already. */
  readonly changes: readonly ResourceChange[];
}

/**
 * Brings the emulator to what the assembly says: creates, updates and deletes resources one by one, each after those
 * that it refers to. What stands already is left alone, and what a killed run left half done is taken up. On failure,
 * what was done stays (there is no rollback), and the next deployment goes on from there.
 * @throws AssemblyError if the templates say what the emulator does not know, before anything is changed
 * @throws DeployError if a provider fails
 */
export const deployAssembly = async (
  host: DeployHost,
  assembly: Assembly,
  options: DeployOptions = {},
): Promise<Deployment> => {
  const changes: ResourceChange[] = [];
  const work = workOn(host, options, changes);
  for (const stack of assembly.stacks) check(work, stack);
  recordAssets(host, assembly);
  const built: { stackName: string; active: Active }[] = [];
  for (const stack of assembly.stacks)
    built.push({ stackName: stack.stackName, active: await build(work, stack) });
  // What is no longer wanted goes last, when nothing refers to it any more.
  for (const { stackName, active } of built.reverse()) await cleanUp(work, stackName, active);
  return { ...deployed(host.store), changes };
};

/** Checks what can be checked before the first change; conditions may hang on parameters that are yet to be made. */
const check = ({ providers }: Work, { stackName, template }: AssemblyStack): void => {
  checkTemplate(stackName, template);
  const waiters = waitersIn(template);
  for (const [logicalId, { Type, Condition }] of Object.entries(template.Resources))
    if (Condition === undefined) providers.find(stackName, logicalId, Type, waiters.has(logicalId));
  dependencyOrder(stackName, new Map(Object.entries(template.Resources)));
};

/** The resources of a template whose conditions hold. */
type Active = ReadonlyMap<string, TemplateResource>;

const activeResources = ({ template }: AssemblyStack, scope: StackScope): Active =>
  new Map(
    Object.entries(template.Resources).filter(
      ([, { Condition }]) => Condition === undefined || scope.condition(Condition),
    ),
  );

const dependencyOrder = (stackName: string, active: Active): string[] => {
  const known = new Set(active.keys());
  return inOrder(
    stackName,
    new Map([...active].map(([logicalId, resource]) => [logicalId, dependenciesOf(resource, known)])),
  );
};

/** The bucket's name may hold `${AWS::AccountId}`, `${AWS::Region}` and `${AWS::Partition}`. */
const recordAssets = (host: Host, { assets }: Assembly): void => {
  const values: Readonly<Record<string, string>> = {
    'AWS::AccountId': host.accountId,
    'AWS::Region': host.region,
    'AWS::Partition': host.partition,
  };
  const fill = (text: string) =>
    text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => values[name] ?? whole);
  for (const { bucket, key, path, packaging } of assets)
    recordAsset(host.store, fill(bucket), fill(key), { path, packaging });
};

const build = async (work: Work, stack: AssemblyStack): Promise<Active> => {
  const { host } = work;
  const { stackName, template } = stack;
  // A deletion that was cut short, or a stack of this name that was deleted before, is over.
  deletionRecords(host.store).delete(stackName);
  const scope = await createStackScope(host, stack, deployed(host.store));
  const active = activeResources(stack, scope);
  const waiters = waitersIn(template);
  for (const logicalId of dependencyOrder(stackName, active)) {
    const resource = active.get(logicalId) as TemplateResource;
    await buildResource(work, {
      stackName,
      logicalId,
      resource,
      dependsOn: dependenciesOf(resource, new Set(active.keys())),
      isWaiter: waiters.has(logicalId),
      properties: await resolveProperties(host, scope, logicalId, resource.Properties ?? {}),
    });
  }
  const outputs: Record<string, string> = {};
  const exports: Record<string, unknown> = {};
  for (const [name, output] of Object.entries(template.Outputs ?? {})) {
    if (output.Condition !== undefined && !scope.condition(output.Condition)) continue;
    const value = await resolveProperties(host, scope, name, { Value: output.Value });
    outputs[name] = String(value.Value);
    if (output.Export) exports[String(resolveIntrinsics(output.Export.Name, scope.at(name)))] = value.Value;
  }
  const imports = scope.imported();
  const record = { stackName, stackId: stackIdOf(host, stackName), outputs, exports, imports };
  const stacks = stackRecords(host.store);
  if (!isDeepStrictEqual(stacks.get(stackName), record)) stacks.put(stackName, record);
  return active;
};

/** Resolved, and in the plain form in which the store gives it back. */
const resolveProperties = async (
  host: Host,
  scope: StackScope,
  logicalId: string,
  properties: ResourceProperties,
): Promise<ResourceProperties> => {
  const place = scope.at(logicalId);
  const resolved = resolveIntrinsics(properties, place);
  return JSON.parse(JSON.stringify(await resolveDynamicReferences(host, resolved, place.where)));
};

interface Wanted {
  readonly stackName: string;
  readonly logicalId: string;
  readonly resource: TemplateResource;
  readonly dependsOn: readonly string[];
  readonly isWaiter: boolean;
  readonly properties: ResourceProperties;
}

const buildResource = async (work: Work, wanted: Wanted): Promise<void> => {
  const { stackName, logicalId, resource, dependsOn, properties } = wanted;
  const type = resource.Type;
  const records = resourceRecords(work.host.store);
  const key = recordKey(stackName, logicalId);
  const before = records.get(key);
  const built = before?.built;
  const base = {
    stackName,
    logicalId,
    replaced: before?.replaced ?? [],
    dependsOn,
    retain: keeps(resource.DeletionPolicy),
  };
  if (
    before?.status === 'complete' &&
    built?.type === type &&
    isDeepStrictEqual(built.properties, properties)
  ) {
    const record: ResourceRecord = { ...before, ...base };
    if (!isDeepStrictEqual(record, before)) records.put(key, record);
    return;
  }
  const provider = work.providers.find(stackName, logicalId, type, wanted.isWaiter);
  const context = resourceContext(stackName, logicalId);
  const old = built?.type === type ? built : undefined;
  // Written first, so that a run that is killed meanwhile calls the provider again.
  records.put(key, { ...base, status: 'busy', ...(built && { built }) });
  const state = await attempt(old ? 'Updating' : 'Creating', { stackName, logicalId, type }, () =>
    old ? provider.update(properties, context, old) : provider.create(properties, context),
  );
  const isReplaced = built !== undefined && (!old || state.physicalId !== built.state.physicalId);
  const keepsOld = keeps(resource.UpdateReplacePolicy);
  records.put(key, {
    ...base,
    status: 'complete',
    built: {
      type,
      properties,
      state: JSON.parse(JSON.stringify(state)),
      ...(wanted.isWaiter && { isWaiter: true }),
    },
    replaced: isReplaced && !keepsOld ? [...base.replaced, built as BuiltResource] : base.replaced,
  });
  work.note({ action: isReplaced ? 'replaced' : old ? 'updated' : 'created', stackName, logicalId, type });
};

/** `Snapshot` would leave a copy; nothing here can be restored from one, so it counts as deletion. */
const keeps = (policy: string | undefined): boolean =>
  policy === 'Retain' || policy === 'RetainExceptOnCreate';
