import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { createAlarms } from '../alarms/cloudwatch-alarms.ts';
import { environmentAccess } from '../environment-access.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { createDeployments } from '../jobs/codedeploy-deployments.ts';
import { createPipelineRuns } from '../jobs/codepipeline-runs.ts';
import { logged } from '../log.ts';
import { createDeploymentGroups } from '../prod-fleet/deployment-groups.ts';
import { readEnv } from '../read-env.ts';
import { soakProd } from './soak-prod.ts';

const env = readEnv('soak-prod');
const prod = environmentAccess('prod');
const codeDeploy = new CodeDeployClient(prod);
const alarms = createAlarms(new CloudWatchClient(prod));

export const handler = logged(
  soakProd({
    ledger: createRecordedLedger(env.LEDGER_TABLE).ledger,
    runs: createPipelineRuns(),
    deployments: createDeployments(codeDeploy, new AutoScalingClient(prod), alarms),
    deploymentGroups: createDeploymentGroups(codeDeploy),
    alarms,
    application: env.APPLICATION,
    now: () => new Date(),
  }),
);
