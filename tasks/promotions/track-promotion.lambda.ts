import { createDynamoDbLedger } from '../ledger/dynamodb-ledger.ts';
import { readEnv } from '../read-env.ts';
import { createSnsNotices } from '../sns-notices.ts';
import { createExecutions } from './sfn-executions.ts';
import { trackPromotion } from './track-promotion.ts';

const env = readEnv('LEDGER_TABLE', 'PROMOTIONS_TOPIC_ARN', 'SITE_URL');

export const handler = trackPromotion({
  ledger: createDynamoDbLedger(env.LEDGER_TABLE),
  executions: createExecutions(),
  notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
  siteUrl: env.SITE_URL,
});
