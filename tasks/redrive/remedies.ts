import type { FailureCode } from '../failure-cause.ts';
import { jobErrors } from '../jobs/job-errors.ts';
import {
  ENVIRONMENT_FROZEN,
  ENVIRONMENT_LOCKED,
  ENVIRONMENT_RESTORING,
  PUSH_NOT_CONFIRMED,
  QAT_CHANGED,
} from '../payloads.ts';
import { headingOfState, type RunbookHeading } from './runbook-headings.ts';

/** What a state does, as far as remedies depend on it. */
export type Work = 'job' | 'approval' | 'lock' | 'function';

/** What to fix before a redrive. */
interface Remedy {
  readonly sentence: string;
  /** Where RUNBOOK.md has more. */
  readonly heading: RunbookHeading;
}

/** What is known of a failure. */
export interface Failure {
  readonly error: string;
  readonly code: FailureCode | undefined;
  readonly state: string | undefined;
  readonly work: Work | undefined;
}

interface Entry {
  readonly error: string | RegExp;
  /** Applies only to causes with this code. */
  readonly code?: FailureCode;
  /** Applies only to states that do this. */
  readonly work?: Work;
  readonly sentence: string;
  /** @default the heading about the state */
  readonly heading?: RunbookHeading;
}

const SECURITY_INCIDENT =
  'Treat this as a security incident. A redrive reads the same records and fails again.';

