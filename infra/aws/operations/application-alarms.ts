import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { type ApplicationTargetGroup, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import type { LockstepFunction } from '../lockstep-function.ts';
import type { AlarmsTopic } from './alarms-topic.ts';

interface ApplicationAlarmsProps {
  readonly application: string;
  readonly alarms: AlarmsTopic;
  /** Functions that events invoke. */
  readonly asynchronous: readonly LockstepFunction<FunctionName>[];
  readonly reconcileJobs: LockstepFunction<'reconcile-jobs'>;
  /** Prod's instances behind its load balancer. @default they are elsewhere, and so are their alarms */
  readonly targetGroup?: ApplicationTargetGroup;
}

/** An application's alarms. */
export class ApplicationAlarms extends Construct {
  constructor(scope: Construct, id: string, props: ApplicationAlarmsProps) {
    super(scope, id);
    const { application, alarms, asynchronous, reconcileJobs, targetGroup } = props;
    for (const one of asynchronous)
      if (one.deadLetters)
        alarms.add(one, 'DeadLettersAlarm', {
          heading: 'An event was given up',
          meaning: `${one.name} of ${application} did not get an event, or failed to process it after all retries.`,
          metric: one.deadLetters.metricApproximateNumberOfMessagesVisible({
            period: Duration.minutes(1),
            statistic: Stats.MAXIMUM,
          }),
          threshold: 0,
          comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        });
    alarms.add(this, 'Reconciler', {
      heading: 'The reconciler has stopped',
      meaning: `Nobody completes jobs of ${application} that ended without an event.`,
      // It is due six times in half an hour.
      metric: reconcileJobs.function.metricInvocations({ period: Duration.minutes(30) }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
    });
    if (targetGroup) addProdAlarms(this, { application, alarms, targetGroup });
  }
}

/** Alarms about Prod itself, in the account and region that it is in. */
export function addProdAlarms(
  scope: Construct,
  props: {
    readonly application: string;
    readonly alarms: AlarmsTopic;
    readonly targetGroup: ApplicationTargetGroup;
  },
): void {
  const { application, alarms, targetGroup } = props;
  alarms.add(scope, 'Healthy', {
    heading: 'Prod has no healthy instance',
    meaning: `The load balancer of ${application} has no healthy instance to send requests to.`,
    metric: targetGroup.metrics.healthyHostCount({
      period: Duration.minutes(1),
      statistic: Stats.MINIMUM,
    }),
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 3,
  });
  alarms.add(scope, 'Errors', {
    heading: 'Prod answers with errors',
    meaning: `Instances of ${application} have answered ten requests or more with a server error within five minutes.`,
    metric: targetGroup.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, {
      period: Duration.minutes(5),
    }),
    threshold: 10,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  });
}
