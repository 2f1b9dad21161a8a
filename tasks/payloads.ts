/**
 * What travels between the state machine and the functions: a function's argument (`…Request`), and what it returns or
 * what completes its task token (`…Output`).
 */

/** The execution's input, and nothing else: everything later is made by a state and kept in a variable. */
export interface PromotionInput {
  readonly application: string;
  /** 40 hexadecimal digits; of an object's revision, the version that S3 gave it. */
  readonly commitId: string;
  readonly branch: string;
  /** ARN of the pusher, as the event claims; `unknown` if it says nothing. */
  readonly pushedBy: string;
  /** Id of the push event. */
  readonly eventId: string;
  /** When it was pushed, or asked for, ISO 8601. @default the execution's start */
  readonly pushedAt?: string;
  /** Set if an operator goes back to an earlier release: nothing is built, and QAT is not used. */
  readonly goBack?: GoBack;
}

/** Who asked Lockstep for something: somebody who signed in on the site, or the caller of the command line. */
export type Asker =
  | {
      readonly type: 'person';
      readonly subject: string;
      readonly name: string;
      /** Lower case; may be empty. */
      readonly verifiedEmail: string;
    }
  | { readonly type: 'identity'; readonly arn: string };

/** Whose approvals a go-back needs: both roles', or PMO's alone. */
export type GoBackApprovals = 'both' | 'one';

/** What a go-back promotes again, and why. */
export interface GoBack {
  /** The promotion that made the release: never a go-back itself. */
  readonly to: string;
  /** The promotion that Prod ran when it was asked for. */
  readonly from: string;
  readonly reason: string;
  readonly askedBy: Asker;
  readonly approvals: GoBackApprovals;
  /** As the release's promotion recorded them. */
  readonly qatImageId: string;
  readonly prodImageId: string;
  readonly qatDeploymentId: string;
  /** What its commit was built into, if it was. */
  readonly built?: BuiltRevision;
}

/** What a build made of a commit: an archive in S3, which QAT and Prod both get. */
export type BuiltRevision = {
  readonly bucket: string;
  readonly key: string;
  /** The version that S3 gave it. */
  readonly version: string;
  /** Digest of the archive, in hexadecimal digits, as the build service computed it. */
  readonly sha256: string;
  /** SHA-256 of the statement of where it comes from. Releases of the time before there were any have none: nothing deploys them. */
  readonly statement?: string;
};

/** The pusher of whom an event says nothing: nobody is asked about such a promotion. */
export const UNKNOWN_PUSHER = 'unknown';

/** Where Lockstep deploys to. */
export type Environment = 'qat' | 'prod';

/** What a state that needs the environment lock gives its function. */
export interface LockedWork {
  readonly promotionId: string;
  readonly application: string;
  /** Where the state works. */
  readonly environment: Environment;
  /** Redrives of the execution: `$states.context.Execution.RedriveCount`. */
  readonly redrives: number;
}

/**
 * Orders the attempts of one state: a redrive's or retry's is higher than those before it. Step Functions may retry while
 * the function of the attempt before still runs, for whose token nothing waits any more.
 */
export type StateAttempt = number;

/** Argument of `acquire-lock`: "Lock QAT", "Lock Prod". */
export interface AcquireLockRequest extends LockedWork {
  readonly executionArn: string;
  readonly commitId: string;
  /** When it was pushed; of an execution that was started by hand, when it started. ISO 8601. */
  readonly pushedAt: string;
  /** When the execution started. ISO 8601. */
  readonly startedAt: string;
  readonly taskToken: string;
  readonly stateAttempt: StateAttempt;
}

/** Kinds of external jobs. */
export type JobKind = 'code-build' | 'image-build' | 'instance-refresh' | 'pipeline-run';

/** What a job of each kind needs to start. */
export interface JobParameters {
  readonly 'code-build': {
    readonly projectName: string;
    readonly commitId: string;
  };
  readonly 'image-build': {
    readonly imagePipelineArn: string;
    /** Where the image is used. */
    readonly environment: Environment;
    /** For how many days after its build an image may be used again. Absent, as what follows, where each push builds. */
    readonly reuseDays?: string;
    /** Name of the public parameter of the newest Amazon Linux 2023. */
    readonly releaseParameter?: string;
    /** Name of the parameter that images start from. Absent if the recipe names an AMI or image that never changes. */
    readonly parentParameter?: string;
    /** Of a Prod image that differs from the approved QAT image: people are asked instead of failing. */
    readonly onDrift?: 'ask';
  };
  readonly 'instance-refresh': { readonly autoScalingGroupName: string };
  readonly 'pipeline-run': {
    readonly pipelineName: string;
    /** Name of the pipeline's source action. */
    readonly sourceAction: string;
    readonly commitId: string;
    /** Where it deploys to: the promotion's deployments are kept by environment. */
    readonly environment: Environment;
    /** What pins the revision. @default `COMMIT_ID` */
    readonly revisionType?: 'S3_OBJECT_VERSION_ID';
    /** Where people reach QAT, or `none`. With `qatPort` and `qatGroup`, only of a run with a load test. */
    readonly qatUrl?: string;
    /** The application's port. */
    readonly qatPort?: string;
    /** Name of QAT's Auto Scaling group. */
    readonly qatGroup?: string;
    /** Key and version of what the commit was built into, which is deployed then. @default the commit itself */
    readonly builtKey?: string;
    readonly builtVersion?: string;
  };
}

