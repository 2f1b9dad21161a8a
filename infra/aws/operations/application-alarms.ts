import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import type { LockstepFunction } from '../lockstep-function.ts';
import type { AlarmsTopic } from './alarms-topic.ts';

export interface ApplicationAlarmsProps {
  readonly application: string;
  readonly alarms: AlarmsTopic;
  /** Functions that events invoke. */
  readonly asynchronous: readonly LockstepFunction<FunctionName>[];
}

/** What calls an application's operators. */
export class ApplicationAlarms extends Construct {
  constructor(scope: Construct, id: string, props: ApplicationAlarmsProps) {
    super(scope, id);
    const { application, alarms, asynchronous } = props;
    for (const one of asynchronous)
      if (one.deadLetters)
        alarms.add(one, 'DeadLettersAlarm', {
          heading: 'An event was given up',
          meaning: `${one.name} of ${application} could not be given an event, or failed with it for good.`,
          metric: one.deadLetters.metricApproximateNumberOfMessagesVisible({
            period: Duration.minutes(1),
            statistic: Stats.MAXIMUM,
          }),
          threshold: 0,
          comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        });
  }
}
