import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { deadLettersOf, LockstepFunction } from '../lockstep-function.ts';
import { EVENT_BUS_NAME } from '../names.ts';
import type { AlarmsTopic } from '../operations/alarms-topic.ts';
import { awaitPermissions } from '../permissions.ts';
import type { Ledger } from './ledger.ts';

interface PromotionEventsProps {
  readonly bundles: string;
  readonly ledger: Ledger;
  readonly alarms: AlarmsTopic;
  readonly siteUrl: string;
}

/** The most events that one request to EventBridge holds. */
const BATCH = 10;
/** About an hour: what EventBridge does not take by then waits for an administrator, and later entries go on. */
const MOST_RETRIES = 60;

/**
 * Each change of a promotion as an event on a bus of its own: the ledger's stream wakes a function with each entry of evidence, in order and
 * at least once.
 */
export class PromotionEvents extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, { bundles, ledger, alarms, siteUrl }: PromotionEventsProps) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: EVENT_BUS_NAME,
      description: 'Each change of a promotion of Lockstep',
    });
    const publish = new LockstepFunction(this, 'Publish', {
      name: 'publish-events',
      bundles,
      isAsynchronous: true,
      description: 'Puts each change of a promotion on the event bus',
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        SITE_URL: siteUrl,
        EVENT_BUS_NAME,
      },
    })
      .allow(['events:PutEvents'], [this.bus.eventBusArn])
      .allow(
        ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        [ledger.streamArn],
      )
      .allowWithoutResource('dynamodb:ListStreams');
    ledger.allow(publish, 'all', 'GetItem', 'Query');
    const givenUp = deadLettersOf(publish);
    const source = new CfnEventSourceMapping(this, 'Source', {
      functionName: publish.function.functionArn,
      eventSourceArn: ledger.streamArn,
      startingPosition: 'TRIM_HORIZON',
      batchSize: BATCH,
      filterCriteria: { filters: [{ pattern: JSON.stringify(ADDED_ENTRIES) }] },
      functionResponseTypes: ['ReportBatchItemFailures'],
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: MOST_RETRIES,
      // As long as the stream keeps them.
      maximumRecordAgeInSeconds: Duration.days(1).toSeconds(),
      destinationConfig: { onFailure: { destination: givenUp.queueArn } },
    });
    // Lambda checks what the role may do when the mapping is made.
    awaitPermissions(source, publish.role);
    alarms.add(this, 'GivenUpAlarm', {
      heading: 'Events are not published',
      meaning: 'Changes of promotions could not be put on the event bus.',
      metric: givenUp.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    });
  }
}

/** Of all that is written to the ledger, entries of evidence that are added. */
const ADDED_ENTRIES = {
  eventName: ['INSERT'],
  dynamodb: { Keys: { sk: { S: [{ prefix: 'EVIDENCE#' }] } } },
};
