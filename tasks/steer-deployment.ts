import {
  type CodeDeployClient,
  ContinueDeploymentCommand,
  DeploymentAlreadyCompletedException,
  DeploymentIsNotInReadyStateException,
  StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import { ignoring } from './ignoring.ts';

/** Ends a blue/green deployment's wait before traffic moves, if it waits. */
export const moveTraffic =
  (client: CodeDeployClient) =>
  async (deploymentId: string): Promise<void> => {
    await client
      .send(new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: 'READY_WAIT' }))
      .catch(ignoring(DeploymentAlreadyCompletedException, DeploymentIsNotInReadyStateException));
  };

/** Stops a deployment, unless it has ended. @param autoRollbackEnabled whether CodeDeploy rolls back what it changed */
export const stopDeployment =
  (client: CodeDeployClient, autoRollbackEnabled: boolean) =>
  async (deploymentId: string): Promise<void> => {
    await client
      .send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled }))
      .catch(ignoring(DeploymentAlreadyCompletedException));
  };
