import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import { readEnv } from '../read-env.ts';
import { createGuardedPipelines } from './codepipeline-guard.ts';
import { guardPipeline } from './guard-pipeline.ts';

const env = readEnv('LEDGER_TABLE', 'STARTER_ROLE_ARN');
const client = new CodePipelineClient({});

export const handler = logged(
  guardPipeline({
    pipelines: createGuardedPipelines(client, createPipelineRuns(client)),
    ledger: openLedger(env.LEDGER_TABLE),
    starterRoleArn: env.STARTER_ROLE_ARN,
  }),
);
