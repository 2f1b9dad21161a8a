import { Duration } from 'aws-cdk-lib';
import { type Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, type IConstruct } from 'constructs';
import type { ApplicationConfig } from '../../config.ts';
import type { LoadBalancer } from '../environments/load-balancer.ts';
import type { AlarmsTopic } from './alarms-topic.ts';

interface ProdAlarmsProps {
  readonly application: Pick<ApplicationConfig, 'name' | 'fleet' | 'alarms'>;
  readonly topic: AlarmsTopic;
  readonly loadBalancer: LoadBalancer;
}

const minute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);

/**
 * Alarms about Prod itself, in its account and region. Some say that instances answer badly: a deployment that sets them off is
 * taken back. The others say that instances are missing: a deployment brings instances, so it must be able to start while they
 * are on, which CodeDeploy does not allow with an alarm that it watches (D-110).
 */
export class ProdAlarms extends Construct {
  /** Those that a deployment is judged by. They exist before the fleet. */
  readonly aboutAnswers: readonly Alarm[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ProdAlarmsProps,
  ) {
    super(scope, id);
    const { application, topic, loadBalancer } = props;
    const { name, alarms } = application;
    const errors = {
      heading: 'Prod answers with errors',
      threshold: alarms.errors,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    } as const;
    const { targetGroup, balancer } = loadBalancer;
    this.aboutAnswers = [
      topic.add(this, 'Errors', {
        ...errors,
        meaning: `Instances of ${name} have answered ${alarms.errors} requests or more with a server error within five minutes.`,
        metric: targetGroup.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period: fiveMinutes }),
      }),
      topic.add(this, 'BrokenOff', {
        ...errors,
        meaning: `Instances of ${name} have broken off ${alarms.errors} requests or more within five minutes; users got status 502.`,
        metric: balancer.metrics.httpCodeElb(HttpCodeElb.ELB_502_COUNT, { period: fiveMinutes }),
      }),
      topic.add(this, 'Slow', {
        heading: 'Prod answers slowly',
        meaning: `More than one answer of ${name} in twenty took longer than ${alarms.latencyMilliseconds} ms, for two minutes.`,
        metric: targetGroup.metrics.targetResponseTime({ period: minute, statistic: Stats.percentile(95) }),
        threshold: alarms.latencyMilliseconds / 1_000,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // Sooner than a usual soak ends.
        evaluationPeriods: 3,
        datapointsToAlarm: 2,
      }),
    ];
  }

  /**
   * Adds the alarms about missing instances.
   * @param fleet they are made after it, or they would go off before its first instance is there
   */
  watchFleet(fleet: IConstruct): readonly Alarm[] {
    const { application, topic, loadBalancer } = this.props;
    const { name, alarms, fleet: size } = application;
    const healthy = {
      metric: loadBalancer.targetGroup.metrics.healthyHostCount({ period: minute, statistic: Stats.MINIMUM }),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      // With no target registered there is no such metric at all (T56).
      treatMissingData: TreatMissingData.BREACHING,
    };
    const added = [
      topic.add(this, 'Healthy', {
        ...healthy,
        heading: 'Prod has no healthy instance',
        meaning: `The load balancer of ${name} has no healthy instance to send requests to.`,
        threshold: 1,
        evaluationPeriods: 3,
      }),
      topic.add(this, 'Unavailable', {
        heading: 'Prod has no healthy instance',
        meaning: `The load balancer of ${name} has answered ${alarms.errors} requests or more with status 503 within five minutes.`,
        metric: loadBalancer.balancer.metrics.httpCodeElb(HttpCodeElb.ELB_503_COUNT, { period: fiveMinutes }),
        threshold: alarms.errors,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      }),
      topic.add(this, 'TooFew', {
        ...healthy,
        heading: 'Prod has too few instances',
        meaning: `Fewer than ${size.min} instances of ${name} have been healthy for 15 minutes.`,
        threshold: size.min,
        evaluationPeriods: 15,
      }),
    ];
    for (const alarm of added) alarm.node.addDependency(fleet);
    return added;
  }
}
