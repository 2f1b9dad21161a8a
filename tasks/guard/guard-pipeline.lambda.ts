import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { createDynamoDbLedger } from '../ledger/dynamodb-ledger.ts';
import { readEnv } from '../read-env.ts';
import { createGuardedPipelines } from './codepipeline-guard.ts';
import { guardPipeline } from './guard-pipeline.ts';

const env = readEnv('LEDGER_TABLE', 'STARTER_ROLE_ARN');
const client = new CodePipelineClient({});

export const handler = guardPipeline({
  pipelines: createGuardedPipelines(client, createPipelineRuns(client)),
  ledger: createDynamoDbLedger(env.LEDGER_TABLE),
  starterRoleArn: env.STARTER_ROLE_ARN,
});
