import type { DeploymentGroupInfo, RevisionLocation as SdkRevision } from '@aws-sdk/client-codedeploy';
import type { ImageParameters } from '../images/point-at-image.ts';
import type { Deployments } from '../jobs/pipeline-run.ts';
import type { DeploymentGroups } from '../prod-fleet/deployment-groups.ts';
import type { EnvironmentUse } from './delete-unused-images.ts';
import type { Release } from './keeping-rules.ts';

/** What new instances get is not known, so nothing may be deleted. */
class UseNotKnownError extends Error {
  override readonly name = 'UseNotKnown';
}

/** What an environment is asked by. */
export interface EnvironmentSources {
  readonly parameters: Pick<ImageParameters, 'read'>;
  readonly groups: Pick<DeploymentGroups, 'find'>;
  readonly deployments: Pick<Deployments, 'deployment'>;
}

/** Names of what an environment has. */
export interface EnvironmentNames {
  readonly imageParameterName: string;
  readonly applicationName: string;
  readonly deploymentGroupName: string;
}

const locationOf = (revision: SdkRevision | undefined): Release['revision'] => {
  const { bucket, key, version, eTag } = revision?.s3Location ?? {};
  return bucket === undefined || key === undefined
    ? undefined
    : {
        bucket,
        key,
        ...(version !== undefined && { version }),
        ...(eTag !== undefined && { eTag: eTag.replaceAll('"', '') }),
      };
};

/** The revision of a deployment; undefined if CodeDeploy does not have the deployment any more. */
export const revisionOf =
  ({ deployments }: Pick<EnvironmentSources, 'deployments'>) =>
  async (deploymentId: string): Promise<Release['revision']> =>
    locationOf((await deployments.deployment(deploymentId))?.revision);

/**
 * The deployments of a group whose revisions new instances may get: CodeDeploy's launch hook deploys that of the last successful
 * one (its user guide, "Integrating CodeDeploy with Amazon EC2 Auto Scaling"); the last attempted one may still run.
 */
const deploymentsOf = ({ lastSuccessfulDeployment, lastAttemptedDeployment }: DeploymentGroupInfo) =>
  [lastSuccessfulDeployment, lastAttemptedDeployment].flatMap((deployment) => deployment?.deploymentId ?? []);

/** What new instances of an environment start from and get. */
export const environmentUse = (sources: EnvironmentSources, names: EnvironmentNames): EnvironmentUse => ({
  image: async () => {
    const image = await sources.parameters.read(names.imageParameterName);
    if (image !== undefined) return image;
    throw new UseNotKnownError(
      `The parameter ${names.imageParameterName} does not exist: which image new instances start from is not known, and nothing was deleted. Deploy the application's stack again.`,
    );
  },
  revisions: async () => {
    const { applicationName, deploymentGroupName } = names;
    const group = await sources.groups.find(applicationName, deploymentGroupName);
    if (group === undefined)
      throw new UseNotKnownError(
        `The deployment group ${applicationName}/${deploymentGroupName} does not exist: which revision new instances get is not known, and nothing was deleted. Deploy the application's stack again.`,
      );
    const revisions: (SdkRevision | undefined)[] = [group.targetRevision];
    for (const deploymentId of new Set(deploymentsOf(group))) {
      const deployment = await sources.deployments.deployment(deploymentId);
      if (deployment === undefined)
        throw new UseNotKnownError(
          `CodeDeploy does not have the deployment ${deploymentId}, which the deployment group ${applicationName}/${deploymentGroupName} names: which revision new instances get is not known, and nothing was deleted. Promote a commit.`,
        );
      revisions.push(deployment.revision);
    }
    // One that is not in S3 is none of Lockstep's.
    return revisions.flatMap((revision) => locationOf(revision) ?? []);
  },
});
