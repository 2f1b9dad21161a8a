import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  DeploymentDoesNotExistException,
  DeploymentNotStartedException,
  GetDeploymentCommand,
  type InstanceTarget,
  ListDeploymentTargetsCommand,
} from '@aws-sdk/client-codedeploy';
import { ignoring } from '../ignoring.ts';
import type { Deployments } from './pipeline-run.ts';

/** Most targets that BatchGetDeploymentTargets takes (its API reference). */
const BATCH = 25;

/** Deployments in CodeDeploy. */
export const createDeployments = (client = new CodeDeployClient({})): Deployments => ({
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
