import { setTimeout as pause } from 'node:timers/promises';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { environmentAccess } from '../environment-access.ts';
import { createWakeLocks } from '../environment-locks/wake-locks.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { createSsmImageParameters } from '../images/ssm-image-parameters.ts';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { logged, logger } from '../log.ts';
import { createSnsNotices } from '../notices/sns-notices.ts';
import { createExecutions } from '../promotions/promotion-executions.ts';
import { readEnv } from '../read-env.ts';
import { createAutoScalingGroups } from './auto-scaling-groups.ts';
import { createDeploymentGroups } from './deployment-groups.ts';
import { createServingInstances } from './load-balancer-targets.ts';
import { restoreAfterEnd } from './restore-after-end.ts';
import { restoreProd } from './restore-prod.ts';
import { createReadParameter, prodTargetGroup } from './target-group.ts';
import { watchAlarms } from './watched-alarms.ts';

const env = readEnv('restore-prod');
const { ledger } = createRecordedLedger(env.LEDGER_TABLE);

const prod = environmentAccess('prod');
const targetGroupArn = prodTargetGroup(env.PROD_TARGET_GROUP_ARN, createReadParameter(new SSMClient(prod)));
const dependencies = {
  ledger,
  describeExecution: createExecutions().describe,
  runs: createPipelineRuns(),
  groups: createAutoScalingGroups(new AutoScalingClient(prod)),
  deploymentGroups: createDeploymentGroups(new CodeDeployClient(prod)),
  serving: createServingInstances(new ElasticLoadBalancingV2Client(prod), new EC2Client(prod)),
  parameters: createSsmImageParameters(new SSMClient(prod)),
  wait: (milliseconds: number) => pause(milliseconds),
  notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
  now: () => new Date(),
  siteUrl: env.SITE_URL,
};
const settings = {
  applicationName: env.PROD_CODEDEPLOY_APPLICATION,
  deploymentGroupName: env.PROD_DEPLOYMENT_GROUP,
  imageParameterName: env.PROD_IMAGE_PARAMETER,
};

export const handler = logged(
  restoreAfterEnd({
    ledger,
    application: env.APPLICATION,
    watchAlarms: () =>
      watchAlarms(
        dependencies.deploymentGroups,
        settings,
        JSON.parse(env.WATCHED_ALARMS) as readonly string[],
      ),
    postponed: (promotionId, reason) => logger.info('Prod is restored later', { promotionId, reason }),
    // Prod's lock passes on when Prod is restored.
    wakeLocks: createWakeLocks(env.ACQUIRE_LOCK_FUNCTION),
    restore: async (promotionId) =>
      restoreProd({ ...dependencies, prod: { ...settings, targetGroupArn: await targetGroupArn() } })(
        promotionId,
      ),
  }),
);
