import type { Member, Shape, Structure } from './shapes.ts';

/*
 * No client of SQS is installed, so the inputs of its operations are written out here, as
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html has them.
 */

const slotOf = (shape: Shape) => ({
  shape,
  xmlName: undefined,
  ec2QueryName: undefined,
  isFlattened: false,
  isAttribute: false,
});

const member = (name: string, shape: Shape, isRequired = false): Member => ({
  name,
  isRequired,
  isStreaming: false,
  http: undefined,
  ...slotOf(shape),
});

const structure = (name: string, members: readonly Member[]): Structure => ({
  kind: 'structure',
  name,
  xmlName: undefined,
  members,
});

const text: Shape = { kind: 'string' };
const queueUrl = member('QueueUrl', text, true);
const attribute = structure('MessageAttributeValue', [
  member('DataType', text, true),
  member('StringValue', text),
  member('BinaryValue', { kind: 'blob' }),
]);

/** The inputs of SQS's operations, as far as services here know them. */
export const sqsInputs: Readonly<Record<string, Structure>> = {
  SendMessage: structure('SendMessageRequest', [
    queueUrl,
    member('MessageBody', text, true),
    member('MessageAttributes', { kind: 'map', key: slotOf(text), value: slotOf(attribute) }),
  ]),
  ReceiveMessage: structure('ReceiveMessageRequest', [
    queueUrl,
    member('MaxNumberOfMessages', { kind: 'number' }),
  ]),
  DeleteMessage: structure('DeleteMessageRequest', [queueUrl, member('ReceiptHandle', text, true)]),
  GetQueueAttributes: structure('GetQueueAttributesRequest', [
    queueUrl,
    member('AttributeNames', { kind: 'list', item: slotOf(text) }),
  ]),
  StartMessageMoveTask: structure('StartMessageMoveTaskRequest', [
    member('SourceArn', text, true),
    member('DestinationArn', text),
    member('MaxNumberOfMessagesPerSecond', { kind: 'number' }),
  ]),
  ListMessageMoveTasks: structure('ListMessageMoveTasksRequest', [
    member('SourceArn', text, true),
    member('MaxResults', { kind: 'number' }),
  ]),
  GetQueueUrl: structure('GetQueueUrlRequest', [member('QueueName', text, true)]),
};
