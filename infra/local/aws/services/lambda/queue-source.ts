import { randomUUID } from 'node:crypto';
import { hasWaitingMessages } from '../shared/waiting-messages.ts';
import { executionPrincipal } from './environment.ts';
import { type EventSourceMapping, failedItems, type SourceContext } from './source-context.ts';

interface Received {
  readonly Messages: readonly {
    readonly MessageId: string;
    readonly ReceiptHandle: string;
    readonly Body: string;
    readonly MD5OfBody: string;
    readonly Attributes: Readonly<Record<string, string>>;
    readonly MessageAttributes: Readonly<Record<string, unknown>>;
  }[];
}

/** Hands a queue's messages to a function, and deletes those that it has accepted. Others are received again later. */
export const deliverMessages = async (
  { host, invoker, record, isStopped }: SourceContext,
  { sourceArn, batchSize, reportsFailures }: EventSourceMapping,
): Promise<void> => {
  if (!hasWaitingMessages(host, sourceArn)) return;
  // The role of the function reads the queue (Lambda's developer guide).
  const principal = executionPrincipal(host, record);
  const QueueUrl = `${host.endpointUrl}/${host.accountId}/${sourceArn.split(':').at(-1)}`;
  const { Messages } = await host.call<Received>(principal, 'sqs', 'ReceiveMessage', {
    QueueUrl,
    MaxNumberOfMessages: batchSize,
  });
  if (Messages.length === 0) return;
  const Records = Messages.map((message) => ({
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes,
    messageAttributes: message.MessageAttributes,
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: sourceArn,
    awsRegion: host.region,
  }));
  const payload = JSON.stringify({ Records });
  const result = await invoker.invoke(record, { requestId: randomUUID(), payload });
  if (isStopped()) return;
  const failed = failedItems(
    result,
    Records.map(({ messageId }) => messageId),
    reportsFailures,
  );
  for (const { ReceiptHandle, MessageId } of Messages)
    if (!failed.includes(MessageId))
      await host.call(principal, 'sqs', 'DeleteMessage', { QueueUrl, ReceiptHandle });
};
