import type { Host, ResourceProvider, Service } from '../host.ts';
import { AssemblyError } from './assembly-errors.ts';
import { customResourceProvider, isCustomResource } from './custom-resources.ts';
import { inertProvider, inertTypes, waiterType } from './inert-types.ts';
import type { Template, TemplateResource } from './load-assembly.ts';

/** Finds who builds a resource. */
export interface Providers {
  /** @throws AssemblyError naming type, stack and logical id if nobody does */
  readonly find: (stackName: string, logicalId: string, type: string, isWaiter?: boolean) => ResourceProvider;
}

/** The services' providers first, then custom resources, then the list of inert types. */
export const createProviders = (host: Host, services: readonly Service[]): Providers => {
  const known = new Map<string, ResourceProvider>();
  for (const service of services)
    for (const [type, provider] of Object.entries(service.resources)) known.set(type, provider);
  for (const [type, inert] of Object.entries(inertTypes))
    if (!known.has(type)) known.set(type, inertProvider(host, inert));
  return {
    find: (stackName, logicalId, type, isWaiter = false) => {
      if (isWaiter) return inertProvider(host, waiterType);
      const provider =
        known.get(type) ?? (isCustomResource(type) ? customResourceProvider(host, type) : undefined);
      if (provider) return provider;
      throw new AssemblyError(
        `${stackName}/${logicalId}: the emulator does not know the type ${type}. ` +
          'Give it a provider in infra/local/aws/services, or list it in infra/local/aws/assembly/inert-types.ts with the reason ' +
          'why it makes no difference locally.',
      );
    },
  };
};

/** Logical ids of the state machines that CDK's Provider framework polls with: its functions name them. */
export const waitersIn = (template: Template): ReadonlySet<string> => {
  const waiters = new Set<string>();
  for (const resource of Object.values(template.Resources)) {
    const waiter = waiterReference(resource);
    if (waiter && template.Resources[waiter]?.Type === 'AWS::StepFunctions::StateMachine')
      waiters.add(waiter);
  }
  return waiters;
};

const waiterReference = ({ Type, Properties }: TemplateResource): string | undefined => {
  if (Type !== 'AWS::Lambda::Function') return undefined;
  const environment = Properties?.Environment as { Variables?: Record<string, unknown> } | undefined;
  const reference = environment?.Variables?.WAITER_STATE_MACHINE_ARN as { Ref?: string } | undefined;
  return reference?.Ref;
};

const templateSections = new Set([
  'AWSTemplateFormatVersion',
  'Conditions',
  'Description',
  'Mappings',
  'Metadata',
  'Outputs',
  'Parameters',
  'Resources',
  'Rules',
]);

/** CreationPolicy and UpdatePolicy pace what happens at once here; Metadata is for readers. */
const resourceSections = new Set([
  'Condition',
  'CreationPolicy',
  'DeletionPolicy',
  'DependsOn',
  'Metadata',
  'Properties',
  'Type',
  'UpdatePolicy',
  'UpdateReplacePolicy',
]);

/**
 * Fails for a template with sections that the emulator would ignore.
 * @throws AssemblyError
 */
export const checkTemplate = (stackName: string, template: Template): void => {
  const notKnown = (what: string) => {
    throw new AssemblyError(`Stack ${stackName}: ${what} is not known to the emulator.`);
  };
  for (const section of Object.keys(template))
    if (!templateSections.has(section)) notKnown(`the section ${section} of its template`);
  // CDK's own rule; the emulator needs no bootstrap stack.
  for (const rule of Object.keys(template.Rules ?? {}))
    if (rule !== 'CheckBootstrapVersion') notKnown(`the rule ${rule}`);
  for (const [logicalId, resource] of Object.entries(template.Resources))
    for (const section of Object.keys(resource))
      if (!resourceSections.has(section)) notKnown(`${section} of ${logicalId}`);
};
