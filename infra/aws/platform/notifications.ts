import { createHash } from 'node:crypto';
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type EventBus, EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVENT_SOURCE } from '../../../tasks/events/event-types.ts';
import type { Notification } from '../../../tasks/notifications/notification.ts';
import type { ApplicationConfig, NotificationConfig } from '../../config.ts';
import { LockstepFunction } from '../lockstep-function.ts';
import type { AlarmsTopic } from '../operations/alarms-topic.ts';
import { createDeadLetterQueue } from '../operations/dead-letter-queue.ts';

interface NotificationsProps {
  readonly bundles: string;
  readonly bus: EventBus;
  readonly alarms: AlarmsTopic;
  readonly applications: readonly ApplicationConfig[];
}

const TIMEOUT = Duration.seconds(30);
/** Six times the function's timeout, as AWS asks for; a failed notification is tried again after it. */
const VISIBILITY = Duration.minutes(3);
/** An hour of attempts. */
const MOST_ATTEMPTS = 20;
/** EventBridge's own limits, of which a rule without a policy says nothing. */
const RULE_RETRIES = { retryAttempts: 185, maxEventAge: Duration.hours(24) };

/** A place with the applications that are told there. */
interface Place extends NotificationConfig {
  readonly applications: readonly string[];
}

/** Each place once, with every application that names it with the same events. */
const placesOf = (applications: readonly ApplicationConfig[]): readonly Place[] => {
  const places = new Map<string, Place>();
  for (const { name, notifications } of applications)
    for (const one of notifications) {
      const key = JSON.stringify(one);
      const known = places.get(key)?.applications ?? [];
      places.set(key, { ...one, applications: [...new Set([...known, name])] });
    }
  return [...places.values()];
};

/** Tells events at webhooks and in chats: a rule for each place, a queue that tries again for an hour, and a function that sends. */
export class Notifications extends Construct {
  constructor(scope: Construct, id: string, { bundles, bus, alarms, applications }: NotificationsProps) {
    super(scope, id);
    const places = placesOf(applications);
    const deadLetters = createDeadLetterQueue(this, 'DeadLetters');
    const send = new LockstepFunction(this, 'Send', {
      name: 'send-notification',
      bundles,
      description: 'Tells events at webhooks and in chats',
      deadLetters,
      environment: { DEAD_LETTERS_URL: deadLetters.queueUrl },
      timeout: TIMEOUT,
    });
    const queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: MOST_ATTEMPTS },
    });
    send.allow(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], [queue.queueArn]);
    const told = places.map(({ notification }) => notification);
    const secrets = unique(told.flatMap((one) => ('secretArn' in one ? [one.secretArn] : [])));
    if (secrets.length > 0) send.allow(['secretsmanager:GetSecretValue'], secrets);
    const topics = unique(told.flatMap((one) => (one.to === 'amazonQ' ? [one.topicArn] : [])));
    if (topics.length > 0) send.allow(['sns:Publish'], topics);
    const source = new EventSourceMapping(this, 'Source', {
      target: send.function,
      eventSourceArn: queue.queueArn,
      batchSize: 1,
    });
    // Lambda checks what the role may do when the mapping is made.
    source.node.addDependency(send.role);

    for (const { notification, events, applications: names } of places)
      new Rule(this, `To${idOf(notification, events)}`, {
        eventBus: bus,
        description: `Events of ${names.join(', ')} that are told by ${notification.to}`.slice(0, 512),
        eventPattern: {
          source: [EVENT_SOURCE],
          detailType: [...events],
          detail: { application: [...names] },
        },
        targets: [
          new SqsQueue(queue, {
            ...RULE_RETRIES,
            deadLetterQueue: deadLetters,
            message: RuleTargetInput.fromObject({ notification, event: EventField.fromPath('$') }),
          }),
        ],
      });
    alarms.add(this, 'DeadLettersAlarm', {
      heading: 'A notification was given up',
      meaning: 'A webhook or chat did not take a notification.',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    });
  }
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

/** The same for the same place in any order of the configuration, so that a rule is not replaced without need. */
const idOf = (notification: Notification, events: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([notification, events]))
    .digest('hex')
    .slice(0, 12);
