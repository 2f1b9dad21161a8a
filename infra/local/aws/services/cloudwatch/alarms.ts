import type { CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { AwsError, type Host } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import type { MetricId } from '../shared/metrics.ts';
import { holds, type Rule } from './alarm-rule.ts';
import type { AlarmCondition, StateValue } from './evaluate-alarm.ts';

/** Where an alarm stands. Times are milliseconds since the epoch. */
interface AlarmInState {
  readonly value: StateValue;
  readonly reason: string;
  readonly since: number;
  /** Its actions are still to be taken. */
  readonly isTold?: false;
}

/** What every alarm has. */
interface CommonRecord {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly actionsEnabled: boolean;
  /** ARNs of topics, by the state that an alarm changes to. */
  readonly actions: Readonly<Record<StateValue, readonly string[]>>;
  readonly createdAt: number;
  readonly state: AlarmInState;
}

/** An alarm about a metric. */
export interface MetricAlarmRecord extends CommonRecord {
  readonly kind: 'metric';
  readonly metric: MetricId;
  readonly statistic: string;
  /** A multiple of 60. */
  readonly periodSeconds: number;
  readonly condition: AlarmCondition;
}

/** An alarm about other alarms. */
interface CompositeAlarmRecord extends CommonRecord {
  readonly kind: 'composite';
  readonly ruleText: string;
  readonly rule: Rule;
}

/** An alarm, as the store keeps it under its name. */
export type AlarmRecord = MetricAlarmRecord | CompositeAlarmRecord;

/** CloudWatch's table. */
export const alarmsOf = ({ store }: Host) => store.table<AlarmRecord>('cloudwatch.alarms');

/** ARN of an alarm, whether it exists or not. */
export const alarmArn = (host: Host, name: string): string => arnOf(host, 'cloudwatch', `alarm:${name}`);

/** @throws AwsError `ResourceNotFound` */
export const findAlarm = (host: Host, name: string | undefined): AlarmRecord => {
  const found = alarmsOf(host).get(name ?? '');
  if (found) return found;
  throw new AwsError('ResourceNotFound', `Alarm ${name} does not exist.`, 404);
};

/** The state that a composite alarm's rule gives it now. It is never without data. */
export const compositeState = (host: Host, { rule }: CompositeAlarmRecord): StateValue =>
  holds(rule, (name) => alarmsOf(host).get(name)?.state.value) ? 'ALARM' : 'OK';

const common = (alarm: AlarmRecord) => ({
  AlarmName: alarm.name,
  AlarmArn: alarm.arn,
  ...(alarm.description !== undefined && { AlarmDescription: alarm.description }),
  ActionsEnabled: alarm.actionsEnabled,
  OKActions: [...alarm.actions.OK],
  AlarmActions: [...alarm.actions.ALARM],
  InsufficientDataActions: [...alarm.actions.INSUFFICIENT_DATA],
  StateValue: alarm.state.value,
  StateReason: alarm.state.reason,
  StateUpdatedTimestamp: new Date(alarm.state.since),
});

/** An alarm about a metric as the API gives it. */
export const describeMetricAlarm = (alarm: MetricAlarmRecord): MetricAlarm => ({
  ...common(alarm),
  Namespace: alarm.metric.namespace,
  MetricName: alarm.metric.name,
  Dimensions: Object.entries(alarm.metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
  ...(alarm.statistic.startsWith('p')
    ? { ExtendedStatistic: alarm.statistic }
    : { Statistic: alarm.statistic as NonNullable<MetricAlarm['Statistic']> }),
  Period: alarm.periodSeconds,
  EvaluationPeriods: alarm.condition.evaluationPeriods,
  DatapointsToAlarm: alarm.condition.datapointsToAlarm,
  Threshold: alarm.condition.threshold,
  ComparisonOperator: alarm.condition.comparison,
  TreatMissingData: alarm.condition.treatMissingData,
});

/** An alarm about other alarms as the API gives it. */
export const describeCompositeAlarm = (alarm: CompositeAlarmRecord): CompositeAlarm => ({
  ...common(alarm),
  AlarmRule: alarm.ruleText,
});
