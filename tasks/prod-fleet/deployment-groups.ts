import {
  ApplicationDoesNotExistException,
  CodeDeployClient,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  DeleteDeploymentGroupCommand,
  DeploymentGroupDoesNotExistException,
  type DeploymentGroupInfo,
  GetDeploymentCommand,
  GetDeploymentGroupCommand,
  type ListDeploymentsCommandInput,
  paginateListDeployments,
  UpdateDeploymentGroupCommand,
} from '@aws-sdk/client-codedeploy';
import { allItems } from '../all-items.ts';
import { ignoring } from '../ignoring.ts';
import { moveTraffic, stopDeployment } from '../steer-deployment.ts';

/** CodeDeploy, as far as a Prod fleet needs it. */
export interface DeploymentGroups {
  readonly find: (applicationName: string, name: string) => Promise<DeploymentGroupInfo | undefined>;
  readonly create: (group: CreateDeploymentGroupCommandInput) => Promise<void>;
  /** Updates the group of that name. */
  readonly update: (group: CreateDeploymentGroupCommandInput) => Promise<void>;
  /** Sets the alarms that stop its deployments, and no other setting. @param autoScalingGroup its own, which must be named again (T04) */
  readonly watch: (
    applicationName: string,
    name: string,
    autoScalingGroup: string,
    alarmNames: readonly string[],
  ) => Promise<void>;
  /** Deletes the group; one that does not exist is deleted already. */
  readonly remove: (applicationName: string, name: string) => Promise<void>;
  /** Ids of the deployments that have not ended. */
  readonly running: (applicationName: string, name: string) => Promise<readonly string[]>;
  /** Ids of the deployments that were created since then, by anybody, and may have reached an instance. */
  readonly createdSince: (applicationName: string, name: string, since: Date) => Promise<readonly string[]>;
  /** Lets traffic move back if the deployment is a rollback of CodeDeploy's own that waits for that; leaves every other alone. */
  readonly continueRollback: (deploymentId: string) => Promise<void>;
  /** Stops a deployment without rolling back; one that has ended is stopped already. */
  readonly stop: (deploymentId: string) => Promise<void>;
}

/** The part of a deployment group that names alarms. */
export const alarmConfiguration = (alarmNames: readonly string[]) => ({
  enabled: alarmNames.length > 0,
  alarms: alarmNames.map((name) => ({ name })),
});

const listed = (client: CodeDeployClient, deployments: ListDeploymentsCommandInput): Promise<string[]> =>
  allItems(paginateListDeployments({ client }, deployments), (page) => page.deployments);

/** Deployment groups in CodeDeploy. */
export const createDeploymentGroups = (client = new CodeDeployClient({})): DeploymentGroups => ({
  find: async (applicationName, deploymentGroupName) => {
    const found = await client
      .send(new GetDeploymentGroupCommand({ applicationName, deploymentGroupName }))
      .catch(ignoring(DeploymentGroupDoesNotExistException));
    return found?.deploymentGroupInfo;
  },
  create: async (group) => {
    await client.send(new CreateDeploymentGroupCommand(group));
  },
  update: async ({ deploymentGroupName, ...group }) => {
    await client.send(
      new UpdateDeploymentGroupCommand({ ...group, currentDeploymentGroupName: deploymentGroupName }),
    );
  },
  watch: async (applicationName, currentDeploymentGroupName, autoScalingGroup, alarmNames) => {
    await client.send(
      new UpdateDeploymentGroupCommand({
        applicationName,
        currentDeploymentGroupName,
        autoScalingGroups: [autoScalingGroup],
        alarmConfiguration: alarmConfiguration(alarmNames),
      }),
    );
  },
  remove: async (applicationName, deploymentGroupName) => {
    await client.send(new DeleteDeploymentGroupCommand({ applicationName, deploymentGroupName }));
  },
  running: async (applicationName, deploymentGroupName) => {
    const ids = await listed(client, {
      applicationName,
      deploymentGroupName,
      includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Baking', 'Ready'],
      // An application that was deleted by hand must not keep its fleet from being deleted.
    }).catch(ignoring(DeploymentGroupDoesNotExistException, ApplicationDoesNotExistException));
    return ids ?? [];
  },
  createdSince: (applicationName, deploymentGroupName, start) =>
    listed(client, {
      applicationName,
      deploymentGroupName,
      includeOnlyStatuses: ['InProgress', 'Ready', 'Succeeded', 'Failed', 'Stopped'],
      createTimeRange: { start },
    }),
  continueRollback: async (deploymentId) => {
    const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
    if (deploymentInfo?.status !== 'Ready' || deploymentInfo.creator !== 'codeDeployRollback') return;
    await moveTraffic(client)(deploymentId);
  },
  stop: stopDeployment(client, false),
});
