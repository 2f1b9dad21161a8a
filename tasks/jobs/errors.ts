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

/** Name of one of them. */
export type JobError = (typeof jobErrors)[keyof typeof jobErrors];
