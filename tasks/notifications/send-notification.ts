import { amazonQNotification, slackMessage, teamsMessage } from './chat-messages.ts';
import { type QueuedNotification, UndeliverableError } from './notification.ts';
import type { Post } from './post.ts';
import { webhookRequest } from './sign-webhook.ts';

/** What sending needs. */
interface Sending {
  readonly post: Post;
  /** The text of a secret, as it is now. */
  readonly readSecret: (arn: string) => Promise<string>;
  readonly publish: (topicArn: string, message: string) => Promise<void>;
  readonly now: () => Date;
}

/** Tells one event at one place. @throws UndeliverableError, and anything that may pass by itself */
export const sendNotification =
  ({ post, readSecret, publish, now }: Sending) =>
  async ({ notification, event }: QueuedNotification): Promise<void> => {
    switch (notification.to) {
      case 'webhook': {
        const secret = await readSecret(notification.secretArn);
        return post(notification.url, webhookRequest(event, secret, now().getTime()));
      }
      case 'slack':
      case 'teams': {
        const message = notification.to === 'slack' ? slackMessage(event) : teamsMessage(event);
        const url = (await readSecret(notification.secretArn)).trim();
        return post(url, { headers: {}, body: JSON.stringify(message) });
      }
      case 'amazonQ':
        return publish(notification.topicArn, JSON.stringify(amazonQNotification(event)));
    }
  };

/** A message of the queue, as Lambda hands it over. */
export interface QueueEvent {
  readonly Records: readonly { readonly body: string }[];
}

/**
 * Sends what a queue holds, one message at a time. What fails and may pass is received again; the rest goes to the dead letters.
 * @param bury keeps a message with the reason
 */
export const sendQueued =
  (
    send: (queued: QueuedNotification) => Promise<void>,
    bury: (body: string, reason: string) => Promise<void>,
  ) =>
  async ({ Records }: QueueEvent): Promise<void> => {
    for (const { body } of Records)
      try {
        await send(JSON.parse(body) as QueuedNotification);
      } catch (error) {
        if (!(error instanceof UndeliverableError)) throw error;
        await bury(body, error.message);
      }
  };
