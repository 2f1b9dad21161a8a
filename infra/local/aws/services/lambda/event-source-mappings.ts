import { randomUUID } from 'node:crypto';
import { readProperties } from '../../assembly/properties.ts';
import type { Host, ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { stableUuid } from '../shared/ids.ts';
import { hasWaitingMessages } from '../shared/waiting-messages.ts';
import { executionPrincipal } from './environment.ts';
import { findFunction, functionTable } from './functions.ts';
import type { Invoker } from './invoker.ts';

/** A queue whose messages a function gets, as the store keeps it under its id. */
interface EventSourceMapping {
  readonly id: string;
  readonly queueArn: string;
  readonly functionName: string;
  readonly batchSize: number;
}

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

/** How often queues are looked at. */
const POLL_MS = 500;
/** Lambda's default for queues. */
const DEFAULT_BATCH = 10;

const mappingsOf = ({ store }: Host) => store.table<EventSourceMapping>('lambda.eventSourceMappings');

/** The CloudFormation type, for queues. */
export const eventSourceMappingProvider = (host: Host): ResourceProvider => {
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::Lambda::EventSourceMapping', context, properties);
    read.only('BatchSize', 'EventSourceArn', 'FunctionName', 'Tags');
    const queueArn = read.string('EventSourceArn');
    if (!queueArn.includes(':sqs:')) throw read.error('EventSourceArn', 'must be the ARN of a queue of SQS');
    const id = stableUuid('lambda', context.stackName, context.logicalId);
    mappingsOf(host).put(id, {
      id,
      queueArn,
      functionName: findFunction(host, read.string('FunctionName')).name,
      batchSize: read.optionalNumber('BatchSize') ?? DEFAULT_BATCH,
    });
    const arn = arnOf(host, 'lambda', `event-source-mapping:${id}`);
    return { physicalId: id, attributes: { Id: id, EventSourceMappingArn: arn } };
  };
  return { create: put, update: put, delete: ({ physicalId }) => mappingsOf(host).delete(physicalId) };
};

/** Hands messages to functions, and deletes those that a function has accepted. Others are received again later. */
export const createEventSources = (host: Host, invoker: Invoker) => {
  let cancel: (() => void) | undefined;
  let reading = Promise.resolve();
  let isStopped = false;

  const deliver = async ({ queueArn, functionName, batchSize }: EventSourceMapping): Promise<void> => {
    const record = functionTable(host).get(functionName);
    if (!record || !hasWaitingMessages(host, queueArn)) return;
    // The role of the function reads the queue (Lambda's developer guide).
    const principal = executionPrincipal(host, record);
    const QueueUrl = `${host.endpointUrl}/${host.accountId}/${queueArn.split(':').at(-1)}`;
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
      eventSourceARN: queueArn,
      awsRegion: host.region,
    }));
    const payload = JSON.stringify({ Records });
    const { isError } = await invoker.invoke(record, { requestId: randomUUID(), payload });
    if (isError || isStopped) return;
    for (const { ReceiptHandle } of Messages)
      await host.call(principal, 'sqs', 'DeleteMessage', { QueueUrl, ReceiptHandle });
  };

  const deliverAll = async (): Promise<void> => {
    for (const mapping of mappingsOf(host).values())
      try {
        if (!isStopped) await deliver(mapping);
      } catch (error) {
        if (!isStopped)
          host.log('lambda', `Messages for ${mapping.functionName} could not be handed over`, {
            queueArn: mapping.queueArn,
            error: String(error),
          });
      }
  };

  const poll = (): void => {
    if (isStopped) return;
    cancel = host.clock.at(host.clock.now() + POLL_MS, () => {
      reading = reading.then(deliverAll).then(poll);
    });
  };

  return {
    start: () => {
      isStopped = false;
      poll();
    },
    stop: () => {
      isStopped = true;
      cancel?.();
    },
  };
};
