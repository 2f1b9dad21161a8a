import type { Access, Host, Operation, Service } from '../../host.ts';
import { AwsError } from '../../host.ts';
import { metricsOf } from '../shared/metrics.ts';
import { moveOperations } from './message-moves.ts';
import {
  findQueue,
  type MessageAttribute,
  md5Of,
  messagesOf,
  type Queue,
  queueArn,
  receive,
  send,
  tablesOf,
} from './queues.ts';
import { createSqsResources } from './resources.ts';

interface QueueRequest {
  readonly QueueUrl?: string;
}
interface SendMessageRequest extends QueueRequest {
  readonly MessageBody?: string;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}
interface ReceiveMessageRequest extends QueueRequest {
  readonly MaxNumberOfMessages?: number;
}
interface GetQueueAttributesRequest extends QueueRequest {
  readonly AttributeNames?: readonly string[];
}
interface DeleteMessageRequest extends QueueRequest {
  readonly ReceiptHandle?: string;
}
interface GetQueueUrlRequest {
  readonly QueueName?: string;
}

/** SQS hands out at most ten messages at a time. */
const MOST_MESSAGES = 10;

/** Amazon SQS, as far as dead letters need it: standard queues, no long polling. */
export const createSqsService = (host: Host): Service => {
  metricsOf(host).gauge(queueLengths(host));
  const onQueue =
    (action: string) =>
    ({ QueueUrl }: QueueRequest): Access => ({
      action: `sqs:${action}`,
      resource: queueArn(host, QueueUrl),
    });

  const sendMessage: Operation<SendMessageRequest> = {
    requires: onQueue('SendMessage'),
    run: ({ QueueUrl, MessageBody, MessageAttributes }) => {
      const { id, md5 } = send(host, findQueue(host, QueueUrl), MessageBody, MessageAttributes);
      return { MessageId: id, MD5OfMessageBody: md5 };
    },
  };
  const receiveMessage: Operation<ReceiveMessageRequest> = {
    requires: onQueue('ReceiveMessage'),
    run: ({ QueueUrl, MaxNumberOfMessages = 1 }) => {
      if (MaxNumberOfMessages < 1 || MaxNumberOfMessages > MOST_MESSAGES)
        throw new AwsError(
          'InvalidParameterValue',
          `Value ${MaxNumberOfMessages} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
        );
      return {
        Messages: receive(host, findQueue(host, QueueUrl), MaxNumberOfMessages).map((message) => ({
          MessageId: message.id,
          ReceiptHandle: message.receiptHandle,
          Body: message.body,
          MD5OfBody: md5Of(message.body),
          MessageAttributes: message.attributes,
          Attributes: {
            SentTimestamp: String(message.sentAt),
            ApproximateReceiveCount: String(message.received),
          },
        })),
      };
    },
  };
  const deleteMessage: Operation<DeleteMessageRequest> = {
    requires: onQueue('DeleteMessage'),
    run: ({ QueueUrl, ReceiptHandle }) => {
      const found = messagesOf(host, findQueue(host, QueueUrl)).find(
        ({ receiptHandle }) => receiptHandle !== undefined && receiptHandle === ReceiptHandle,
      );
      // One that was deleted already, or received again since, is no error.
      if (found) tablesOf(host).messages.delete(found.id);
      return {};
    },
  };
  const getQueueAttributes: Operation<GetQueueAttributesRequest> = {
    requires: onQueue('GetQueueAttributes'),
    // Only those that are named are given (SQS, GetQueueAttributes).
    run: ({ QueueUrl, AttributeNames = [] }) => ({
      Attributes: Object.fromEntries(
        Object.entries(attributesOf(host, findQueue(host, QueueUrl))).filter(
          ([name]) => AttributeNames.includes(name) || AttributeNames.includes('All'),
        ),
      ),
    }),
  };
  const getQueueUrl: Operation<GetQueueUrlRequest> = {
    requires: ({ QueueName }) => ({ action: 'sqs:GetQueueUrl', resource: queueArn(host, QueueName) }),
    run: ({ QueueName }) => ({ QueueUrl: findQueue(host, QueueName).url }),
  };

  return {
    name: 'sqs',
    wire: 'json',
    operations: {
      SendMessage: sendMessage,
      ReceiveMessage: receiveMessage,
      DeleteMessage: deleteMessage,
      GetQueueAttributes: getQueueAttributes,
      GetQueueUrl: getQueueUrl,
      ...moveOperations(host),
    },
    resources: createSqsResources(host),
    resourcePolicy: (arn) => tablesOf(host).policies.get(arn),
  };
};

/** Publishes how many messages wait in each queue that has, or has had, any: SQS measures queues that are in use. */
const queueLengths = (host: Host) => {
  const inUse = new Set<string>();
  return () => {
    for (const queue of tablesOf(host).queues.values()) {
      const now = host.clock.now();
      const visible = messagesOf(host, queue).filter(({ visibleAt }) => visibleAt <= now).length;
      if (visible > 0) inUse.add(queue.arn);
      if (!inUse.has(queue.arn)) continue;
      const dimensions = { QueueName: queue.name };
      metricsOf(host).add(
        { namespace: 'AWS/SQS', name: 'ApproximateNumberOfMessagesVisible', dimensions },
        visible,
      );
    }
  };
};

/** SQS gives every attribute as text. */
const attributesOf = (host: Host, queue: Queue): Readonly<Record<string, string>> => {
  const messages = messagesOf(host, queue);
  const visible = messages.filter(({ visibleAt }) => visibleAt <= host.clock.now()).length;
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(messages.length - visible),
    MessageRetentionPeriod: String(queue.retentionMs / 1000),
    VisibilityTimeout: String(queue.visibilityMs / 1000),
  };
};
