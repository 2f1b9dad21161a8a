import { randomBytes } from 'node:crypto';
import { createDynamoDbLedger } from '../ledger/dynamodb-ledger.ts';
import { readEnv } from '../read-env.ts';
import { createSnsNotices } from '../sns-notices.ts';
import { requestApproval } from './request-approval.ts';

const env = readEnv('LEDGER_TABLE', 'PROMOTIONS_TOPIC_ARN', 'SITE_URL');

export const handler = requestApproval({
  ledger: createDynamoDbLedger(env.LEDGER_TABLE),
  notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
  now: () => new Date(),
  newApprovalId: () => randomBytes(16).toString('base64url'),
  siteUrl: env.SITE_URL,
});
