import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { environmentAccess, regionOfEnvironment } from '../environment-access.ts';
import { ensureLock, withLock } from '../environment-locks/ensure-lock.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { createDeployments } from '../jobs/codedeploy-deployments.ts';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { logged } from '../log.ts';
import type { VerifyProdRequest } from '../payloads.ts';
import { createProvenanceProblem } from '../provenance/check-provenance-in-aws.ts';
import { readEnv, wholeNumber } from '../read-env.ts';
import { createAutoScalingGroups } from './auto-scaling-groups.ts';
import { createDeploymentGroups } from './deployment-groups.ts';
import { createServingInstances } from './load-balancer-targets.ts';
import { createReadParameter, prodTargetGroup } from './target-group.ts';
import { verifyProd } from './verify-prod.ts';

const env = readEnv('verify-prod');

const prod = environmentAccess('prod');
const targetGroupArn = prodTargetGroup(env.PROD_TARGET_GROUP_ARN, createReadParameter(new SSMClient(prod)));
const codeDeploy = new CodeDeployClient(prod);
const ledger = openLedger(env.LEDGER_TABLE);
const dependencies = {
  ledger,
  runs: createPipelineRuns(),
  deployments: createDeployments(codeDeploy),
  deploymentGroups: createDeploymentGroups(codeDeploy),
  groups: createAutoScalingGroups(new AutoScalingClient(prod)),
  serving: createServingInstances(new ElasticLoadBalancingV2Client(prod), new EC2Client(prod)),
  provenanceProblem: createProvenanceProblem(ledger, env),
  region: regionOfEnvironment('prod', env.AWS_REGION),
};
const settings = {
  pipelineName: env.PROD_PIPELINE_NAME,
  applicationName: env.PROD_CODEDEPLOY_APPLICATION,
  deploymentGroupName: env.PROD_DEPLOYMENT_GROUP,
  minSize: wholeNumber('PROD_MIN_SIZE', env.PROD_MIN_SIZE),
  maxSize: wholeNumber('PROD_MAX_SIZE', env.PROD_MAX_SIZE),
  alarmNames: JSON.parse(env.WATCHED_ALARMS) as readonly string[],
};

export const handler = logged(
  withLock(
    ensureLock({ ledger, now: () => new Date(), readEvidence: readObject(env.EVIDENCE_BUCKET) }),
    async (request: VerifyProdRequest) =>
      verifyProd({ ...dependencies, prod: { ...settings, targetGroupArn: await targetGroupArn() } })(request),
    // Prod runs the commit already.
    async () => true,
  ),
);
