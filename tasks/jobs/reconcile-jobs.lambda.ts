import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { createSfnTaskCompletions } from '../sfn-task-completions.ts';
import { createSnsNotices } from '../sns-notices.ts';
import { createJobKinds } from './job-kinds.ts';
import { reconcileJobs } from './reconcile-jobs.ts';

const env = readEnv('APPLICATION', 'AWS_REGION', 'LEDGER_TABLE', 'PROMOTIONS_TOPIC_ARN', 'SITE_URL');

export const handler = logged(
  reconcileJobs({
    ledger: createRecordedLedger(env.LEDGER_TABLE).ledger,
    tasks: createSfnTaskCompletions(),
    kinds: createJobKinds(env.AWS_REGION),
    now: () => new Date(),
    application: env.APPLICATION,
    notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
    siteUrl: env.SITE_URL,
  }),
);