/** What a job of each kind gives when it has succeeded: the output of its state. */
export interface JobOutputs {
  readonly 'code-build': BuiltRevision;
  readonly 'image-build': {
    readonly imageId: string;
    readonly imageBuildVersionArn: string;
    /** SHA-256 of the inventory of what is in it. */
    readonly inventory: string;
    /** With `onDrift`, of a Prod image that differs from the approved QAT image although it may not: in what, a sentence in each line. */
    readonly differs?: string;
  };
  readonly 'instance-refresh': { readonly instanceRefreshId: string };
  readonly 'pipeline-run': {
    readonly pipelineExecutionId: string;
    readonly deploymentId: string;
    /** What the tests said, if the pipeline has any. */
    readonly testsUrl?: string;
    /** What the load test said, if the pipeline has one. */
    readonly loadTestUrl?: string;
  };
}

/** Argument of `scan-commit`. */
export interface ScanCommitRequest {
  readonly promotionId: string;
  readonly application: string;
  readonly commitId: string;
  /** `warn`: approvers are told what was found. `block`: the state fails. */
  readonly secretScan: 'warn' | 'block';
}

/** Argument of `start-job`: one for each kind. */
export type StartJobRequest = {
  readonly [Kind in JobKind]: {
    /** The promotion's id, which is the execution's name. */
    readonly promotionId: string;
    /** The state's name, as a person knows it. */
    readonly state: string;
    readonly taskToken: string;
    readonly stateAttempt: StateAttempt;
    readonly kind: Kind;
    readonly parameters: JobParameters[Kind];
  };
}[JobKind];

/** Argument of `inspect-image`. */
export interface InspectImageRequest {
  readonly promotionId: string;
  readonly environment: Environment;
  readonly imageId: string;
  readonly imageBuildVersionArn: string;
  readonly imagePipelineArn: string;
}
/** What came of scanning an image; empty where images are not scanned. */
export interface ScannedImage {
  /** SHA-256 of what was found. */
  readonly findings?: string;
  /** Why there is no result. */
  readonly notScanned?: string;
  /** JSON: what somebody accepted, that the gate had stopped otherwise. */
  readonly accepted?: string;
  /** Of an image that the gate stops: why, in words. */
  readonly stopped?: readonly string[];
}
export interface InspectImageOutput extends ScannedImage {
  /** SHA-256 of the image's inventory. */
  readonly inventory: string;
  /** The image's scan still works: inspect it again later. */
  readonly isScanning?: true;
  /** Of a Prod image: in what it differs from the approved QAT image although it may not, in words. */
  readonly differs?: readonly string[];
}

/** Argument of `inspect-image` about a build of a commit. */
export interface SignBuildRequest {
  readonly promotionId: string;
  /** As CodeBuild names the build. */
  readonly buildId: string;
}
export type SignBuildOutput =
  | (Required<Pick<BuiltRevision, 'version' | 'statement'>> & { readonly isGone?: never })
  /** What it made does not exist any more. */
  | { readonly isGone: true };

/** Argument of `point-at-image`. */
export interface PointAtImageRequest {
  readonly promotionId: string;
  readonly environment: Environment;
  readonly parameterName: string;
  readonly imageId: string;
}
/** What the parameter reads after writing it. */
export interface PointAtImageOutput {
  readonly imageId: string;
}

/** Roles whose members decide. */
export type ApproverRole = 'qc' | 'pmo';

/** Argument of `request-approval`. QC decides while the promotion holds the QAT lock; about a Prod image, both decide while it holds Prod's. */
export interface RequestApprovalRequest extends Pick<LockedWork, 'promotionId' | 'redrives'> {
  readonly state: string;
  readonly taskToken: string;
  readonly stateAttempt: StateAttempt;
  readonly role: ApproverRole;
  /** When the state's timeout ends it, in seconds after the request. */
  readonly expiresInSeconds: number;
  /** What is decided upon. */
  readonly candidate: Candidate;
}

/** A Prod image that differs from the approved QAT image in more than is allowed. */
export type DifferingImage = {
  readonly imageId: string;
  /** SHA-256 of its inventory. */
  readonly inventory: string;
  /** In what, a sentence in each line. */
  readonly differs: string;
};

