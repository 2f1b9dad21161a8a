import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { createCommits } from './codecommit-commits.ts';
import { createStartExecution } from './sfn-executions.ts';
import { startPromotion } from './start-promotion.ts';

const env = readEnv('APPLICATION', 'BRANCH', 'LEDGER_TABLE', 'REPOSITORY_NAME', 'STATE_MACHINE_ARN');

export const handler = logged(
  startPromotion({
    ledger: createRecordedLedger(env.LEDGER_TABLE).ledger,
    commit: createCommits(),
    startExecution: createStartExecution(env.STATE_MACHINE_ARN),
    stateMachineArn: env.STATE_MACHINE_ARN,
    now: () => new Date(),
    promoted: { application: env.APPLICATION, branch: env.BRANCH, repositoryName: env.REPOSITORY_NAME },
  }),
);
