import { z } from 'zod';
import { detailTypes, toldByDefault } from '../../tasks/events/event-types.ts';
import type { Notification } from '../../tasks/notifications/notification.ts';
import * as values from './values.ts';

const notification = z
  .strictObject({
    webhook: z
      .strictObject({
        url: values.webhookUrl.describe('Where each event is posted.'),
        secretArn: values.secretArn.describe(
          'A secret with the key that signs: `whsec_` and the base64 of 24 to 64 random bytes.',
        ),
      })
      .optional()
      .describe('A signed request, as Standard Webhooks has it.'),
    slack: z
      .strictObject({ secretArn: values.secretArn.describe("A secret with the incoming webhook's URL.") })
      .optional()
      .describe('A card in Slack, by an incoming webhook.'),
    teams: z
      .strictObject({
        secretArn: values.secretArn.describe("A secret with the webhook's or workflow's URL."),
      })
      .optional()
      .describe('A card in Microsoft Teams, by a workflow or an incoming webhook.'),
    amazonQ: z
      .strictObject({ topicArn: values.topicArn.describe('The topic that the channel is subscribed to.') })
      .optional()
      .describe('A custom notification of Amazon Q Developer in chat applications.'),
    events: z.array(z.enum(detailTypes)).min(1).readonly().optional().meta({
      description: 'Which events, by their detail-type (see [events.md](events.md)).',
      fallback: 'those that [events.md](events.md) marks: requests, decisions, deployments, ends',
    }),
  })
  .refine(({ events: _, ...targets }) => Object.values(targets).filter(Boolean).length === 1);

/** Where events are told. EventBridge allows 300 rules on a bus, and each place is one. */
export const notifications = z.array(notification).max(20).readonly();

/** A place where events are told, and which. */
export interface NotificationConfig {
  readonly notification: Notification;
  /** Values of detail-type. */
  readonly events: readonly string[];
}

/** Notifications as written, in the form in which they are sent. */
export const notificationsOf = (written: z.output<typeof notifications>): readonly NotificationConfig[] =>
  written.map(({ events = toldByDefault, webhook, slack, teams, amazonQ }) => ({
    events,
    notification: toldTo(webhook, slack, teams, amazonQ),
  }));

type Written = z.output<typeof notification>;

function toldTo(
  webhook: Written['webhook'],
  slack: Written['slack'],
  teams: Written['teams'],
  amazonQ: Written['amazonQ'],
): Notification {
  if (webhook) return { to: 'webhook', ...webhook };
  if (slack) return { to: 'slack', ...slack };
  if (teams) return { to: 'teams', ...teams };
  if (amazonQ) return { to: 'amazonQ', ...amazonQ };
  throw new TypeError('a notification has a place: the schema requires one');
}
