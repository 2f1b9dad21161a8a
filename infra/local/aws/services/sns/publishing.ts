import { randomUUID } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import type { Host } from '../../host.ts';
import { bury } from '../shared/dead-letters.ts';
import { createDeliveries, type Deliveries } from '../shared/deliveries.ts';
import { compilePattern } from '../shared/event-pattern.ts';
import { outboxOf } from './outbox.ts';
import { filterableAttributes, parseJson, type Subscription, tablesOf } from './topics.ts';

/** One published message. */
interface Message {
  readonly id: string;
  readonly topicArn: string;
  readonly subject?: string;
  /** The text per protocol; `default` for the others. */
  readonly texts: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** In ms. */
  readonly at: number;
}

interface LambdaDelivery {
  readonly topicArn: string;
  readonly functionArn: string;
  /** The event as JSON text. */
  readonly event: string;
  /** Queue for what could not be delivered. */
  readonly deadLetterArn?: string;
}

/** Hands messages to subscribers. */
interface Publishing {
  /** Everything is in the store when this returns. */
  readonly publish: (message: Message) => void;
  readonly mail: (to: string, subject: string, text: string, topicArn: string) => void;
  readonly deliveries: Deliveries<LambdaDelivery>;
}

/** What SNS writes into a mail without a subject. */
const DEFAULT_SUBJECT = 'AWS Notification Message';

/** Creates the publishing side of SNS. */
export const createPublishing = (host: Host): Publishing => {
  const { subscriptions } = tablesOf(host);
  const outbox = outboxOf(host.store);
  const deliveries = createDeliveries<LambdaDelivery>(
    host,
    'sns',
    'sns.deliveries',
    async ({ topicArn, functionArn, event }) => {
      await host.call(
        { kind: 'service', service: 'sns.amazonaws.com', sourceArn: topicArn },
        'lambda',
        'Invoke',
        { FunctionName: functionArn, InvocationType: 'Event', Payload: new Uint8Array(Buffer.from(event)) },
      );
    },
    ({ topicArn, functionArn }) => ({ topic: topicArn, function: functionArn }),
    () => ({}),
    async ({ topicArn, event, deadLetterArn }) => {
      if (deadLetterArn === undefined) return;
      const principal = { kind: 'service', service: 'sns.amazonaws.com', sourceArn: topicArn } as const;
      await bury(host, principal, { queueArn: deadLetterArn, body: event, attributes: {} });
    },
  );

  const putMail = (to: string, subject: string, message: string, from: Message) => {
    const id = randomUUID();
    outbox.put(id, {
      id,
      to,
      subject,
      message,
      topicArn: from.topicArn,
      attributes: Object.fromEntries(
        Object.entries(from.attributes).map(([name, value]) => [name, value.StringValue ?? '']),
      ),
      at: from.at,
    });
  };

  const deliver = (subscription: Subscription, message: Message) => {
    const text = message.texts[subscription.protocol] ?? message.texts.default ?? '';
    const subject = message.subject ?? DEFAULT_SUBJECT;
    switch (subscription.protocol) {
      case 'email':
        putMail(subscription.endpoint, subject, text, message);
        break;
      case 'email-json':
        putMail(subscription.endpoint, subject, JSON.stringify(notification(message, text)), message);
        break;
      case 'lambda':
        deliveries.add(`${message.id} ${subscription.arn}`, {
          topicArn: message.topicArn,
          functionArn: subscription.endpoint,
          event: JSON.stringify(lambdaEvent(subscription, message, text)),
          ...(subscription.deadLetterArn && { deadLetterArn: subscription.deadLetterArn }),
        });
        break;
      case 'sqs':
        host.log('sns', 'A message for a queue is not delivered: queues hold dead letters only here', {
          subscription: subscription.arn,
        });
    }
  };

  return {
    deliveries,
    publish: (message) => {
      for (const subscription of subscriptions.values())
        if (
          subscription.topicArn === message.topicArn &&
          subscription.pendingToken === undefined &&
          passesFilter(subscription, message)
        )
          deliver(subscription, message);
    },
    mail: (to, subject, text, topicArn) =>
      putMail(to, subject, text, {
        id: randomUUID(),
        topicArn,
        texts: { default: text },
        attributes: {},
        at: host.clock.now(),
      }),
  };
};

const passesFilter = ({ filterPolicy, filterScope }: Subscription, message: Message): boolean => {
  // An empty policy lets everything through.
  if (!filterPolicy || Object.keys(filterPolicy).length === 0) return true;
  const subject =
    filterScope === 'MessageBody'
      ? parseJson(message.texts.default ?? '')
      : filterableAttributes(message.attributes);
  return compilePattern(filterPolicy)(subject);
};

const notification = (message: Message, text: string) => ({
  Type: 'Notification',
  MessageId: message.id,
  TopicArn: message.topicArn,
  Subject: message.subject ?? null,
  Message: text,
  Timestamp: new Date(message.at).toISOString(),
});

/** The event that a function gets from SNS; the signature's fields are there, but nothing is signed on this machine. */
const lambdaEvent = (subscription: Subscription, message: Message, text: string) => ({
  Records: [
    {
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      EventSubscriptionArn: subscription.arn,
      Sns: {
        ...notification(message, text),
        SignatureVersion: '1',
        Signature: '',
        SigningCertUrl: '',
        UnsubscribeUrl: '',
        MessageAttributes: Object.fromEntries(
          Object.entries(message.attributes).map(([name, { DataType, StringValue }]) => [
            name,
            { Type: DataType, Value: StringValue },
          ]),
        ),
      },
    },
  ],
});
