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
      `${cause}\nAn earlier try may have started it all the same. Mend what was refused and redrive: what runs is found again.`,
    );
    this.name = denial;
  }
}

/** Name of one of them. */
export type JobError = (typeof jobErrors)[keyof typeof jobErrors];
