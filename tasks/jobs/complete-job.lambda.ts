import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { createSfnTaskCompletions } from '../sfn-task-completions.ts';
import { completeJob } from './complete-job.ts';
import { createJobKinds } from './job-kinds.ts';

const env = readEnv('complete-job');

export const handler = logged(
  completeJob({
    ledger: createRecordedLedger(env.LEDGER_TABLE).ledger,
    tasks: createSfnTaskCompletions(),
    readEvidence: readObject(env.EVIDENCE_BUCKET),
    kinds: createJobKinds(env.AWS_REGION, env.INSPECT_IMAGE_FUNCTION),
    now: () => new Date(),
  }),
);
