import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notices } from './notices.ts';

/** Sends notices through a topic whose subscriptions filter by the attributes `role` and `application` (T49). */
export const createSnsNotices = (topicArn: string, client = new SNSClient({})): Notices => ({
  send: async ({ role, application, subject, message }) => {
    await client.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        Message: message,
        MessageAttributes: {
          role: { DataType: 'String', StringValue: role },
          application: { DataType: 'String', StringValue: application },
        },
      }),
    );
  },
});
