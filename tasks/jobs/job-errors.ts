import { causeText } from '../failure-cause.ts';

/** Errors that a state with an external job fails with. */
export const jobErrors = {
  /** CodeBuild did not make a revision of the commit. */
  buildFailed: 'BuildFailed',
  imageBuildFailed: 'ImageBuildFailed',
  /** The Prod image differs from the approved QAT image in more than `image.drift` allows. */
  imageDiffers: 'ImageDiffers',
  /** The image has vulnerabilities that `image.gate` stops, or was not scanned. */
  imageGateFailed: 'ImageGateFailed',
  /** New instances of Prod started from another image than the promotion's: no traffic moved to them. */
  imageReplaced: 'ImageReplaced',
  instanceRefreshFailed: 'InstanceRefreshFailed',
  /** CodeDeploy failed within the pipeline's run. */
  deploymentFailed: 'DeploymentFailed',
  pipelineRunFailed: 'PipelineRunFailed',
  /** An alarm of Prod was on before the deployment was started; none was. */
  alarmOn: 'AlarmOn',
  /** An operator sent the traffic back to the old instances in the soak. */
  sentBack: 'SentBack',
  /** A newer run took its place, or it was stopped or cancelled (T23). */
  pipelineRunSuperseded: 'PipelineRunSuperseded',
} as const;

/** A start failed that an earlier state attempt may have made already: the state fails, and the job attempt stays open. */
export class RepeatedStartFailedError extends Error {
  override readonly name: JobError;
  constructor(startError: JobError, cause: string) {
    super(
      causeText({
        code: 'StartFailed',
        cause: `${cause}\nAn earlier attempt may have started it. Fix the error and redrive: the redrive finds a job that runs.`,
      }),
    );
    this.name = startError;
  }
}

/** Name of one of them. */
export type JobError = (typeof jobErrors)[keyof typeof jobErrors];
