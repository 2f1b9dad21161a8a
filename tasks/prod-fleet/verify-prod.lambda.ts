import { createDeployments } from '../jobs/codedeploy-deployments.ts';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import { readEnv, wholeNumber } from '../read-env.ts';
import { ensureTurn, onItsTurn } from '../turns/ensure-turn.ts';
import { createAutoScalingGroups } from './auto-scaling-groups.ts';
import { createDeploymentGroups } from './deployment-groups.ts';
import { createServingInstances } from './load-balancer-targets.ts';
import { verifyProd } from './verify-prod.ts';

const env = readEnv(
  'AWS_REGION',
  'LEDGER_TABLE',
  'PROD_CODEDEPLOY_APPLICATION',
  'PROD_DEPLOYMENT_GROUP',
  'PROD_MAX_SIZE',
  'PROD_MIN_SIZE',
  'PROD_PIPELINE_NAME',
  'PROD_TARGET_GROUP_ARN',
);

const ledger = openLedger(env.LEDGER_TABLE);

export const handler = logged(
  onItsTurn(
    ensureTurn({ ledger, now: () => new Date() }),
    verifyProd({
      ledger,
      runs: createPipelineRuns(),
      deployments: createDeployments(),
      deploymentGroups: createDeploymentGroups(),
      groups: createAutoScalingGroups(),
      serving: createServingInstances(),
      region: env.AWS_REGION,
      prod: {
        pipelineName: env.PROD_PIPELINE_NAME,
        applicationName: env.PROD_CODEDEPLOY_APPLICATION,
        deploymentGroupName: env.PROD_DEPLOYMENT_GROUP,
        targetGroupArn: env.PROD_TARGET_GROUP_ARN,
        minSize: wholeNumber('PROD_MIN_SIZE', env.PROD_MIN_SIZE),
        maxSize: wholeNumber('PROD_MAX_SIZE', env.PROD_MAX_SIZE),
      },
    }),
  ),
);
