import type { ChoiceRule, State, TaskResource } from './definition.ts';
import type { Fields } from './definition-problems.ts';
import {
  isExpression,
  JSONPATH_FIELDS,
  languageOf,
  literalInteger,
  NOTHING,
  type Reading,
  readHandover,
  readTemplate,
  reportJsonPath,
  reportUnknown,
  type StateReading,
} from './parse-fields.ts';
import { readGuards } from './parse-retry-and-catch.ts';

const LEAVING = ['Assign', 'Output', 'Next', 'End'];
const GUARDED = [...LEAVING, 'Arguments', 'Retry', 'Catch'];
const TOLERANCE = ['ToleratedFailurePercentage', 'ToleratedFailureCount'];

/** Fields by state type, beside those that every state may have. */
const FIELDS: Readonly<Record<State['type'], readonly string[]>> = {
  Pass: LEAVING,
  Task: [...GUARDED, 'Resource', 'TimeoutSeconds', 'HeartbeatSeconds'],
  Choice: ['Choices', 'Default', 'Assign', 'Output'],
  Wait: [...LEAVING, 'Seconds', 'Timestamp'],
  Succeed: ['Output'],
  Fail: ['Error', 'Cause'],
  Parallel: [...GUARDED, 'Branches'],
  Map: [
    ...LEAVING,
    'Retry',
    'Catch',
    'Items',
    'ItemSelector',
    'ItemProcessor',
    'MaxConcurrency',
    ...TOLERANCE,
  ],
};
const COMMON = ['Type', 'Comment', 'QueryLanguage'];

/** State types that say the same in both languages as long as no field of JSONPath is used. */
const EITHER_LANGUAGE = ['Pass', 'Wait', 'Succeed', 'Fail'];

/** Reads one state. Returns undefined when its type is unknown; other faults go to the problems. */
export const parseState = (name: string, fields: Fields, reading: Reading): State | undefined => {
  const { problems } = reading;
  fields.require('Type');
  const type = fields.string('Type');
  if (type === undefined) return undefined;
  if (!Object.hasOwn(FIELDS, type)) {
    problems.schema(
      `Unknown state type '${type}'; known are ${Object.keys(FIELDS).join(', ')}`,
      fields.at('Type'),
    );
    return undefined;
  }
  const own = languageOf(fields, reading.language, problems);
  if (own === 'JSONPath' && reading.language === 'JSONata') {
    problems.schema(
      `State '${name}' cannot use JSONPath in a JSONata state machine`,
      fields.at('QueryLanguage'),
    );
  }
  const before = problems.list.length;
  reportJsonPath(name, fields, reading);
  if (problems.list.length === before && own === 'JSONPath' && !EITHER_LANGUAGE.includes(type)) {
    problems.schema(
      `State '${name}' of type ${type} uses JSONPath, which is not supported: set QueryLanguage to JSONata`,
      fields.path,
    );
  }
  const known = [...COMMON, ...(FIELDS[type as State['type']] ?? [])];
  reportUnknown(fields, [...known, ...Object.keys(JSONPATH_FIELDS)], problems);
  return readState(type as State['type'], fields, { ...reading, name, own });
};

const readState = (type: State['type'], fields: Fields, reading: StateReading): State => {
  const { name } = reading;
  const field = (key: string) => readTemplate(fields, key, key, reading);
  switch (type) {
    case 'Pass':
      return { type, name, ...readNext(fields, reading) };
    case 'Succeed':
      return { type, name, assign: undefined, output: field('Output') };
    case 'Fail':
      return { type, name, error: field('Error'), cause: field('Cause') };
    case 'Wait': {
      if (fields.has('Seconds') === fields.has('Timestamp')) {
        reading.problems.schema('Exactly one of Seconds and Timestamp is required', fields.path);
      }
      literalInteger(fields, 'Seconds', 0, reading);
      return {
        type,
        name,
        ...readNext(fields, reading),
        seconds: field('Seconds'),
        timestamp: field('Timestamp'),
      };
    }
    case 'Choice':
      return readChoice(fields, reading);
    case 'Task': {
      fields.require('Resource');
      literalInteger(fields, 'TimeoutSeconds', 1, reading);
      literalInteger(fields, 'HeartbeatSeconds', 1, reading);
      const [timeout, heartbeat] = [fields.value('TimeoutSeconds'), fields.value('HeartbeatSeconds')];
      if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
        reading.problems.schema(
          'HeartbeatSeconds must be smaller than TimeoutSeconds',
          fields.at('HeartbeatSeconds'),
        );
      }
      return {
        type,
        name,
        ...readNext(fields, reading),
        ...readGuards(fields, reading),
        resource: readResource(fields, reading),
        arguments: field('Arguments'),
        timeoutSeconds: field('TimeoutSeconds'),
        heartbeatSeconds: field('HeartbeatSeconds'),
      };
    }
    case 'Parallel': {
      fields.require('Branches');
      const branches = fields.objects('Branches').map(reading.block);
      if (fields.has('Branches') && branches.length === 0) {
        reading.problems.schema('At least one branch is required', fields.at('Branches'));
      }
      return {
        type,
        name,
        ...readNext(fields, reading),
        ...readGuards(fields, reading),
        arguments: field('Arguments'),
        branches,
      };
    }
    case 'Map':
      return readMap(fields, reading);
  }
};

