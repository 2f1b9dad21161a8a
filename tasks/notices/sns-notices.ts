import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notices } from './notice.ts';

/**
 * Sends notices through a topic whose subscriptions filter by the attributes `role` and `application`, or by `recipients` (T49): a
 * filter matches a `String.Array` if it matches one of its elements ("Amazon SNS subscription filter policies").
 */
export const createSnsNotices = (topicArn: string, client = new SNSClient({})): Notices => ({
  send: async (notice) => {
    const { role, application, subject, message } = notice;
    await client.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        Message: message,
        MessageAttributes: {
          role: { DataType: 'String', StringValue: role },
          application: { DataType: 'String', StringValue: application },
          ...(notice.role === 'developer' && {
            recipients: { DataType: 'String.Array', StringValue: JSON.stringify(notice.recipients) },
          }),
        },
      }),
    );
  },
});
