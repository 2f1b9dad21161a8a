import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { logged, logger } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { post } from './post.ts';
import { sendNotification, sendQueued } from './send-notification.ts';

const env = readEnv('send-notification');
const secrets = new SecretsManagerClient({});
const sns = new SNSClient({});
const sqs = new SQSClient({});

export const handler = logged(
  sendQueued(
    sendNotification({
      post,
      readSecret: async (SecretId) =>
        (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '',
      publish: async (TopicArn, Message) => {
        await sns.send(new PublishCommand({ TopicArn, Message }));
      },
      now: () => new Date(),
    }),
    async (MessageBody, reason) => {
      logger.error('A notification is given up', { reason });
      const ErrorMessage = { DataType: 'String', StringValue: reason };
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: env.DEAD_LETTERS_URL,
          MessageBody,
          MessageAttributes: { ErrorMessage },
        }),
      );
    },
  ),
);
