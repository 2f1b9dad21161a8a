import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { developersAmong, readDevelopers } from '../approvals/developers.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { createGuardedPipelines } from '../guard/codepipeline-guard.ts';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { logged, logger } from '../log.ts';
import { createSnsNotices } from '../notices/sns-notices.ts';
import { tellMakers } from '../notices/tell-makers.ts';
import { readEnv } from '../read-env.ts';
import { createCodeCommitSource } from '../source/codecommit-source.ts';
import { createConnectedSource } from '../source/connected-source.ts';
import { createStartExecution } from './promotion-executions.ts';
import { onPush, startPushedRun } from './pushed-run.ts';
import { startPromotion } from './start-promotion.ts';

const env = readEnv('start-promotion');
const codePipeline = new CodePipelineClient({});

const source = createConnectedSource(env);

const notices = createSnsNotices(env.PROMOTIONS_TOPIC_ARN);
const dependencies = {
  notices,
  siteUrl: env.SITE_URL,
  tellMakers: tellMakers(notices, developersAmong(readDevelopers(env))),
  ledger: createRecordedLedger(env.LEDGER_TABLE).ledger,
  startExecution: createStartExecution(env.STATE_MACHINE_ARN),
  stateMachineArn: env.STATE_MACHINE_ARN,
  now: () => new Date(),
  promoted: { application: env.APPLICATION, branch: env.BRANCH, repositoryName: env.REPOSITORY_NAME },
};

export const handler = logged(
  onPush({
    event: startPromotion({
      ...dependencies,
      source: createCodeCommitSource(env.REPOSITORY_NAME, env.BRANCH),
      note: (why) => logger.warn(why),
    }),
    job: startPushedRun({
      ...dependencies,
      ...(source && { source }),
      pipelines: createGuardedPipelines(codePipeline, createPipelineRuns(codePipeline)),
    }),
  }),
);