/** By error and code; the first that fits counts. Errors of Lambda and `States.…`: Step Functions' developer guide. */
const entries: readonly Entry[] = [
  {
    error: jobErrors.buildFailed,
    code: 'StartFailed',
    sentence: 'CodeBuild did not start the build. The cause gives the reason: a quota or a permission.',
  },
  {
    error: jobErrors.buildFailed,
    code: 'JobMissing',
    sentence: 'The build, or what it made, was deleted. Find out who deleted it. The redrive builds again.',
  },
  {
    error: jobErrors.buildFailed,
    code: 'BuildNotStarted',
    sentence:
      'The build did not start: its environment lacks what the cause names, for example a parameter, a secret or an image. The commit is not at fault. Create it, or allow the build project to read it, then redrive.',
  },
  {
    error: jobErrors.buildFailed,
    code: 'CommitNotBuilt',
    sentence:
      'The commit cannot be built. The cause names the command, and links the log. A redrive fails again. Push a commit that builds.',
  },
  {
    error: jobErrors.buildFailed,
    sentence:
      'The build was stopped, took too long, or CodeBuild failed. Read the log that the cause links. The redrive builds again.',
  },
  {
    error: jobErrors.imageBuildFailed,
    code: 'StartFailed',
    sentence:
      'Image Builder did not start the build. The cause gives the reason: a quota, a permission or the recipe.',
  },
  {
    error: jobErrors.imageBuildFailed,
    code: 'JobMissing',
    sentence:
      'The image was deleted during the build. Find out who deleted it. The redrive builds another image.',
  },
  {
    error: jobErrors.imageBuildFailed,
    sentence:
      "Read Image Builder's reason in the cause and the build's log. Fix the component, or wait for the resource that it lacked.",
  },
  {
    error: jobErrors.imageGateFailed,
    sentence:
      'Install the fixed packages, or have somebody who did not make the change accept the vulnerabilities that the cause names. The redrive builds another image, with the newest packages.',
    heading: 'The gate stops an image',
  },
  {
    error: jobErrors.instanceRefreshFailed,
    sentence:
      "Read in the Auto Scaling group's activity history why no instance came into service: capacity, a quota or the image.",
  },
  {
    error: jobErrors.deploymentFailed,
    code: 'AgentSilent',
    sentence:
      "The instance's CodeDeploy agent did not report. Check that it runs, that it reaches CodeDeploy, and that its role can read the artifacts.",
  },
  {
    error: jobErrors.deploymentFailed,
    code: 'AppSpecInvalid',
    sentence:
      "The commit's appspec.yml is at fault: the cause says what CodeDeploy cannot use. A redrive fails again. Push a commit that fixes it.",
  },
  {
    error: jobErrors.deploymentFailed,
    code: 'ScriptFailed',
    sentence:
      'A script of the commit failed. The cause has the last lines of its log. If the commit is at fault, push a new commit instead.',
  },
  {
    error: jobErrors.deploymentFailed,
    code: 'LiveHookFailed',
    sentence:
      'A script of what Prod runs now failed on the old instances; this commit is not at fault, and another one fails the same way. Repair the script on each old instance, then redrive.',
    heading: 'A hook of what is live fails',
  },
  {
    error: jobErrors.deploymentFailed,
    code: 'AlarmActive',
    sentence:
      'Prod answered with errors or slowly, and CodeDeploy stopped the deployment. The cause names the alarms. If the commit is at fault, push a new commit instead. While such an alarm is on, a redrive ends as AlarmOn.',
  },
  {
    error: jobErrors.alarmOn,
    sentence:
      'An alarm of Prod was on, so nothing was deployed. The cause names it. If what Prod runs is at fault, go back to an earlier release. Otherwise wait until the alarm is off, then redrive; or redrive despite the alarm, with a reason.',
    heading: 'An alarm is on before a deployment',
  },
  {
    error: jobErrors.sentBack,
    sentence:
      'An operator sent the traffic back to the old instances in the soak. The cause names them and the reason. If the commit is at fault, push a new commit instead.',
    heading: 'A soak',
  },
  {
    error: jobErrors.imageReplaced,
    sentence:
      "Prod's image parameter was overwritten between the guard and the start of the new instances, and no traffic moved to them. The cause names them. Find out who wrote it, then redrive: that starts new instances from the approved image.",
    heading: 'A deployment is stopped before traffic moves',
  },
  {
    error: jobErrors.deploymentFailed,
    sentence:
      'Open the deployment by its link in the cause. Fix the environment. If the commit is at fault, push a new commit instead.',
  },
  {
    error: jobErrors.pipelineRunFailed,
    code: 'GuardBlocked',
    sentence: 'The guard blocked this deployment. Fix the reason that the cause names.',
  },
  {
    error: jobErrors.pipelineRunFailed,
    code: 'TestsNotStarted',
    sentence:
      'The tests did not start: their environment lacks what the cause names, for example a parameter. The commit is not at fault. Create it, or allow the test project to read it, then redrive.',
  },
  {
    error: jobErrors.pipelineRunFailed,
    code: 'TestsFailed',
    sentence: "The commit's tests failed. The cause links their log. Push a commit that passes.",
  },
  {
    error: jobErrors.pipelineRunFailed,
    code: 'LoadTestFailed',
    sentence:
      'The load test of QAT failed. The cause links its log. Push a commit that passes; if QAT was disturbed, redrive: that deploys and tests again.',
  },
  {
    error: jobErrors.pipelineRunFailed,
    sentence: 'Read in the cause which action of the pipeline failed, and fix the reason that it names.',
  },
  {
    error: jobErrors.pipelineRunSuperseded,
    sentence:
      'The run was stopped or superseded. Find out who stopped it or started another run of the pipeline.',
  },
  {
    error: 'ImageNotPointedAt',
    sentence: 'Check that the AMI in the cause exists and is available in this account and region.',
  },
  {
    error: 'ProvenanceInvalid',
    sentence:
      'The cause names an image, or what the commit was built into, and what is wrong with its signed statement. Push the commit again: what is built then gets new statements.',
  },
  {
    error: 'ProdNotVerified',
    sentence:
      'The cause lists what differs in Prod. Remove what does not belong there. The redrive verifies Prod again.',
  },
  {
    error: 'TargetGroupUnknown',
    sentence: "Prod's target group is not known. Deploy Prod's stack in its account again.",
  },
  {
    error: 'EnvironmentAccessNotConfigured',
    sentence:
      "The configuration of the environment's account is incomplete. Deploy the application's stack again.",
    heading: "A state's function fails",
  },
  {
    error: 'ReleaseGone',
    sentence:
      'The image or the revision of the release is gone, so nobody was asked. The cause names it. Go back to another release, or push the commit again. If the image is only disabled, enable it and redrive.',
  },
  {
    error: 'GoBackNotAskedFor',
    sentence:
      'The execution is not the go-back that an operator asked for: somebody started it by hand, or changed the ledger. Treat this as a security incident. A redrive fails again.',
  },
  {
    error: 'ReleaseNotRecorded',
    sentence:
      'The ledger no longer has the release that the promotion goes back to. Go back to another release.',
  },
  {
    error: 'SecretsFound',
    sentence:
      'The commit has what looks like a secret: the cause names file, line and rule. The commit is at fault, and a redrive fails again. Replace the secret where it is used, then push a commit without it.',
  },
  {
    error: 'ChangeNotRead',
    sentence:
      'Not all commits of the change could be read, so nobody was asked. The cause says why. What was read is kept, and a redrive reads the rest.',
  },
  {
    error: 'RepositoryUnreadable',
    sentence:
      'The repository could not be read at its provider, so nobody was asked. The cause names the answer and what to do. A redrive reads it again.',
  },
  {
    error: 'ManifestInvalid',
    sentence:
      'The archive does not prove who made the change, so nobody was asked. The cause says what is wrong with its manifest. Upload a signed archive; if only a key was missing in the configuration, deploy it and redrive.',
  },
  {
    error: PUSH_NOT_CONFIRMED,
    sentence:
      "The repository's provider has no record of the push that this promotion claims, so nobody was asked. Find the push in CloudTrail, or in the activity at GitHub or GitLab. If it is there, redrive; if not, somebody forged its event.",
  },
  {
    error: 'PushRecordUnclear',
    sentence:
      'Lockstep cannot read a record of CloudTrail that may be a push, so nobody was asked. The cause names it. Until tasks/source/branch-moves.ts knows its form, a redrive fails again.',
  },
  {
    error: 'PusherUnknown',
    sentence:
      'It is not known who pushed, so nobody was asked. A redrive fails again. Push the commit again.',
  },
  {
    error: 'NotStartedByPush',
    sentence:
      'Somebody started this execution by hand, so nobody was asked. A redrive fails again. Push the commit instead, and find out in CloudTrail who called StartExecution.',
  },
  {
    error: 'TooManyMakers',
    sentence:
      'More people made the change than a request can list, so nobody was asked. Push an earlier commit first, then this one.',
  },
  {
    error: 'ApproversNotRecorded',
    sentence: `The ledger lacks an approval that a task token was completed with. ${SECURITY_INCIDENT}`,
  },
  {
    error: 'ApproversMustDiffer',
    sentence: `One person approved in both roles. ${SECURITY_INCIDENT}`,
  },
  {
    error: 'ApproverMadeChange',
    sentence: `An approver wrote, committed or pushed the change. ${SECURITY_INCIDENT}`,
  },
  {
    error: 'ApprovedSomethingElse',
    sentence: `The approved candidate is not the one that would be built. ${SECURITY_INCIDENT}`,
  },
  {
    error: ENVIRONMENT_RESTORING,
    sentence:
      'Prod is not restored yet after a promotion that failed there. The log of restore-prod gives the reason.',
    heading: 'An environment is locked',
  },
  {
    error: ENVIRONMENT_LOCKED,
    sentence: 'Another promotion holds the environment lock. Redrive when it has released the lock.',
    heading: 'An environment is locked',
  },
  {
    error: ENVIRONMENT_FROZEN,
    sentence:
      'The calendar holds the environment. Redrive after the freeze, or have an operator and an approver agree to go on during it.',
    heading: 'An environment is frozen',
  },
  {
    error: QAT_CHANGED,
    sentence: 'Another promotion has pointed QAT at its image since. Push the commit again.',
    heading: 'QAT has changed',
  },
  {
    error: 'LedgerConflict',
    sentence: 'Another function changed a record at the same moment. There is nothing to fix.',
    heading: "A state's function fails",
  },
  {
    error: 'LedgerContended',
    sentence: 'A record changed each time that it was read. The cause names it. Find out what writes to it.',
    heading: "A state's function fails",
  },
  {
    error: 'States.Timeout',
    work: 'lock',
    sentence:
      'The promotion did not acquire the environment lock in time. Find the holder, and help it on or stop it.',
  },
  {
    error: 'States.Timeout',
    work: 'approval',
    sentence: 'Nobody decided in time. Check that the approvers get the mails and have a deputy.',
  },
  {
    error: 'States.Timeout',
    work: 'job',
    sentence:
      'The job did not end in time, or its end was missed. Open it by its link, and read the log of reconcile-jobs.',
  },
  {
    error: /^(States\.Timeout|States\.HeartbeatTimeout|Sandbox\.Timedout)$/,
    sentence: "The state's function timed out. Its log shows which call it waited for.",
    heading: "A state's function fails",
  },
  {
    error:
      /^(AccessDenied|UnauthorizedOperation|AuthFailure|Lambda\.AccessDenied|States\.Permissions|KMS\.?AccessDenied)/,
    sentence:
      'A permission is missing. The cause names the call. If a role, policy or key was changed outside the stack, deploy the stack again.',
    heading: "A state's function fails",
  },
  {
    error: /Throttl|TooManyRequests|RequestLimitExceeded|LimitExceeded|ProvisionedThroughput/,
    sentence: 'A service throttled the calls for longer than the retries last. Wait some minutes.',
    heading: "A state's function fails",
  },
  {
    error:
      /^Lambda\.(ServiceException|AWSLambdaException|SdkClientException|ClientExecutionTimeoutException)$/,
    sentence: 'Lambda itself failed for longer than two minutes of retries. Check the AWS Health Dashboard.',
    heading: "A state's function fails",
  },
  {
    error: /^(Lambda\.|Runtime\.|Function\.)/,
    sentence:
      "The state's function ended without a result, or is missing. Read its log, and check that the application's stack is complete.",
    heading: "A state's function fails",
  },
  {
    error:
      /^States\.(DataLimitExceeded|QueryEvaluationError|ResultPathMatchFailure|ParameterPathFailure|Runtime|NoChoiceMatched|IntrinsicFailure|ItemReaderFailed|BranchFailed)$/,
    sentence:
      'The definition itself failed on its data. A redrive runs the same definition. Fix it, then push the commit again.',
    heading: 'The state machine itself fails',
  },
];

/** Names and patterns of the errors that have an entry of their own. */
export const knownErrors: readonly (string | RegExp)[] = entries.map(({ error }) => error);

const fits = ({ error, code, work }: Entry, failure: Failure): boolean =>
  (typeof error === 'string' ? error === failure.error : error.test(failure.error)) &&
  (code === undefined || code === failure.code) &&
  (work === undefined || work === failure.work);

/** What to fix first, from a failure's error and code. */
export function remedyFor(failure: Failure): Remedy {
  const entry = entries.find((candidate) => fits(candidate, failure));
  if (entry !== undefined)
    return { sentence: entry.sentence, heading: entry.heading ?? headingOfState(failure.state) };
  return {
    sentence: `${failure.error || 'The error'} is not an error of Lockstep. Read the cause, and the log of the state's function.`,
    heading: "A state's function fails",
  };
}
