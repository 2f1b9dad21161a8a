import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { logged } from '../log.ts';
import { createProvenanceProblem } from '../provenance/check-provenance-in-aws.ts';
import { readEnv } from '../read-env.ts';
import { createGuardedPipelines } from './codepipeline-guard.ts';
import { guardPipeline } from './guard-pipeline.ts';

const env = readEnv('guard-pipeline');
const client = new CodePipelineClient({});
const { ledger } = createRecordedLedger(env.LEDGER_TABLE);

export const handler = logged(
  guardPipeline({
    pipelines: createGuardedPipelines(client, createPipelineRuns(client)),
    ledger,
    starterRoleArn: env.STARTER_ROLE_ARN,
    provenanceProblem: createProvenanceProblem(ledger, env),
    readEvidence: readObject(env.EVIDENCE_BUCKET),
    now: () => new Date(),
  }),
);
