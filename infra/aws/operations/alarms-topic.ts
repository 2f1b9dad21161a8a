import { PhysicalName, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, type Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { encryptedTopic, PUBLISH_KEY_ACTIONS } from '../encrypted-topic.ts';
import { type RunbookHeading, runbookLink } from './runbook-link.ts';

interface AlarmProps {
  readonly heading: RunbookHeading;
  /** What the alarm means: a sentence. */
  readonly meaning: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly comparisonOperator: ComparisonOperator;
  /** Periods of the metric in a row. @default 1 */
  readonly evaluationPeriods?: number;
  /** How many of these must be breaching. @default all */
  readonly datapointsToAlarm?: number;
  /** @default no data is good news */
  readonly treatMissingData?: TreatMissingData;
}

/**
 * Where alarms go: mail to all operators. The promotions topic cannot serve: its subscriptions filter by attributes, and CloudWatch
 * sends none (D-038).
 */
export class AlarmsTopic extends Construct {
  readonly topic: Topic;
  private readonly action: IAlarmAction;

  constructor(scope: Construct, id: string, { key, operators }: { key: Key; operators: readonly string[] }) {
    super(scope, id);
    this.topic = encryptedTopic(this, 'Topic', 'Lockstep alarms', key);
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    const stack = Stack.of(this);
    const conditions = {
      StringEquals: { 'aws:SourceAccount': stack.account },
      ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'cloudwatch', resource: 'alarm:*' }) },
    };
    const allow = (actions: readonly string[], resources: string[]) =>
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [cloudWatch],
        actions: [...actions],
        resources,
        conditions,
      });
    key.addToResourcePolicy(allow(PUBLISH_KEY_ACTIONS, ['*']));
    this.topic.addToResourcePolicy(allow(['sns:Publish'], [this.topic.topicArn]));
    for (const address of operators)
      new CfnSubscription(this, `To ${address}`, {
        topicArn: this.topic.topicArn,
        protocol: 'email',
        endpoint: address,
      });
    this.action = new SnsAction(this.topic);
  }

  /** An alarm that mails operators when it goes on and off. */
  add(scope: Construct, id: string, { heading, meaning, ...props }: AlarmProps): Alarm {
    const alarm = new Alarm(scope, id, {
      // Looked at from Lockstep's account, if it is in another.
      alarmName: PhysicalName.GENERATE_IF_NEEDED,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
      alarmDescription: `${meaning} See ${runbookLink(heading)}`,
    });
    alarm.addAlarmAction(this.action);
    alarm.addOkAction(this.action);
    return alarm;
  }
}
