import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { EC2Client } from '@aws-sdk/client-ec2';
import { createAlarms } from '../alarms/cloudwatch-alarms.ts';
import { environmentAccess, environmentOfPipeline, regionOfEnvironment } from '../environment-access.ts';
import { createInspectImage, createSignBuild } from '../image-inventory/invoke-inspect-image.ts';
import type { Job } from '../ledger/items.ts';
import type { Environment, JobParameters } from '../payloads.ts';
import { createInstanceRefreshes } from './auto-scaling-refreshes.ts';
import { codeBuild } from './code-build.ts';
import { createCodeBuilds } from './codebuild-builds.ts';
import { createDeployments } from './codedeploy-deployments.ts';
import { createPipelineRuns } from './codepipeline-runs.ts';
import { partsOf } from './external-ids.ts';
import { type ImageReuse, imageBuild } from './image-build.ts';
import { createImageBuilds } from './imagebuilder-builds.ts';
import { instanceRefresh } from './instance-refresh.ts';
import type { JobActions, JobKinds } from './job-actions.ts';
import { pipelineRun } from './pipeline-run.ts';
import { createPrivateAddresses, loadTestAddress } from './qat-address.ts';

/** Runs of both environments' pipelines, each looked into where it deploys to. */
export function runsByEnvironment(runs: Readonly<Record<Environment, JobActions>>): JobActions {
  const of = (pipelineName: string): JobActions => runs[environmentOfPipeline(pipelineName)];
  return {
    startError: runs.qat.startError,
    obstacle: async (job) =>
      of((job.parameters as JobParameters['pipeline-run']).pipelineName).obstacle?.(job),
    start: (job, isTaken) =>
      of((job.parameters as JobParameters['pipeline-run']).pipelineName).start(job, isTaken),
    inspect: (externalId, live, job) => of(partsOf(externalId)[0]).inspect(externalId, live, job),
  };
}

/**
 * All kinds of jobs, in AWS.
 * @param inspectImageFunction name of the function that inspects images, and signs where they and what was built come from
 * @param beforeRun prepares for a pipeline's run
 * @param obstacle why one must not start
 * @param reuse what an earlier image is looked for with; absent where nothing is started
 */
export function createJobKinds(
  region: string,
  inspectImageFunction: string,
  beforeRun: (job: Job) => Promise<void> = async () => {},
  obstacle?: JobActions['obstacle'],
  reuse?: ImageReuse,
): JobKinds {
  const runs = createPipelineRuns();
  const runsTo = (environment: Environment): JobActions =>
    pipelineRun(
      runs,
      createDeployments(
        new CodeDeployClient(environmentAccess(environment)),
        new AutoScalingClient(environmentAccess(environment)),
        createAlarms(new CloudWatchClient(environmentAccess(environment))),
        new EC2Client(environmentAccess(environment)),
      ),
      region,
      beforeRun,
      regionOfEnvironment(environment, region),
      obstacle,
      loadTestAddress(createPrivateAddresses(new EC2Client(environmentAccess(environment)))),
    );
  return {
    'code-build': codeBuild(createCodeBuilds(), createSignBuild(inspectImageFunction)),
    'image-build': imageBuild(createImageBuilds(), createInspectImage(inspectImageFunction), reuse),
    'instance-refresh': instanceRefresh(
      createInstanceRefreshes(new AutoScalingClient(environmentAccess('qat'))),
      regionOfEnvironment('qat', region),
    ),
    'pipeline-run': runsByEnvironment({ qat: runsTo('qat'), prod: runsTo('prod') }),
  };
}