/** What an approval is about. */
export interface Candidate {
  readonly application: string;
  readonly commitId: string;
  readonly branch: string;
  readonly pushedBy: string;
  readonly qatImageId: string;
  /** SHA-256 of the inventory of the QAT image; `none` if an earlier promotion built it. */
  readonly qatInventory: string;
  readonly qatDeploymentId: string;
  /** What the tests said, if QAT's pipeline has any. */
  readonly qatTestsUrl?: string;
  /** What the load test said, if QAT's pipeline has one. */
  readonly qatLoadTestUrl?: string;
  /** What the commit was built into, if the application has a build. */
  readonly built?: BuiltRevision;
  /** Set if the role is asked once more, about the Prod image. */
  readonly prodImage?: DifferingImage;
}

/** Output of an approval state: completes the task token. */
export interface ApprovalOutput {
  readonly decision: Decision;
  readonly approvalId: string;
  /** User names of those who approved, or of the person who rejected: `quinn and sam`. */
  readonly decidedBy: string;
  /** When the last of them decided. ISO 8601. */
  readonly decidedAt: string;
}
export type Decision = 'approve' | 'reject';

/** Argument of `check-release`: what the execution's input names. */
export interface CheckReleaseRequest {
  readonly promotionId: string;
  readonly commitId: string;
  readonly prodImageId: string;
  /** What is deployed, where commits are built; `null` if the release has none. */
  readonly built?: BuiltRevision | null;
}

/** Argument of `confirm-approvers`. It reads the decisions from the ledger itself. */
export interface ConfirmApproversRequest {
  readonly promotionId: string;
}
/** User names of those who approved, by role. */
export type ConfirmApproversOutput = Readonly<Record<ApproverRole, readonly string[]>>;

/** Argument of `verify-prod`. */
export interface VerifyProdRequest {
  readonly promotionId: string;
  readonly imageId: string;
  readonly commitId: string;
  readonly pipelineExecutionId: string;
  readonly deploymentId: string;
  /** Version of what the commit was built into, if it was. */
  readonly builtVersion?: string;
}
export interface VerifyProdOutput {
  readonly autoScalingGroupName: string;
  readonly instanceIds: readonly string[];
}

/** User parameters of the guard action in both pipelines (a JSON text in the action's `UserParameters`). */
export interface GuardParameters {
  readonly environment: Environment;
  readonly pipelineName: string;
  /** `#{variables.PROMOTION_ID}`; the pipeline's default is `none`. */
  readonly promotionId: string;
  /** `#{codepipeline.PipelineExecutionId}` */
  readonly pipelineExecutionId: string;
  /** The source's commit: `#{SourceVariables.CommitId}`. Absent where commits are built. */
  readonly commitId?: string;
  /** Where commits are built, key and version of the archive: `#{SourceVariables.ObjectKey}`, `#{SourceVariables.VersionId}` */
  readonly builtKey?: string;
  readonly builtVersion?: string;
}

/** User parameters of the push pipeline's action. */
export interface PushParameters {
  readonly pipelineName: string;
  /** `#{codepipeline.PipelineExecutionId}` */
  readonly pipelineExecutionId: string;
}

/** Name of the pipelines' variable that carries the promotion's id, and its value when nobody set it. */
export const PROMOTION_ID_VARIABLE = 'PROMOTION_ID';
export const NO_PROMOTION = 'none';

/** Name of the pipeline's variable, and of the load test's environment variable, with QAT's address. */
export const QAT_URL_VARIABLE = 'QAT_URL';

/** Name of the stage that tests QAT under load. */
export const LOAD_TEST_STAGE = 'LoadTest';

/** Error of an execution that an approver rejected: final, and no technical failure. */
export const REJECTED = 'Rejected';

/** Error of an execution that a newer promotion superseded; final, as a rejection. */
export const SUPERSEDED = 'Superseded';

/** Error of an execution that asked for the Prod lock after a newer commit was promoted; final, as a rejection. */
export const STALE = 'Stale';

/** Error of an execution whose commit was marked bad; final, as a rejection. */
export const RECALLED = 'Recalled';

/** Error of an execution that an operator stopped; a redrive continues it. */
export const STOPPED = 'Stopped';

/** Error of a state that was redriven while another promotion holds the lock: redrive it later. */
export const ENVIRONMENT_LOCKED = 'EnvironmentLocked';

/** Error of a state that was redriven while the calendar holds its environment: redrive it after the freeze, or override that. */
export const ENVIRONMENT_FROZEN = 'EnvironmentFrozen';

/** Error of a state that was redriven after another promotion had pointed QAT at its image; a redrive fails again. */
export const QAT_CHANGED = 'QatChanged';

/** Error of a state that waits until Prod is restored after a promotion that failed there: Step Functions retries it. */
export const ENVIRONMENT_RESTORING = 'EnvironmentRestoring';

/** Error of an approval state whose push the repository's provider has not recorded yet: Step Functions retries it. */
export const PUSH_NOT_CONFIRMED = 'PushNotConfirmed';
