import type {
  BatchGetDeploymentTargetsOutput,
  GetDeploymentOutput,
  ListDeploymentTargetsOutput,
} from '@aws-sdk/client-codedeploy';
import type { GetPipelineExecutionOutput, ListActionExecutionsOutput } from '@aws-sdk/client-codepipeline';
import { administrator, type Host } from '@lockstep/aws-emulator';
import type { Job } from '../../../tasks/ledger/items.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import type { DeploymentReport } from './report.ts';

/** What answered when no deployment has reached the instance: the base image's placeholder. */
export const NOTHING_DEPLOYED = 'none';

/** The deployments that a pipeline run made, by its CodeDeploy action. */
const deploymentsOfRun = async (
  host: Host,
  pipelineName: string,
  pipelineExecutionId: string,
): Promise<{ readonly id: string; readonly commitId: string }[]> => {
  const { pipelineExecution }: GetPipelineExecutionOutput = await host.call(
    administrator,
    'codepipeline',
    'GetPipelineExecution',
    { pipelineName, pipelineExecutionId },
  );
  const { actionExecutionDetails = [] }: ListActionExecutionsOutput = await host.call(
    administrator,
    'codepipeline',
    'ListActionExecutions',
    { pipelineName, filter: { pipelineExecutionId } },
  );
  const commitId = pipelineExecution?.artifactRevisions?.[0]?.revisionId ?? '';
  return actionExecutionDetails
    .filter((action) => action.input?.actionTypeId?.provider === 'CodeDeploy')
    .map((action) => action.output?.executionResult?.externalExecutionId ?? '')
    .filter((id) => id !== '')
    .map((id) => ({ id, commitId }));
};

/** The instances that got the revision; of a blue/green deployment not those that it replaced. */
const instancesOf = async (host: Host, deploymentId: string): Promise<string[]> => {
  const { targetIds = [] }: ListDeploymentTargetsOutput = await host.call(
    administrator,
    'codedeploy',
    'ListDeploymentTargets',
    { deploymentId },
  );
  if (targetIds.length === 0) return [];
  const { deploymentTargets = [] }: BatchGetDeploymentTargetsOutput = await host.call(
    administrator,
    'codedeploy',
    'BatchGetDeploymentTargets',
    { deploymentId, targetIds },
  );
  return deploymentTargets
    .map((target) => target.instanceTarget)
    .filter((instance) => instance?.instanceLabel !== 'Blue')
    .map((instance) => instance?.targetId ?? '');
};

/** The deployments that a promotion's jobs made, in order. */
export const deploymentsOf = async (
  host: Host,
  jobs: readonly Job[],
  pipelines: Readonly<Record<Environment, string>>,
): Promise<DeploymentReport[]> => {
  const reports: DeploymentReport[] = [];
  for (const job of jobs) {
    if (job.kind !== 'pipeline-run' || !job.externalId) continue;
    const separator = job.externalId.indexOf('/');
    const pipelineName = job.externalId.slice(0, separator);
    const runs = await deploymentsOfRun(host, pipelineName, job.externalId.slice(separator + 1));
    for (const { id, commitId } of runs) {
      const { deploymentInfo }: GetDeploymentOutput = await host.call(
        administrator,
        'codedeploy',
        'GetDeployment',
        {
          deploymentId: id,
        },
      );
      reports.push({
        environment: pipelineName === pipelines.prod ? 'prod' : 'qat',
        kind: deploymentInfo?.deploymentStyle?.deploymentType === 'BLUE_GREEN' ? 'BLUE_GREEN' : 'IN_PLACE',
        id,
        commitId,
        instances: await instancesOf(host, id),
      });
    }
  }
  return reports;
};

/**
 * Commits of all deployments to an environment's deployment group, by the instances that they reached.
 * @param jobs of every promotion of the application
 */
export const commitsByInstance = (deployments: readonly DeploymentReport[]): Map<string, string> =>
  new Map(deployments.flatMap(({ commitId, instances }) => instances.map((id) => [id, commitId] as const)));
