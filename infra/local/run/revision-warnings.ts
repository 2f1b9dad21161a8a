import type {
  BatchGetDeploymentTargetsOutput,
  ListDeploymentTargetsOutput,
} from '@aws-sdk/client-codedeploy';
import type { ActionExecutionDetail, ListActionExecutionsOutput } from '@aws-sdk/client-codepipeline';
import { administrator, type Host } from '@lockstep/aws-emulator';
import { appSpecWarnings } from '../../../tasks/appspec/appspec-warnings.ts';
import { partsOf } from '../../../tasks/jobs/external-ids.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { readAppSpec, sourceArtifactOf } from '../../../tasks/source/revision-appspec.ts';
import { stateNames } from '../../../workflows/state-names.ts';

/** What is probably a mistake in the AppSpec file of the revision that a run deploys. A revision that cannot be read has failed anyway. */
const warningsOfRevision = async (
  host: Host,
  actions: readonly ActionExecutionDetail[],
): Promise<readonly string[]> => {
  const artifact = sourceArtifactOf(actions);
  if (artifact === undefined) return [];
  const { Body } = await host.call<{ Body: Uint8Array }>(administrator, 's3', 'GetObject', {
    Bucket: artifact.bucket,
    Key: artifact.key,
  });
  const bytes = { size: Body.length, read: async (start: number, end: number) => Body.subarray(start, end) };
  return readAppSpec(bytes).then(appSpecWarnings, () => []);
};

/** What the agents said of the instances that stand for those of EC2. */
const warningsOfInstances = async (
  host: Host,
  actions: readonly ActionExecutionDetail[],
): Promise<readonly string[]> => {
  const deploymentId = actions.find((action) => action.input?.actionTypeId?.provider === 'CodeDeploy')?.output
    ?.executionResult?.externalExecutionId;
  if (!deploymentId) return [];
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
    .flatMap(({ instanceTarget }) => instanceTarget?.lifecycleEvents ?? [])
    .flatMap(({ diagnostics }) => (diagnostics?.logTail ?? '').split('\n'))
    .filter((line) => line.startsWith('Warning: '))
    .map((line) => line.slice('Warning: '.length));
};

/**
 * What to look at in the revision that a promotion has just deployed to QAT, or tried to: likely mistakes in its AppSpec file, and what
 * instances of this machine do not do.
 */
export const revisionWarnings = async (
  host: Host,
  ledger: Ledger,
  promotionId: string,
): Promise<readonly string[]> => {
  const run = (await ledger.jobs(promotionId)).findLast(
    ({ state }) => state === stateNames.deployToQat,
  )?.externalId;
  if (!run) return [];
  const [pipelineName, pipelineExecutionId] = partsOf(run);
  const { actionExecutionDetails = [] }: ListActionExecutionsOutput = await host.call(
    administrator,
    'codepipeline',
    'ListActionExecutions',
    { pipelineName, filter: { pipelineExecutionId } },
  );
  const [ofRevision, ofInstances] = await Promise.all([
    warningsOfRevision(host, actionExecutionDetails),
    warningsOfInstances(host, actionExecutionDetails),
  ]);
  return [...ofRevision.map((warning) => `appspec.yml: ${warning}`), ...new Set(ofInstances)];
};
