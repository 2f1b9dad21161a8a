import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { createSfnTaskCompletions } from '../sfn-task-completions.ts';
import { createJobKinds } from './job-kinds.ts';
import { settleJob } from './settle-job.ts';

const env = readEnv('AWS_REGION', 'LEDGER_TABLE');

export const handler = logged(
  settleJob({
    ledger: createRecordedLedger(env.LEDGER_TABLE).ledger,
    tasks: createSfnTaskCompletions(),
    kinds: createJobKinds(env.AWS_REGION),
    now: () => new Date(),
  }),
);
