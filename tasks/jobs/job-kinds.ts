import type { Job } from '../ledger/items.ts';
import { createInstanceRefreshes } from './auto-scaling-refreshes.ts';
import { createDeployments } from './codedeploy-deployments.ts';
import { createPipelineRuns } from './codepipeline-runs.ts';
import { imageBuild } from './image-build.ts';
import { createImageBuilds } from './imagebuilder-builds.ts';
import { instanceRefresh } from './instance-refresh.ts';
import type { JobKinds } from './kind.ts';
import { pipelineRun } from './pipeline-run.ts';

/** All kinds of jobs, in AWS. @param beforeRun makes ready what a pipeline's run needs */
export const createJobKinds = (
  region: string,
  beforeRun: (job: Job) => Promise<void> = async () => {},
): JobKinds => ({
  'image-build': imageBuild(createImageBuilds()),
  'instance-refresh': instanceRefresh(createInstanceRefreshes(), region),
  'pipeline-run': pipelineRun(createPipelineRuns(), createDeployments(), region, beforeRun),
});
