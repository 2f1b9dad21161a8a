import { randomUUID } from 'node:crypto';
import { type Access, AwsError, type Host, type Operation } from '../../host.ts';
import { messagesOf, type Queue, send, tablesOf } from './queues.ts';

interface StartRequest {
  readonly SourceArn?: string;
  readonly DestinationArn?: string;
}
interface ListRequest {
  readonly SourceArn?: string;
  readonly MaxResults?: number;
}

/** A task that has ended: all messages are moved while it is asked for. */
interface MoveTask {
  readonly sourceArn: string;
  readonly destinationArn?: string | undefined;
  readonly handle: string;
  readonly status: 'COMPLETED' | 'FAILED';
  readonly moved: number;
  readonly found: number;
  readonly failure?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

const tasksOf = ({ store }: Host) => store.table<MoveTask>('sqs.moveTasks');

const findByArn = (host: Host, arn: string | undefined): Queue => {
  const queue = tablesOf(host).queues.get(arn ?? '');
  if (queue) return queue;
  throw new AwsError(
    'ResourceNotFoundException',
    `The resource that you specified for ${arn} doesn't exist.`,
  );
};

/** SQS moves only out of a dead-letter queue of another queue; that functions and topics write there, too, is no matter. */
const requireDeadLetterQueue = (host: Host, { arn }: Queue): void => {
  const isOne = tablesOf(host)
    .queues.values()
    .some(({ redrive }) => redrive?.deadLetterArn === arn);
  if (!isOne)
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${arn} for parameter SourceArn is invalid. Reason: Source queue must be configured as a Dead Letter Queue.`,
    );
};

/**
 * Moving messages out of dead-letter queues. The caller needs what SQS does in their name: to receive and delete at the source, and
 * to send to the destination.
 */
export const moveOperations = (host: Host): Readonly<Record<string, Operation>> => {
  const start: Operation<StartRequest> = {
    requires: ({ SourceArn = '*', DestinationArn }): Access[] => [
      ...['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((action) => ({
        action: `sqs:${action}`,
        resource: SourceArn,
      })),
      ...(DestinationArn === undefined ? [] : [{ action: 'sqs:SendMessage', resource: DestinationArn }]),
    ],
    run: ({ SourceArn, DestinationArn }) => {
      const source = findByArn(host, SourceArn);
      requireDeadLetterQueue(host, source);
      const destination = DestinationArn === undefined ? undefined : findByArn(host, DestinationArn);
      const messages = messagesOf(host, source);
      let moved = 0;
      let failure: string | undefined;
      for (const { id, body, attributes, movedFrom } of messages) {
        const to =
          destination ?? (movedFrom === undefined ? undefined : tablesOf(host).queues.get(movedFrom));
        if (to === undefined) {
          failure = 'CouldNotDetermineMessageSource';
          break;
        }
        send(host, to, body, attributes);
        tablesOf(host).messages.delete(id);
        moved++;
      }
      const handle = randomUUID();
      tasksOf(host).put(handle, {
        sourceArn: source.arn,
        destinationArn: DestinationArn,
        handle,
        status: failure === undefined ? 'COMPLETED' : 'FAILED',
        moved,
        found: messages.length,
        ...(failure !== undefined && { failure }),
        startedAt: host.clock.now(),
      });
      return { TaskHandle: handle };
    },
  };
  const list: Operation<ListRequest> = {
    requires: ({ SourceArn = '*' }) => ({ action: 'sqs:ListMessageMoveTasks', resource: SourceArn }),
    run: ({ SourceArn, MaxResults = 1 }) => {
      const source = findByArn(host, SourceArn);
      const tasks = tasksOf(host)
        .values()
        .filter(({ sourceArn }) => sourceArn === source.arn)
        .sort((a, b) => b.startedAt - a.startedAt);
      return {
        Results: tasks.slice(0, MaxResults).map((task) => ({
          Status: task.status,
          SourceArn: task.sourceArn,
          ...(task.destinationArn !== undefined && { DestinationArn: task.destinationArn }),
          ApproximateNumberOfMessagesMoved: task.moved,
          ApproximateNumberOfMessagesToMove: task.found,
          ...(task.failure !== undefined && { FailureReason: task.failure }),
          StartedTimestamp: task.startedAt,
        })),
      };
    },
  };
  return { StartMessageMoveTask: start, ListMessageMoveTasks: list };
};
