import type { EventDetail } from '../events/promotion-event.ts';

/** Where events are told; as the configuration has it, in the message of each event. */
export type Notification =
  /** A signed request. The secret holds the key that signs. */
  | { readonly to: 'webhook'; readonly url: string; readonly secretArn: string }
  /** A card by an incoming webhook. The secret holds its URL. */
  | { readonly to: 'slack' | 'teams'; readonly secretArn: string }
  /** A custom notification of Amazon Q Developer in chat applications. */
  | { readonly to: 'amazonQ'; readonly topicArn: string };

/** An event of Lockstep's bus, as far as it is told. */
export interface ToldEvent {
  readonly 'detail-type': string;
  readonly resources: readonly string[];
  readonly detail: EventDetail;
}

/** What a rule puts into the queue. */
export interface QueuedNotification {
  readonly notification: Notification;
  readonly event: ToldEvent;
}

/** A notification that trying again would not deliver: it goes to the dead letters. The message says what to do. */
export class UndeliverableError extends Error {
  override readonly name = 'Undeliverable';
}

/** A notification that could not be delivered now: the queue hands it over again. */
export class NotDeliveredError extends Error {
  override readonly name = 'NotDelivered';
}
