import { createHash, randomUUID } from 'node:crypto';
import { AwsError, type Host, type PolicyDocument } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';

/** A queue, as the store keeps it under its ARN. */
export interface Queue {
  readonly arn: string;
  readonly name: string;
  readonly url: string;
  /** How long a message is kept. */
  readonly retentionMs: number;
  /** How long a message that was received is hidden from others. */
  readonly visibilityMs: number;
  /** Where a message goes that was received so often and never deleted. */
  readonly redrive?: { readonly deadLetterArn: string; readonly mostReceives: number };
}

/** A message attribute in SQS's own form. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
}

/** A message, as the store keeps it under its id. */
interface QueuedMessage {
  readonly id: string;
  readonly queueArn: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly visibleAt: number;
  readonly received: number;
  /** ARN of the queue whose dead letter it is. */
  readonly movedFrom?: string;
  /** What deletes it: new with each receipt. */
  readonly receiptHandle?: string;
}

/** The tables of SQS. */
export const tablesOf = ({ store }: Host) => ({
  queues: store.table<Queue>('sqs.queues'),
  messages: store.table<QueuedMessage>('sqs.messages'),
  /** By queue ARN. */
  policies: store.table<PolicyDocument>('sqs.policies'),
});

/** The address by which SQS names a queue. */
export const queueUrl = (host: Host, name: string): string => `${host.endpointUrl}/${host.accountId}/${name}`;

/** ARN of the queue that a URL names, whether it exists or not. */
export const queueArn = (host: Host, url: string | undefined): string =>
  arnOf(host, 'sqs', url?.split('/').at(-1) || '*');

/** @throws AwsError `QueueDoesNotExist` */
export const findQueue = (host: Host, url: string | undefined): Queue => {
  const queue = tablesOf(host).queues.get(queueArn(host, url));
  if (queue) return queue;
  throw new AwsError(
    'QueueDoesNotExist',
    `The specified queue does not exist: ${url ?? 'no QueueUrl was given'}.`,
  );
};

/** SQS's limit for a message with its attributes. */
const LONGEST_MESSAGE_BYTES = 1_048_576;

/**
 * Puts a message into a queue; it is in the store when this returns.
 * @throws AwsError `InvalidParameterValue` for an empty or too long body
 */
export const send = (
  host: Host,
  queue: Queue,
  body: string | undefined,
  attributes: QueuedMessage['attributes'] = {},
  movedFrom?: string,
): { readonly id: string; readonly md5: string } => {
  if (!body) throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (Buffer.byteLength(body) > LONGEST_MESSAGE_BYTES)
    throw new AwsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${LONGEST_MESSAGE_BYTES} bytes.`,
    );
  const now = host.clock.now();
  const id = randomUUID();
  tablesOf(host).messages.put(id, {
    id,
    queueArn: queue.arn,
    body,
    attributes,
    sentAt: now,
    visibleAt: now,
    received: 0,
    ...(movedFrom !== undefined && { movedFrom }),
  });
  return { id, md5: md5Of(body) };
};

/** What a queue holds, oldest first; what was kept for too long is dropped. */
export const messagesOf = (host: Host, queue: Queue): readonly QueuedMessage[] => {
  const { messages } = tablesOf(host);
  const own = messages.values().filter(({ queueArn: arn }) => arn === queue.arn);
  const [kept, expired] = [
    own.filter(({ sentAt }) => sentAt + queue.retentionMs > host.clock.now()),
    own.filter(({ sentAt }) => sentAt + queue.retentionMs <= host.clock.now()),
  ];
  for (const { id } of expired) messages.delete(id);
  return [...kept].sort((a, b) => a.sentAt - b.sentAt);
};

/** Whether a message becomes a dead letter instead of being received once more. */
const buryIfReceivedTooOften = (host: Host, queue: Queue, message: QueuedMessage): boolean => {
  const { redrive } = queue;
  const deadLetters = redrive && tablesOf(host).queues.get(redrive.deadLetterArn);
  if (redrive === undefined || deadLetters === undefined || message.received < redrive.mostReceives)
    return false;
  send(host, deadLetters, message.body, message.attributes, queue.arn);
  tablesOf(host).messages.delete(message.id);
  return true;
};

/** Hands out what is visible, and hides it for the queue's visibility timeout. */
export const receive = (host: Host, queue: Queue, most: number): readonly QueuedMessage[] => {
  const now = host.clock.now();
  return messagesOf(host, queue)
    .filter(({ visibleAt }) => visibleAt <= now)
    .filter((message) => !buryIfReceivedTooOften(host, queue, message))
    .slice(0, most)
    .map((message) => {
      const next = {
        ...message,
        visibleAt: now + queue.visibilityMs,
        received: message.received + 1,
        receiptHandle: randomUUID(),
      };
      tablesOf(host).messages.put(message.id, next);
      return next;
    });
};

/** SQS answers with the body's MD5, which its clients check. */
export const md5Of = (text: string): string => createHash('md5').update(text).digest('hex');
