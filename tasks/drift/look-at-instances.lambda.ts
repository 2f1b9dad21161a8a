import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createAlarms } from '../alarms/cloudwatch-alarms.ts';
import { environmentAccess, regionOfEnvironment } from '../environment-access.ts';
import { throwFailures } from '../error-text.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { createDeployments } from '../jobs/codedeploy-deployments.ts';
import { createDynamoDbLedger } from '../ledger/dynamodb-ledger.ts';
import { logged } from '../log.ts';
import { createSnsNotices } from '../notices/sns-notices.ts';
import type { Environment } from '../payloads.ts';
import { createAutoScalingGroups } from '../prod-fleet/auto-scaling-groups.ts';
import { createDeploymentGroups } from '../prod-fleet/deployment-groups.ts';
import { createServingInstances } from '../prod-fleet/load-balancer-targets.ts';
import { createReadParameter, prodTargetGroup } from '../prod-fleet/target-group.ts';
import { readEnv } from '../read-env.ts';
import { createActiveFindings } from '../vulnerabilities/inspector-findings.ts';
import { findLater } from '../vulnerabilities/look-again.ts';
import { earlierReleases } from './earlier-releases.ts';
import { type LookedAtEnvironment, lookAtEnvironment } from './look-at-environment.ts';
import { readDeliveries } from './read-deliveries.ts';
import { readProdInstances, readQatInstances } from './read-instances.ts';

const env = readEnv('look-at-instances');
const ledger = createDynamoDbLedger(env.LEDGER_TABLE);

const clientsOf = (environment: Environment) => {
  const access = environmentAccess(environment);
  const codeDeploy = new CodeDeployClient(access);
  const autoScaling = new AutoScalingClient(access);
  return {
    groups: createAutoScalingGroups(autoScaling),
    deploymentGroups: createDeploymentGroups(codeDeploy),
    deployments: createDeployments(codeDeploy, autoScaling),
    serving: createServingInstances(new ElasticLoadBalancingV2Client(access), new EC2Client(access)),
    alarms: createAlarms(new CloudWatchClient(access)).standings,
    region: regionOfEnvironment(environment, env.AWS_REGION),
    // Nobody scans what runs where a component scans images while they are built.
    ...(env.IMAGE_SCAN === 'inspector' && {
      findLater: findLater({
        ledger,
        active: createActiveFindings(new Inspector2Client(access)),
        read: readObject(env.EVIDENCE_BUCKET),
      }),
    }),
  };
};
const qat = clientsOf('qat');
const prod = clientsOf('prod');
const qatNames = {
  applicationName: env.QAT_CODEDEPLOY_APPLICATION,
  deploymentGroupName: env.QAT_DEPLOYMENT_GROUP,
};
const prodNames = {
  applicationName: env.PROD_CODEDEPLOY_APPLICATION,
  deploymentGroupName: env.PROD_DEPLOYMENT_GROUP,
};
const earlier = (environment: Environment) => () => earlierReleases(ledger, env.APPLICATION, environment);

const environments: readonly LookedAtEnvironment[] = [
  {
    environment: 'qat',
    ...qat,
    instances: readQatInstances(qat.groups, qat.serving, env.QAT_AUTO_SCALING_GROUP),
    deliveries: readDeliveries(qat, qatNames, earlier('qat')),
    // Nothing of Lockstep's watches QAT.
    alarmNames: [],
  },
  {
    environment: 'prod',
    ...prod,
    instances: readProdInstances(
      prod.groups,
      prod.deploymentGroups,
      prod.serving,
      prodNames,
      prodTargetGroup(
        env.PROD_TARGET_GROUP_ARN,
        createReadParameter(new SSMClient(environmentAccess('prod'))),
      ),
    ),
    deliveries: readDeliveries(prod, prodNames, earlier('prod')),
    alarmNames: JSON.parse(env.PROD_ALARMS) as readonly string[],
  },
];
const look = lookAtEnvironment({
  ledger,
  notices: createSnsNotices(env.PROMOTIONS_TOPIC_ARN),
  application: env.APPLICATION,
  siteUrl: env.SITE_URL,
  now: () => new Date(),
});

export const handler = logged(async () => {
  const failures: unknown[] = [];
  for (const one of environments) failures.push(...(await look(one)));
  throwFailures(failures, `Not everything of ${env.APPLICATION} could be looked at`);
});
