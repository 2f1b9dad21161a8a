import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notices } from './notices.ts';

/** Sends notices through a topic whose subscriptions filter by the attribute `role` (T49). */
export const createSnsNotices = (topicArn: string, client = new SNSClient({})): Notices => ({
  send: async ({ role, subject, message }) => {
    await client.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        Message: message,
        MessageAttributes: { role: { DataType: 'String', StringValue: role } },
      }),
    );
  },
});
