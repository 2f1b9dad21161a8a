import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createAlarms } from '../alarms/cloudwatch-alarms.ts';
import { environmentAccess } from '../environment-access.ts';
import { ensureLock, withLock } from '../environment-locks/ensure-lock.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { readObject } from '../evidence/s3-archive.ts';
import { pointAtImage } from '../images/point-at-image.ts';
import { createReuseSources } from '../images/reuse-sources.ts';
import { createSsmImageParameters } from '../images/ssm-image-parameters.ts';
import { logged } from '../log.ts';
import { createAutoScalingGroups } from '../prod-fleet/auto-scaling-groups.ts';
import { createDeploymentGroups } from '../prod-fleet/deployment-groups.ts';
import { beforeRun } from '../prod-fleet/leftovers.ts';
import { prodAlarmObstacle } from '../prod-fleet/watched-alarms.ts';
import { readEnv } from '../read-env.ts';
import { createSfnTaskCompletions } from '../sfn-task-completions.ts';
import { createJobKinds } from './job-kinds.ts';
import { hasBegun, startJob } from './start-job.ts';

const env = readEnv('start-job');
const prod = {
  pipelineName: env.PROD_PIPELINE_NAME,
  applicationName: env.PROD_CODEDEPLOY_APPLICATION,
  deploymentGroupName: env.PROD_DEPLOYMENT_GROUP,
  imageParameterName: env.PROD_IMAGE_PARAMETER,
  alarmNames: JSON.parse(env.WATCHED_ALARMS) as readonly string[],
};
const alarms = createAlarms(new CloudWatchClient(environmentAccess('prod')));
const { ledger } = createRecordedLedger(env.LEDGER_TABLE);
const now = () => new Date();
const readEvidence = readObject(env.EVIDENCE_BUCKET);

export const handler = logged(
  withLock(
    ensureLock({ ledger, now, readEvidence }),
    startJob({
      ledger,
      readEvidence,
      tasks: createSfnTaskCompletions(),
      kinds: createJobKinds(
        env.AWS_REGION,
        env.INSPECT_IMAGE_FUNCTION,
        beforeRun({
          prod,
          alarms,
          groups: createAutoScalingGroups(new AutoScalingClient(environmentAccess('prod'))),
          deploymentGroups: createDeploymentGroups(new CodeDeployClient(environmentAccess('prod'))),
          ledger,
          pointAtImage: pointAtImage({
            parameters: createSsmImageParameters(new SSMClient(environmentAccess('prod'))),
            ledger,
            wait: (milliseconds) => pause(milliseconds),
          }),
        }),
        prodAlarmObstacle(alarms, ledger, prod),
        { sources: createReuseSources(ledger, readEvidence), now },
      ),
      now,
      application: env.APPLICATION,
      newClientToken: () => randomUUID(),
    }),
    hasBegun(ledger),
  ),
);
