import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
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
  /** The project that builds commits. @default there is none */
  readonly buildProjectName?: string;
}

/** Alarms about an application's functions; Prod has its own. */
export class ApplicationAlarms extends Construct {
  constructor(scope: Construct, id: string, props: ApplicationAlarmsProps) {
    super(scope, id);
    const { application, alarms, asynchronous, reconcileJobs, buildProjectName } = props;
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
    if (buildProjectName !== undefined)
      alarms.add(this, 'Builds', {
        heading: 'A build failed',
        meaning: `A build of ${application} failed: its commit cannot be built, or its environment lacks something.`,
        metric: new Metric({
          namespace: 'AWS/CodeBuild',
          metricName: 'FailedBuilds',
          dimensionsMap: { ProjectName: buildProjectName },
          period: Duration.minutes(5),
          statistic: Stats.SUM,
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
  }
}
