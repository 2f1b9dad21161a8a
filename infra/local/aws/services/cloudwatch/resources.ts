import type { PropertyReader } from '../../assembly/properties.ts';
import { readProperties } from '../../assembly/properties.ts';
import type { Host, ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import type { AlarmDriver } from './alarm-driver.ts';
import { AlarmRuleError, parseAlarmRule } from './alarm-rule.ts';
import { type AlarmRecord, alarmArn, alarmsOf, type MetricAlarmRecord } from './alarms.ts';
import { comparisonOperators, missingDataTreatments } from './evaluate-alarm.ts';
import { isPublished } from './published-metrics.ts';
import { isStatistic } from './statistics.ts';

const MINUTE_S = 60;
const DAY_S = 24 * 60 * 60;

const COMMON = [
  'ActionsEnabled',
  'AlarmActions',
  'AlarmDescription',
  'AlarmName',
  'InsufficientDataActions',
  'OKActions',
  'Tags',
] as const;

/** One of some values. @throws PropertyError */
const oneOf = <Value extends string>(
  reader: PropertyReader,
  name: string,
  values: readonly Value[],
  fallback?: Value,
): Value => {
  const given = reader.optionalString(name) ?? fallback;
  const found = values.find((value) => value === given);
  if (found === undefined) throw reader.error(name, `must be one of ${values.join(', ')}`);
  return found;
};

const readMetric = (
  reader: PropertyReader,
): Pick<MetricAlarmRecord, 'metric' | 'statistic' | 'periodSeconds' | 'condition'> => {
  const metric = {
    namespace: reader.string('Namespace'),
    name: reader.string('MetricName'),
    dimensions: Object.fromEntries(
      reader.each('Dimensions').map((dimension) => [dimension.string('Name'), dimension.string('Value')]),
    ),
  };
  // An alarm that waits in vain would look like one that is never needed.
  if (!isPublished(metric))
    throw reader.error(
      'MetricName',
      `must be a metric that the emulator's ${metric.namespace} publishes with these dimensions`,
    );
  const name = reader.has('ExtendedStatistic') ? 'ExtendedStatistic' : 'Statistic';
  const statistic = reader.string(name);
  if (!isStatistic(statistic)) throw reader.error(name, 'is a statistic that the emulator does not know');
  const periodSeconds = reader.number('Period');
  const evaluationPeriods = reader.number('EvaluationPeriods');
  if (periodSeconds < MINUTE_S || periodSeconds % MINUTE_S !== 0)
    throw reader.error('Period', 'must be a multiple of 60: the emulator has no metrics of high resolution');
  if (periodSeconds * evaluationPeriods > DAY_S)
    throw reader.error('EvaluationPeriods', 'times Period must be a day at most in the emulator');
  return {
    metric,
    statistic,
    periodSeconds,
    condition: {
      threshold: reader.number('Threshold'),
      comparison: oneOf(reader, 'ComparisonOperator', comparisonOperators),
      evaluationPeriods,
      datapointsToAlarm: reader.optionalNumber('DatapointsToAlarm') ?? evaluationPeriods,
      treatMissingData: oneOf(reader, 'TreatMissingData', missingDataTreatments, 'missing'),
    },
  };
};

const readRule = (reader: PropertyReader) => {
  const ruleText = reader.string('AlarmRule');
  try {
    return { ruleText, rule: parseAlarmRule(ruleText) };
  } catch (error) {
    throw error instanceof AlarmRuleError
      ? reader.error('AlarmRule', `cannot be read: ${error.message}`)
      : error;
  }
};

/** A changed name replaces an alarm; anything else changes it and leaves its state. */
const alarmProvider = (
  host: Host,
  driver: AlarmDriver,
  read: (properties: ResourceProperties, context: ResourceContext) => { reader: PropertyReader; own: object },
): ResourceProvider => {
  const alarms = alarmsOf(host);
  const put: ResourceProvider['create'] = (properties, context) => {
    const { reader, own } = read(properties, context);
    const name = reader.optionalString('AlarmName') ?? context.generatedName(255);
    const before = alarms.get(name);
    const now = host.clock.now();
    const description = reader.optionalString('AlarmDescription');
    alarms.put(name, {
      name,
      arn: alarmArn(host, name),
      ...(description !== undefined && { description }),
      actionsEnabled: reader.optionalBoolean('ActionsEnabled') ?? true,
      actions: {
        OK: reader.strings('OKActions'),
        ALARM: reader.strings('AlarmActions'),
        INSUFFICIENT_DATA: reader.strings('InsufficientDataActions'),
      },
      createdAt: before?.createdAt ?? now,
      state: before?.state ?? {
        value: 'INSUFFICIENT_DATA',
        reason: 'Unchecked: Initial alarm creation',
        since: now,
      },
      ...own,
    } as AlarmRecord);
    driver.evaluateAll();
    return { physicalId: name, attributes: { Arn: alarmArn(host, name) } };
  };
  return { create: put, update: put, delete: ({ physicalId }) => alarms.delete(physicalId) };
};

/** CloudFormation's types of alarms. */
export const alarmProviders = (host: Host, driver: AlarmDriver): Record<string, ResourceProvider> => ({
  'AWS::CloudWatch::Alarm': alarmProvider(host, driver, (properties, context) => {
    const reader = readProperties('AWS::CloudWatch::Alarm', context, properties);
    reader.only(
      ...COMMON,
      'ComparisonOperator',
      'DatapointsToAlarm',
      'Dimensions',
      'EvaluationPeriods',
      'ExtendedStatistic',
      'MetricName',
      'Namespace',
      'Period',
      'Statistic',
      'Threshold',
      'TreatMissingData',
    );
    return { reader, own: { kind: 'metric', ...readMetric(reader) } };
  }),
  'AWS::CloudWatch::CompositeAlarm': alarmProvider(host, driver, (properties, context) => {
    const reader = readProperties('AWS::CloudWatch::CompositeAlarm', context, properties);
    reader.only(...COMMON, 'AlarmRule');
    return { reader, own: { kind: 'composite', ...readRule(reader) } };
  }),
});
