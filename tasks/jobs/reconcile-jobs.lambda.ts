import { randomBytes } from 'node:crypto';
import { readApprovalCounts } from '../approvals/approval-counts.ts';
import { readNameRules } from '../approvals/same-maker.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { logged } from '../log.ts';
import { createSnsNotices } from '../notices/sns-notices.ts';
import { createExecutions } from '../promotions/promotion-executions.ts';
import { readEnv, wholeNumber } from '../read-env.ts';
import { createSfnTaskCompletions } from '../sfn-task-completions.ts';
import { listSubscriptions } from '../subscriptions/sns-subscriptions.ts';
import { readMailAddresses } from '../subscriptions/ssm-addresses.ts';
import { watchSubscriptions } from '../subscriptions/watch-subscriptions.ts';
import { createJobKinds } from './job-kinds.ts';
import { reconcileJobs } from './reconcile-jobs.ts';

const env = readEnv('reconcile-jobs');
const executions = createExecutions();
const { ledger } = createRecordedLedger(env.LEDGER_TABLE);
const notices = createSnsNotices(env.PROMOTIONS_TOPIC_ARN);
const shared = {
  ledger,
  notices,
  now: () => new Date(),
  application: env.APPLICATION,
  siteUrl: env.SITE_URL,
};
const topics = { promotions: env.PROMOTIONS_TOPIC_ARN, alarms: env.ALARMS_TOPIC_ARN };

export const handler = logged(
  reconcileJobs({
    ...shared,
    tasks: createSfnTaskCompletions(),
    readEvidence: readObject(env.EVIDENCE_BUCKET),
    kinds: createJobKinds(env.AWS_REGION, env.INSPECT_IMAGE_FUNCTION),
    isRunning: async (executionArn) => (await executions.describe(executionArn)).status === 'RUNNING',
    newApprovalId: () => randomBytes(16).toString('base64url'),
    configurationVersion: env.CONFIGURATION_VERSION,
    counts: readApprovalCounts(env.APPROVAL_COUNTS),
    names: readNameRules(env),
    reminderHours: wholeNumber('REMINDER_HOURS', env.REMINDER_HOURS),
    watchSubscriptions: watchSubscriptions({
      ...shared,
      addresses: () => readMailAddresses(env.MAIL_ADDRESSES_PARAMETER),
      subscriptionsOf: (topic) => listSubscriptions(topics[topic]),
    }),
  }),
);
