import { type Card, cardOf } from './card.ts';
import type { ToldEvent } from './notification.ts';

const LINK_TITLE = 'Open the promotion';

/** Slack reads mentions, channels and links between `<` and `>`, in any text. */
const withoutBrackets = (text: string): string => text.replaceAll('<', '‹').replaceAll('>', '›');

/** Slack's own escapes for its markup. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const plainText = (text: string) => ({ type: 'plain_text', text: withoutBrackets(text), emoji: false });

/**
 * A message for an incoming webhook of Slack, in Block Kit. What people wrote stands in plain text, which has no markup.
 * @see https://docs.slack.dev/reference/block-kit/blocks
 */
export function slackMessage(event: ToldEvent): object {
  const { title, facts, url } = cardOf(event);
  return {
    // For notifications on a phone, where blocks are not shown.
    text: escaped(withoutBrackets(title)),
    blocks: [
      { type: 'header', text: plainText(title) },
      { type: 'section', fields: facts.map(({ label, value }) => plainText(`${label}\n${value}`)) },
      // The only markup, and nothing in it that somebody wrote.
      { type: 'context', elements: [{ type: 'mrkdwn', text: `<${escaped(url)}|${LINK_TITLE}>` }] },
    ],
  };
}

/** Text runs have no markup, unlike text blocks and facts. */
const richText = (...inlines: readonly object[]) => ({ type: 'RichTextBlock', inlines });
const run = (text: string, style: object = {}) => ({ type: 'TextRun', text, ...style });

/**
 * A message for an incoming webhook or workflow of Microsoft Teams: an Adaptive Card.
 * @see https://adaptivecards.io/explorer/RichTextBlock.html
 */
export function teamsMessage(event: ToldEvent): object {
  const { title, facts, url } = cardOf(event);
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            richText(run(title, { size: 'Large', weight: 'Bolder' })),
            ...facts.map(({ label, value }) => richText(run(`${label}: `, { weight: 'Bolder' }), run(value))),
          ],
          actions: [{ type: 'Action.OpenUrl', title: LINK_TITLE, url }],
        },
      },
    ],
  };
}

/** Characters that either chat takes for markup or a mention, which cannot be escaped for both: replaced by their wide forms. */
const MARKUP = /[*_~`[\]|@#\\]/g;
const WIDE = 0xfee0;
const withoutMarkup = (text: string): string =>
  withoutBrackets(text).replace(MARKUP, (character) =>
    String.fromCodePoint((character.codePointAt(0) ?? 0) + WIDE),
  );

/**
 * A custom notification of Amazon Q Developer in chat applications, which it shows in Slack or Teams. Those of one promotion are one thread.
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export function amazonQNotification(event: ToldEvent): object {
  const { detail, resources, 'detail-type': eventType } = event;
  const { title, facts, url }: Card = cardOf(event);
  return {
    version: '1.0',
    source: 'custom',
    id: detail.id,
    content: {
      textType: 'client-markdown',
      title: withoutMarkup(title),
      description: facts.map(({ label, value }) => `${label}: ${withoutMarkup(value)}`).join('\n'),
      nextSteps: [`${LINK_TITLE}: ${url}`],
      keywords: [detail.application],
    },
    metadata: {
      threadId: detail.promotionId,
      summary: withoutMarkup(title),
      eventType,
      relatedResources: [...resources],
      additionalContext: { sequence: String(detail.sequence) },
    },
  };
}
