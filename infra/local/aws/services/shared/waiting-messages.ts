import type { Host } from '../../host.ts';

/** The part of a queued message that says whether it can be received. */
interface Waiting {
  readonly queueArn: string;
  /** Milliseconds since the epoch. */
  readonly visibleAt: number;
}

/** Whether a queue has something to receive. Asking SQS again and again would be written down each time, as every call is. */
export const hasWaitingMessages = (host: Host, queueArn: string): boolean =>
  host.store
    .table<Waiting>('sqs.messages')
    .values()
    .some((message) => message.queueArn === queueArn && message.visibleAt <= host.clock.now());
