import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import type { Host, ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { compilePattern } from '../shared/event-pattern.ts';
import { type Bus, DEFAULT_BUS, type Rule } from './bus.ts';
import { createRuleProvider } from './rule-provider.ts';
import { parseSchedule } from './schedule.ts';
import { readSchedule } from './schedules.ts';
import { compileInput, type InputSettings } from './target-input.ts';
import { checkTarget, type Target } from './targets.ts';

/** The CloudFormation types of EventBridge. */
export const createEventsResources = (host: Host, bus: Bus): Record<string, ResourceProvider> => ({
  'AWS::Events::Rule': createRuleProvider(host, bus, readRule),
  'AWS::Events::EventBus': busProvider(host),
  'AWS::Scheduler::Schedule': createRuleProvider(host, bus, readSchedule),
});

/** @throws PropertyError naming the property, for what EventBridge rejects or this bus does not know */
const readRule = (host: Host, properties: ResourceProperties, context: ResourceContext): Rule => {
  const read = readProperties('AWS::Events::Rule', context, properties);
  read.only(
    'Name',
    'Description',
    'EventBusName',
    'EventPattern',
    'ScheduleExpression',
    'State',
    'RoleArn',
    'Targets',
    'Tags',
  );
  const name = read.optionalString('Name') ?? context.generatedName(64);
  const busName = (read.optionalString('EventBusName') ?? DEFAULT_BUS).split('/').at(-1) ?? DEFAULT_BUS;
  const arn = arnOf(host, 'events', busName === DEFAULT_BUS ? `rule/${name}` : `rule/${busName}/${name}`);
  const pattern = read.has('EventPattern') ? read.object('EventPattern') : undefined;
  const scheduleExpression = read.optionalString('ScheduleExpression');
  const description = read.optionalString('Description');
  if (!pattern && scheduleExpression === undefined)
    throw read.error('EventPattern', 'or ScheduleExpression is required');
  if (pattern) explain(read, 'EventPattern', () => compilePattern(pattern));
  if (scheduleExpression !== undefined)
    explain(read, 'ScheduleExpression', () => parseSchedule(scheduleExpression));
  const state = read.optionalString('State') ?? 'ENABLED';
  if (!['ENABLED', 'DISABLED'].includes(state)) throw read.error('State', 'must be ENABLED or DISABLED');
  const roleArn = read.optionalString('RoleArn');
  return {
    arn,
    name,
    bus: busName,
    ...(description !== undefined && { description }),
    ...(pattern && { pattern }),
    ...(scheduleExpression !== undefined && { scheduleExpression }),
    isEnabled: state === 'ENABLED',
    targets: read.each('Targets').map((target) => readTarget(target, { arn, name }, roleArn)),
  };
};

const readTarget = (
  read: PropertyReader,
  rule: { readonly arn: string; readonly name: string },
  ruleRoleArn: string | undefined,
): Target => {
  read.only(
    'Id',
    'Arn',
    'RoleArn',
    'Input',
    'InputPath',
    'InputTransformer',
    'DeadLetterConfig',
    'RetryPolicy',
  );
  const input = read.optionalString('Input');
  const inputPath = read.optionalString('InputPath');
  const transformer = read.optionalAt('InputTransformer');
  const settings: InputSettings = {
    ...(input !== undefined && { input }),
    ...(inputPath !== undefined && { inputPath }),
    ...(transformer && {
      inputTransformer: {
        inputPathsMap: transformer.stringMap('InputPathsMap'),
        inputTemplate: transformer.string('InputTemplate'),
      },
    }),
  };
  explain(read, transformer ? 'InputTransformer' : inputPath === undefined ? 'Input' : 'InputPath', () =>
    compileInput(settings, rule),
  );
  const retries = read.optionalAt('RetryPolicy');
  const mostAttempts = retries?.optionalNumber('MaximumRetryAttempts');
  const lifeSeconds = retries?.optionalNumber('MaximumEventAgeInSeconds');
  const roleArn = read.optionalString('RoleArn') ?? ruleRoleArn;
  const deadLetterArn = read.optionalAt('DeadLetterConfig')?.optionalString('Arn');
  const target: Target = {
    id: read.string('Id'),
    arn: read.string('Arn'),
    ...(roleArn !== undefined && { roleArn }),
    settings,
    ...(mostAttempts !== undefined && { mostAttempts }),
    ...(lifeSeconds !== undefined && { lifeMs: lifeSeconds * 1000 }),
    ...(deadLetterArn !== undefined && { deadLetterArn }),
  };
  const problem = checkTarget(target);
  if (problem) throw read.error('Arn', problem);
  return target;
};

/** Runs a check and words its error as one of the property. */
const explain = (read: PropertyReader, property: string, check: () => unknown) => {
  try {
    check();
  } catch (error) {
    throw read.error(property, `is not usable: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const busProvider = (host: Host): ResourceProvider => {
  const buses = host.store.table<{ readonly name: string }>('events.buses');
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::Events::EventBus', context, properties);
    read.only('Name', 'Description', 'KmsKeyIdentifier', 'DeadLetterConfig', 'Tags');
    const name = read.string('Name');
    buses.put(name, { name });
    return { physicalId: name, attributes: { Arn: arnOf(host, 'events', `event-bus/${name}`), Name: name } };
  };
  return { create: put, update: put, delete: (state) => buses.delete(state.physicalId) };
};
