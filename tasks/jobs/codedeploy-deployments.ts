import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  DeploymentDoesNotExistException,
  DeploymentNotStartedException,
  GetDeploymentCommand,
  type InstanceTarget,
  ListDeploymentTargetsCommand,
} from '@aws-sdk/client-codedeploy';
import type { Deployments } from './pipeline-run.ts';

/** Most targets that BatchGetDeploymentTargets takes (its API reference). */
const BATCH = 25;

/** Deployments in CodeDeploy. */
export const createDeployments = (client = new CodeDeployClient({})): Deployments => ({
  deployment: async (deploymentId) => {
    try {
      return (await client.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo;
    } catch (error) {
      if (error instanceof DeploymentDoesNotExistException) return undefined;
      throw error;
    }
  },
  targets: async (deploymentId) => {
    const ids: string[] = [];
    try {
      let nextToken: string | undefined;
      do {
        const page = await client.send(
          new ListDeploymentTargetsCommand({
            deploymentId,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
        );
        ids.push(...(page.targetIds ?? []));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    } catch (error) {
      // It failed before it had any targets.
      if (error instanceof DeploymentNotStartedException || error instanceof DeploymentDoesNotExistException)
        return [];
      throw error;
    }
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
