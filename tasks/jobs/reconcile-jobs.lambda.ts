import { randomBytes } from 'node:crypto';
import { readApprovalCounts } from '../approvals/approval-counts.ts';
import { readNameRules } from '../approvals/same-maker.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { logged } from '../log.ts';
import { createSnsNotices } from '../notices/sns-notices.ts';
import { createExecutions } from '../promotions/promotion-executions.ts';
import { readEnv, wholeNumber } from '../read-env.ts';
import { createSfnTaskCompletions } from '../sfn-task-completions.ts';
import { createJobKinds } from './job-kinds.ts';
import { reconcileJobs } from './reconcile-jobs.ts';

const env = readEnv('reconcile-jobs');
const executions = createExecutions();

export const handler = logged(
  reconcileJobs({
    ledger: createRecordedLedger(env.LEDGER_TABLE).ledger,
    tasks: createSfnTaskCompletions(),
    kinds: createJobKinds(env.AWS_REGION),
    notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
    isRunning: async (executionArn) => (await executions.describe(executionArn)).status === 'RUNNING',
    now: () => new Date(),
    newApprovalId: () => randomBytes(16).toString('base64url'),
    application: env.APPLICATION,
    siteUrl: env.SITE_URL,
    configurationVersion: env.CONFIGURATION_VERSION,
    counts: readApprovalCounts(env.APPROVAL_COUNTS),
    names: readNameRules(env),
    reminderHours: wholeNumber('REMINDER_HOURS', env.REMINDER_HOURS),
  }),
);
