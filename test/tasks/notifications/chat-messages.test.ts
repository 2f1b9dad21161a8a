import fc from 'fast-check';
import { SAMPLE_SITE, sampleEntries, samplePromotion } from '../../../scripts/events/samples.ts';
import { promotionEvent } from '../../../tasks/events/promotion-event.ts';
import type { EvidenceEntry } from '../../../tasks/evidence/chain.ts';
import { cardOf } from '../../../tasks/notifications/card.ts';
import {
  amazonQNotification,
  slackMessage,
  teamsMessage,
} from '../../../tasks/notifications/chat-messages.ts';
import type { ToldEvent } from '../../../tasks/notifications/notification.ts';

const toldOf = (key: string, what: object = {}, message = 'Show the cart'): ToldEvent => {
  const entry = sampleEntries.find((one) => one.key === key)?.entry as EvidenceEntry;
  const { detailType, ...event } = promotionEvent(
    samplePromotion.promotionId,
    { ...entry, what: { ...entry.what, ...what } },
    { ...samplePromotion, commitMessage: message },
    SAMPLE_SITE,
  );
  return { ...event, 'detail-type': detailType };
};
const URL = `${SAMPLE_SITE}/promotions/${samplePromotion.promotionId}`;

it.each<[string, object, string]>([
  ['approval-requested', {}, 'shop: QC is asked to decide'],
  ['approval-requested', { role: 'pmo' }, 'shop: PMO is asked to decide'],
  ['approval-closed', {}, "shop: QC's request was withdrawn"],
  ['approval-closed', { status: 'EXPIRED' }, "shop: QC's request expired"],
  ['decision', {}, 'shop: quinn approved for QC'],
  ['decision', { decision: 'reject' }, 'shop: quinn rejected for QC'],
  ['job-ended pipeline-run', {}, 'shop: Deploy to Prod failed'],
  ['job-ended pipeline-run', { status: 'SUCCEEDED' }, 'shop: Deploy to Prod succeeded'],
  ['go-back', {}, 'shop: quinn goes back to an earlier release'],
  ['stop-asked', {}, 'shop: quinn stops the promotion'],
  ['redriven', {}, 'shop: redriven'],
  ['started-by-hand', {}, 'shop: started by hand, without a push'],
  ['ended', {}, 'shop: promoted to Prod'],
  ['ended', { status: 'FAILED' }, 'shop: failed'],
  ['ended', { status: 'STALE' }, 'shop: stale: Prod runs a newer commit'],
  ['ended', { status: 'RECALLED' }, 'shop: recalled: its commit is marked bad'],
  ['ended', { status: 'OF_TOMORROW' }, 'shop: ended'],
  ['push', {}, 'shop: Push Confirmed'],
])('%s %j is titled "%s"', (key, what, title) => {
  expect(cardOf(toldOf(key, what)).title).toBe(title);
});

it('says commit, branch, who, why and when, and leads to the page', () => {
  expect(cardOf(toldOf('decision'))).toEqual({
    title: 'shop: quinn approved for QC',
    facts: [
      { label: 'Commit', value: '8f0c1d2e Show the cart' },
      { label: 'Branch', value: 'main' },
      { label: 'By', value: 'quinn' },
      { label: 'Comment', value: 'Looks good' },
      { label: 'Time', value: '29 Nov 2026, 10:10 UTC' },
    ],
    url: URL,
  });
  expect(cardOf(toldOf('job-ended pipeline-run')).facts.map(({ label }) => label)).toEqual([
    'Commit',
    'Branch',
    'Error',
    'Cause',
    'Time',
  ]);
});

/** What somebody would write to be heard by everybody, to hide, or to lead elsewhere. */
const evil = '<!channel> @here *bold* [text](https://evil.example) &lt;!here&gt; \u202e`x` <at>all</at> |';

it('is a message for Slack whose texts have no markup, mention or link of anybody else', () => {
  const message = slackMessage(toldOf('decision', { comment: evil }, evil)) as {
    text: string;
    blocks: {
      type: string;
      text?: { type: string };
      fields?: { type: string; emoji: boolean }[];
      elements?: object[];
    }[];
  };
  const [header, section, context] = message.blocks;
  expect(header).toEqual({
    type: 'header',
    text: { type: 'plain_text', text: 'shop: quinn approved for QC', emoji: false },
  });
  expect(section?.fields?.every(({ type, emoji }) => type === 'plain_text' && !emoji)).toBe(true);
  expect(context).toEqual({
    type: 'context',
    elements: [{ type: 'mrkdwn', text: `<${URL}|Open the promotion>` }],
  });
  const others = JSON.stringify([message.text, header, section]);
  expect(others).not.toMatch(/<|>|https:\/\/evil|\u202e/);
  expect(others).toContain('‹!channel›');
});

it('is an Adaptive Card for Teams whose texts are runs, which have no markup, and whose one action opens the page', () => {
  const { attachments } = teamsMessage(toldOf('decision', { comment: evil }, evil)) as {
    attachments: {
      contentType: string;
      content: { type: string; version: string; body: object[]; actions: object[] };
    }[];
  };
  expect(attachments).toHaveLength(1);
  const { contentType, content } = attachments[0] ?? {};
  expect([contentType, content?.type, content?.version]).toEqual([
    'application/vnd.microsoft.card.adaptive',
    'AdaptiveCard',
    '1.4',
  ]);
  expect(content?.actions).toEqual([{ type: 'Action.OpenUrl', title: 'Open the promotion', url: URL }]);
  const body = JSON.stringify(content?.body);
  expect([...new Set(body.match(/"type":"\w+"/g))]).toEqual(['"type":"RichTextBlock"', '"type":"TextRun"']);
  expect(body).not.toMatch(/https:\/\/evil|\u202e/);
});

it('is a custom notification of Amazon Q, threaded by promotion, without markup of anybody else', () => {
  const notification = amazonQNotification(toldOf('decision', { comment: evil }, evil));
  expect(notification).toMatchObject({
    version: '1.0',
    source: 'custom',
    id: expect.stringMatching(/^evt_/),
    content: {
      textType: 'client-markdown',
      title: 'shop: quinn approved for QC',
      nextSteps: [`Open the promotion: ${URL}`],
      keywords: ['shop'],
    },
    metadata: {
      threadId: samplePromotion.promotionId,
      eventType: 'Decision Made',
      relatedResources: [samplePromotion.executionArn],
    },
  });
  const { description } = (notification as { content: { description: string } }).content;
  expect(description).not.toMatch(/[<>*`[\]@]|https:\/\/evil|\u202e/);
});

it('stays within the limits of the chats, however much people wrote', () => {
  const text = fc.string({ unit: 'binary', maxLength: 3000 });
  fc.assert(
    fc.property(fc.constantFrom(...sampleEntries), text, text, ({ key }, given, message) => {
      const event = toldOf(
        key,
        { comment: given, reason: given, cause: given, state: given, role: given },
        message,
      );
      const { blocks } = slackMessage(event) as {
        blocks: { text?: { text: string }; fields?: { text: string }[] }[];
      };
      expect(blocks[0]?.text?.text.length).toBeLessThanOrEqual(150);
      expect(blocks[1]?.fields?.length).toBeLessThanOrEqual(10);
      for (const field of blocks[1]?.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2000);
      expect(JSON.stringify(blocks.slice(0, 2))).not.toMatch(/[<>]/);
      // Teams takes 28 KB.
      expect(Buffer.byteLength(JSON.stringify(teamsMessage(event)))).toBeLessThan(28_000);
    }),
    { numRuns: 200 },
  );
});
