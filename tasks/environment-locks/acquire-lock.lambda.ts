import type { Calendar } from '../calendar/calendar.ts';
import { noteCalendar } from '../calendar/note-calendar.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { logged, logger } from '../log.ts';
import { createSnsNotices } from '../notices/sns-notices.ts';
import type { AcquireLockRequest } from '../payloads.ts';
import { createExecutions } from '../promotions/promotion-executions.ts';
import { readEnv } from '../read-env.ts';
import { createSfnTaskCompletions } from '../sfn-task-completions.ts';
import { acquireLock } from './acquire-lock.ts';
import { advanceLocks } from './advance-lock.ts';
import { readWhenNewer } from './when-newer.ts';

const env = readEnv('acquire-lock');
const executions = createExecutions();

const dependencies = {
  application: env.APPLICATION,
  ledger: createRecordedLedger(env.LEDGER_TABLE).ledger,
  tasks: createSfnTaskCompletions(),
  notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
  siteUrl: env.SITE_URL,
  readEvidence: readObject(env.EVIDENCE_BUCKET),
  now: () => new Date(),
  execution: async (executionArn: string) => {
    const found = await executions.find(executionArn);
    return found && { status: found.status ?? 'RUNNING', redrives: found.redriveCount ?? 0 };
  },
  whenNewer: readWhenNewer(env.WHEN_NEWER),
};
const acquire = acquireLock({
  ...dependencies,
  noteFailure: (error) =>
    logger.error(
      'The environment lock could not be advanced yet',
      error instanceof Error ? error : String(error),
    ),
});
const advance = advanceLocks(dependencies);
const note = noteCalendar(dependencies.ledger, env.APPLICATION, JSON.parse(env.CALENDAR) as Calendar);

/** A state that asks for the lock; anything else only wakes. */
export const handler = logged(async (event: Partial<AcquireLockRequest>) => {
  await note();
  return event.taskToken === undefined ? advance() : acquire(event as AcquireLockRequest);
});
