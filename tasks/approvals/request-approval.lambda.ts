import { randomBytes } from 'node:crypto';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { createSnsNotices } from '../sns-notices.ts';
import { requestApproval } from './request-approval.ts';

const env = readEnv('LEDGER_TABLE', 'PROMOTIONS_TOPIC_ARN', 'SITE_URL');

export const handler = logged(
  requestApproval({
    ledger: createRecordedLedger(env.LEDGER_TABLE).ledger,
    notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
    now: () => new Date(),
    newApprovalId: () => randomBytes(16).toString('base64url'),
    siteUrl: env.SITE_URL,
  }),
);
