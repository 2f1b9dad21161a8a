import { causeText } from '../failure-cause.ts';

/** Errors that a state with an external job fails with. */
export const jobErrors = {
  imageBuildFailed: 'ImageBuildFailed',
  instanceRefreshFailed: 'InstanceRefreshFailed',
  /** CodeDeploy failed within the pipeline's run. */
  deploymentFailed: 'DeploymentFailed',
  pipelineRunFailed: 'PipelineRunFailed',
  /** A newer run took its place, or it was stopped or cancelled (T23). */
  pipelineRunSuperseded: 'PipelineRunSuperseded',
} as const;

/** A start was refused, of an attempt that an earlier try may have started: the state fails, and the attempt stays open. */
export class RepeatedStartFailedError extends Error {
  override readonly name: JobError;
  constructor(denial: JobError, cause: string) {
    super(
      causeText({
        code: 'StartFailed',
        cause: `${cause}\nAn earlier attempt may have started it all the same. Fix the reason of the failed call, then redrive: the redrive finds the job if it runs.`,
      }),
    );
    this.name = denial;
  }
}

/** Name of one of them. */
export type JobError = (typeof jobErrors)[keyof typeof jobErrors];
