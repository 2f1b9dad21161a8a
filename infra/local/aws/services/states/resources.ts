import { readProperties } from '../../assembly/properties.ts';
import type { Clock } from '../../clock.ts';
import type { ResourceContext, ResourceProperties, ResourceProvider, ResourceState } from '../../host.ts';
import type { Executions } from './executions.ts';
import type { Machines, StateMachine, StateMachineProps } from './state-machines.ts';

const TYPE = 'AWS::StepFunctions::StateMachine';

const lowerFirst = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lowerFirst);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      `${key.charAt(0).toLowerCase()}${key.slice(1)}`,
      lowerFirst(inner),
    ]),
  );
};

const read = (properties: ResourceProperties, context: ResourceContext) => {
  const reader = readProperties(TYPE, context, properties);
  reader.only(
    'DefinitionString',
    'DefinitionSubstitutions',
    'RoleArn',
    'StateMachineName',
    'StateMachineType',
    'LoggingConfiguration',
    'TracingConfiguration',
    'Tags',
  );
  const type = reader.optionalString('StateMachineType');
  if (type !== undefined && type !== 'STANDARD') throw reader.error('StateMachineType', 'must be STANDARD');
  const substitutions = Object.entries(reader.stringMap('DefinitionSubstitutions'));
  const definition = substitutions.reduce(
    (text, [key, value]) => text.replaceAll(`\${${key}}`, value),
    reader.string('DefinitionString'),
  );
  const settings = (name: string) =>
    reader.has(name) ? (lowerFirst(reader.object(name)) as object) : undefined;
  const loggingConfiguration = settings('LoggingConfiguration');
  const tracingConfiguration = settings('TracingConfiguration');
  const props: StateMachineProps = {
    definition,
    roleArn: reader.string('RoleArn'),
    ...(loggingConfiguration && { loggingConfiguration }),
    ...(tracingConfiguration && { tracingConfiguration }),
    tags: reader.each('Tags').map((tag) => ({ key: tag.string('Key'), value: tag.string('Value') })),
  };
  return { name: reader.optionalString('StateMachineName') ?? context.generatedName(80), props };
};

const stateOf = ({ arn, name }: StateMachine): ResourceState => ({
  physicalId: arn,
  attributes: { Arn: arn, Name: name },
});

/** How often a deletion looks whether executions still run, in ms. */
const LOOK_MS = 200;

/**
 * Provides `AWS::StepFunctions::StateMachine`. `Ref` gives the ARN. A machine is DELETING until its executions have ended (API
 * reference of DeleteStateMachine); AWS ends them at their next transition, here they go on.
 */
export const stateMachineResource = (
  machines: Machines,
  executions: Executions,
  clock: Clock,
): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext): ResourceState => {
    const { name, props } = read(properties, context);
    const existing = machines.find(machines.arnOf(name));
    return stateOf(existing ? machines.update(existing, props) : machines.create(name, props));
  };
  return {
    create: put,
    update: put,
    delete: async ({ physicalId }) => {
      if (!machines.beginDeletion(physicalId)) return;
      await executions.load();
      while (executions.of(physicalId).some(({ execution }) => execution.status === 'RUNNING'))
        await new Promise<void>((resolve) => clock.at(clock.now() + LOOK_MS, resolve));
      machines.delete(physicalId);
    },
  };
};
