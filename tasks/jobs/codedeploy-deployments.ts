import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  ContinueDeploymentCommand,
  DeploymentAlreadyCompletedException,
  DeploymentDoesNotExistException,
  DeploymentNotStartedException,
  GetDeploymentCommand,
  type InstanceTarget,
  ListDeploymentTargetsCommand,
} from '@aws-sdk/client-codedeploy';
import { EC2Client } from '@aws-sdk/client-ec2';
import { createAlarms } from '../alarms/cloudwatch-alarms.ts';
import { ignoring } from '../ignoring.ts';
import { readInstanceImages } from '../images/instance-images.ts';
import { readActivities } from '../launch-failures.ts';
import { moveTraffic, stopDeployment } from '../steer-deployment.ts';
import type { Deployments } from './pipeline-run.ts';

/** Most targets that BatchGetDeploymentTargets takes (its API reference). */
const BATCH = 25;

/** Deployments in CodeDeploy. */
export const createDeployments = (
  client = new CodeDeployClient({}),
  autoScaling = new AutoScalingClient({}),
  alarms = createAlarms(),
  ec2 = new EC2Client({}),
): Deployments => ({
  activities: (group) => readActivities(autoScaling, group),
  firedAlarms: alarms.fired,
  endSoak: async (deploymentId) => {
    await client
      .send(new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: 'TERMINATION_WAIT' }))
      .catch(ignoring(DeploymentAlreadyCompletedException));
  },
  moveTraffic: moveTraffic(client),
  halt: stopDeployment(client, false),
  imagesOf: readInstanceImages(ec2),
  stop: stopDeployment(client, true),
  deployment: async (deploymentId) => {
    const found = await client
      .send(new GetDeploymentCommand({ deploymentId }))
      .catch(ignoring(DeploymentDoesNotExistException));
    return found?.deploymentInfo;
  },
  targets: async (deploymentId) => {
    const ids: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await client
        .send(new ListDeploymentTargetsCommand({ deploymentId, nextToken }))
        // It failed before it had any targets.
        .catch(ignoring(DeploymentNotStartedException, DeploymentDoesNotExistException));
      ids.push(...(page?.targetIds ?? []));
      nextToken = page?.nextToken;
    } while (nextToken !== undefined);
    const targets: InstanceTarget[] = [];
    for (let from = 0; from < ids.length; from += BATCH) {
      const { deploymentTargets = [] } = await client.send(
        new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: ids.slice(from, from + BATCH) }),
      );
      targets.push(...deploymentTargets.flatMap(({ instanceTarget }) => instanceTarget ?? []));
    }
    return targets;
  },
});
