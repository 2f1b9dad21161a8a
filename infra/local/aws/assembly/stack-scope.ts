import { createHash } from 'node:crypto';
import type { Host, ResourceState } from '../host.ts';
import { AssemblyError } from './assembly-errors.ts';
import { parameterValue } from './dynamic-references.ts';
import { evaluateCondition, noValue, type Scope } from './intrinsics.ts';
import type { AssemblyStack, Template } from './load-assembly.ts';
import { type DeployedStacks, stackRecords } from './stack-records.ts';

/** Everything that a stack's expressions may refer to. */
export interface StackScope {
  /** A scope for one place of the template. */
  readonly at: (logicalId: string) => Scope;
  readonly condition: (name: string) => boolean;
  /** Names of the exports that the stack has asked for so far. */
  readonly imported: () => readonly string[];
}

/** Zones per region; an account sees at least three in most. */
const ZONES = ['a', 'b', 'c'];

/** A stack's ARN, the same at every start. */
export const stackIdOf = (host: Host, stackName: string): string => {
  const hash = createHash('sha256').update(stackName).digest('hex');
  const uuid = hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return `arn:${host.partition}:cloudformation:${host.region}:${host.accountId}:stack/${stackName}/${uuid}`;
};

/**
 * The scope of one stack: its parameters are read now, its resources when they are referred to.
 * @throws AssemblyError for a parameter that has no value
 */
export const createStackScope = async (
  host: Host,
  stack: AssemblyStack,
  deployed: DeployedStacks,
): Promise<StackScope> => {
  const { stackName, template } = stack;
  const parameters = await readParameters(host, stack);
  const pseudo = pseudoParameters(host, stackName);
  const conditions = new Map<string, boolean>();
  const imports = new Set<string>();

  const stateOf = (logicalId: string, where: string): ResourceState => {
    const found = deployed.resource(stackName, logicalId);
    if (found) return found.state;
    const problem = template.Resources[logicalId]
      ? 'does not exist (its condition does not hold)'
      : 'is not a parameter or resource of the stack';
    throw new AssemblyError(`${where}: ${logicalId}, which it refers to, ${problem}.`);
  };

  const condition = (name: string): boolean => {
    const known = conditions.get(name);
    if (known !== undefined) return known;
    const expression = template.Conditions?.[name];
    if (expression === undefined) throw new AssemblyError(`Stack ${stackName} has no condition ${name}.`);
    const value = evaluateCondition(expression, at(`condition ${name}`));
    conditions.set(name, value);
    return value;
  };

  const at = (logicalId: string): Scope => {
    const where = `${stackName}/${logicalId}`;
    return {
      where,
      condition,
      ref: (name) => {
        if (Object.hasOwn(pseudo, name)) return pseudo[name];
        return parameters.has(name) ? parameters.get(name) : stateOf(name, where).physicalId;
      },
      attribute: (id, name) => {
        const { attributes } = stateOf(id, where);
        if (Object.hasOwn(attributes, name)) return attributes[name];
        const known = Object.keys(attributes).join(', ') || 'none';
        throw new AssemblyError(
          `${where}: ${id} (${template.Resources[id]?.Type}) has no attribute ${name} in the emulator (has: ${known}).`,
        );
      },
      importValue: (name) => {
        imports.add(name);
        for (const { exports } of stackRecords(host.store).values())
          if (Object.hasOwn(exports, name)) return exports[name];
        throw new AssemblyError(`${where}: no deployed stack exports ${name}.`);
      },
      mapping: (map, top, second) => mappingOf(template, map, where)[top]?.[second],
      availabilityZones: (region) => ZONES.map((zone) => `${region}${zone}`),
    };
  };
  return { at, condition, imported: () => [...imports].sort() };
};

const mappingOf = (template: Template, map: string, where: string) => {
  const found = template.Mappings?.[map];
  if (!found)
    throw new AssemblyError(`${where}: Fn::FindInMap names the mapping ${map}, which does not exist.`);
  return found;
};

const pseudoParameters = (host: Host, stackName: string): Readonly<Record<string, unknown>> => ({
  'AWS::AccountId': host.accountId,
  'AWS::Region': host.region,
  'AWS::Partition': host.partition,
  'AWS::URLSuffix': host.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
  'AWS::StackName': stackName,
  'AWS::StackId': stackIdOf(host, stackName),
  'AWS::NotificationARNs': [],
  'AWS::NoValue': noValue,
});

const readParameters = async (host: Host, stack: AssemblyStack): Promise<ReadonlyMap<string, unknown>> => {
  const values = new Map<string, unknown>();
  for (const [name, { Type, Default }] of Object.entries(stack.template.Parameters ?? {})) {
    const given = stack.parameters[name] ?? Default;
    const where = `${stack.stackName}/${name}`;
    if (given === undefined)
      throw new AssemblyError(`The parameter ${where} has neither a value nor a default.`);
    const fromStore = Type.startsWith('AWS::SSM::Parameter::Value<');
    const value = fromStore ? await parameterValue(host, String(given), where) : String(given);
    values.set(name, /(^|<)(List<|CommaDelimitedList)/.test(Type) ? value.split(/\s*,\s*/) : value);
  }
  return values;
};