const readMap = (fields: Fields, reading: StateReading): State => {
  fields.require('ItemProcessor');
  const processor = fields.nested('ItemProcessor');
  const config = processor?.nested('ProcessorConfig');
  const mode = config?.string('Mode');
  if (mode !== undefined && mode !== 'INLINE') {
    reading.problems.schema(`Map mode ${mode} is not supported: use INLINE`, `${config?.path}/Mode`);
  }
  literalInteger(fields, 'MaxConcurrency', 0, reading);
  return {
    type: 'Map',
    name: reading.name,
    ...readNext(fields, reading),
    ...readGuards(fields, reading),
    items: readTemplate(fields, 'Items', 'Items', reading),
    itemSelector: readTemplate(fields, 'ItemSelector', 'ItemSelector', reading),
    maxConcurrency: readTemplate(fields, 'MaxConcurrency', 'MaxConcurrency', reading),
    tolerance: TOLERANCE.flatMap((field) => {
      const template = readTemplate(fields, field, field, reading);
      return template ? [[field, template] as const] : [];
    }),
    processor: processor ? reading.block(processor) : 0,
  };
};

const readChoice = (fields: Fields, reading: StateReading): State => {
  fields.require('Choices');
  const rules = fields.objects('Choices');
  if (fields.has('Choices') && rules.length === 0) {
    reading.problems.schema('At least one choice is required', fields.at('Choices'));
  }
  const choices = rules.map((rule, i): ChoiceRule => {
    reportJsonPath(reading.name, rule, reading);
    const known = ['Condition', 'Next', 'Assign', 'Output', 'Comment', ...Object.keys(JSONPATH_FIELDS)];
    reportUnknown(rule, known, reading.problems);
    rule.require('Condition', 'Next');
    const condition = rule.value('Condition');
    if (condition !== undefined && typeof condition !== 'boolean' && !isExpression(condition)) {
      reading.problems.schema('Expected a boolean or a JSONata expression', rule.at('Condition'));
    }
    return {
      condition: readTemplate(rule, 'Condition', `Choices[${i}]/Condition`, reading) ?? NOTHING,
      next: rule.string('Next') ?? '',
      ...readHandover(rule, reading),
    };
  });
  return {
    type: 'Choice',
    name: reading.name,
    ...readHandover(fields, reading),
    choices,
    default: fields.string('Default'),
  };
};

const readNext = (fields: Fields, reading: StateReading) => {
  const next = fields.string('Next');
  const end = fields.value('End');
  if (end !== undefined && typeof end !== 'boolean')
    reading.problems.schema('Expected a boolean', fields.at('End'));
  if ((next !== undefined) === (end === true)) {
    reading.problems.schema(`State '${reading.name}' needs either Next or "End": true`, fields.path);
  }
  return { ...readHandover(fields, reading), next };
};

const INTEGRATION = /^arn:[\w-]+:states:::(aws-sdk:\w+|[\w-]+):(\w+)(\.waitForTaskToken)?$/;

const readResource = (fields: Fields, { problems }: Reading): TaskResource => {
  const arn = fields.string('Resource') ?? '';
  const match = INTEGRATION.exec(arn);
  if (!match && fields.has('Resource')) {
    problems.schema(
      `The resource '${arn}' is not supported: use arn:aws:states:::lambda:invoke, its .waitForTaskToken form, ` +
        'or arn:aws:states:::aws-sdk:<service>:<action>',
      fields.at('Resource'),
    );
  }
  const [, resourceType = '', action = '', suffix = ''] = match ?? [];
  return { arn, resourceType, resource: `${action}${suffix}`, waitsForToken: suffix === '.waitForTaskToken' };
};
