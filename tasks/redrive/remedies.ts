import type { FailureCode } from '../failure-cause.ts';
import { jobErrors } from '../jobs/job-errors.ts';
import { ENVIRONMENT_LOCKED, ENVIRONMENT_RESTORING, QAT_CHANGED } from '../payloads.ts';
import { headingOfState, type RunbookHeading } from './runbook-headings.ts';

/** What a state does, as far as it matters for what to fix; `turn`: it waits for one. */
export type Work = 'job' | 'approval' | 'lock' | 'function';

/** What to mend before a redrive. */
export interface Remedy {
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

const NOT_OF_PEOPLE =
  'Treat it as a security incident. A redrive reads the same records and fails again for as long as they are so.';

/** By error and code; the first that fits counts. Errors of Lambda and `States.…`: Step Functions' developer guide. */
const entries: readonly Entry[] = [
  {
    error: jobErrors.imageBuildFailed,
    code: 'StartFailed',
    sentence:
      'Image Builder refused the build for the reason in the cause: a quota, a permission, or a recipe.',
  },
  {
    error: jobErrors.imageBuildFailed,
    code: 'JobMissing',
    sentence: 'The image was deleted while it was built: find out by whom. The redrive builds another.',
  },
  {
    error: jobErrors.imageBuildFailed,
    sentence:
      "Read Image Builder's reason in the cause and the build's log. Mend the component, or wait for what it lacked.",
  },
  {
    error: jobErrors.instanceRefreshFailed,
    sentence:
      "See in the group's activity history why no instance came into service: capacity, quota, or the image.",
  },
  {
    error: jobErrors.deploymentFailed,
    code: 'AgentSilent',
    sentence:
      "The instance's CodeDeploy agent was silent: see that it runs, that it reaches CodeDeploy, and what its role may read.",
  },
  {
    error: jobErrors.deploymentFailed,
    code: 'ScriptFailed',
    sentence:
      "A script of the commit failed; its log's last lines are in the cause. A fault of the commit: push a new one instead.",
  },
  {
    error: jobErrors.deploymentFailed,
    sentence:
      "Follow the deployment's link in the cause. Mend the environment; for a fault of the commit, push a new one instead.",
  },
  {
    error: jobErrors.pipelineRunFailed,
    code: 'GuardBlocked',
    sentence: 'The guard let the run not deploy, for the reason in the cause. Put right what it names.',
  },
  {
    error: jobErrors.pipelineRunFailed,
    code: 'TestsFailed',
    sentence: "The commit's tests failed; the cause links their log. Push a commit that passes.",
  },
  {
    error: jobErrors.pipelineRunFailed,
    sentence: 'Read in the cause which action of the pipeline failed, and mend what it names.',
  },
  {
    error: jobErrors.pipelineRunSuperseded,
    sentence:
      'Somebody or something else ended the run: find out who stopped it, or started another run of the pipeline.',
  },
  {
    error: 'ImageNotPointedAt',
    sentence: 'See that the AMI of the cause exists and is available in this account and region.',
  },
  {
    error: 'ProdNotVerified',
    sentence:
      'The cause lists what differs in Prod. Remove what does not belong there; the redrive looks again.',
  },
  {
    error: 'TargetGroupUnknown',
    sentence: "Prod's target group is not known: deploy Prod's stack in its account again.",
  },
  {
    error: 'ReachNotConfigured',
    sentence:
      "What leads to the environment's account is not complete: deploy the application's stack again.",
    heading: "A state's function fails",
  },
  {
    error: 'ApproversNotRecorded',
    sentence: `The ledger lacks an approval that the state machine was told of. ${NOT_OF_PEOPLE}`,
  },
  {
    error: 'ApproversMustDiffer',
    sentence: `One person approved in both roles. ${NOT_OF_PEOPLE}`,
  },
  {
    error: 'ApproverMadeChange',
    sentence: `An approver wrote, committed or pushed the change. ${NOT_OF_PEOPLE}`,
  },
  {
    error: 'ApprovedSomethingElse',
    sentence: `What was approved is not what would be built. ${NOT_OF_PEOPLE}`,
  },
  {
    error: ENVIRONMENT_RESTORING,
    sentence:
      'Prod is not in order yet after a promotion that failed there: the log of restore-prod says why.',
    heading: 'An environment is locked',
  },
  {
    error: ENVIRONMENT_LOCKED,
    sentence: 'Another promotion holds the environment: wait until it has let go, then redrive.',
    heading: 'An environment is locked',
  },
  {
    error: QAT_CHANGED,
    sentence: 'Another promotion has pointed QAT at its image since: push the commit again.',
    heading: 'QAT has changed',
  },
  {
    error: 'LedgerConflict',
    sentence: 'A record was changed by somebody else at the same moment. Nothing is to be mended.',
    heading: "A state's function fails",
  },
  {
    error: 'LedgerContended',
    sentence: 'A record was changed each time that it was read: the cause names it. See what writes to it.',
    heading: "A state's function fails",
  },
  {
    error: 'States.Timeout',
    work: 'lock',
    sentence: 'Its turn did not come in time: see who has it, and bring that one on or stop it.',
  },
  {
    error: 'States.Timeout',
    work: 'approval',
    sentence: 'Nobody decided in time. See that who is asked gets the mails, or has a deputy.',
  },
  {
    error: 'States.Timeout',
    work: 'job',
    sentence:
      'The job had not ended in time, or nobody was told: look at it through its link, and at the log of reconcile-jobs.',
  },
  {
    error: /^(States\.Timeout|States\.HeartbeatTimeout|Sandbox\.Timedout)$/,
    sentence: "The state's function did not answer in time: its log tells which call it waited for.",
    heading: "A state's function fails",
  },
  {
    error:
      /^(AccessDenied|UnauthorizedOperation|AuthFailure|Lambda\.AccessDenied|States\.Permissions|KMS\.?AccessDenied)/,
    sentence:
      'A permission is missing; the cause names the call. Was a role, policy or key changed past the stack? Deploy it again.',
    heading: "A state's function fails",
  },
  {
    error: /Throttl|TooManyRequests|RequestLimitExceeded|LimitExceeded|ProvisionedThroughput/,
    sentence: 'A service had too many requests, for longer than the retries last. Wait some minutes.',
    heading: "A state's function fails",
  },
  {
    error:
      /^Lambda\.(ServiceException|AWSLambdaException|SdkClientException|ClientExecutionTimeoutException)$/,
    sentence:
      'Lambda itself was at fault for longer than two minutes of retries. See the AWS Health Dashboard.',
    heading: "A state's function fails",
  },
  {
    error: /^(Lambda\.|Runtime\.|Function\.)/,
    sentence:
      "The state's function ended without an answer, or is missing: its log tells why. Is the application's stack whole?",
    heading: "A state's function fails",
  },
  {
    error:
      /^States\.(DataLimitExceeded|QueryEvaluationError|ResultPathMatchFailure|ParameterPathFailure|Runtime|NoChoiceMatched|IntrinsicFailure|ItemReaderFailed|BranchFailed)$/,
    sentence:
      'The definition itself failed on its data. A redrive runs the same definition: push the commit again once it is mended.',
    heading: 'The state machine itself fails',
  },
];

/** Names and patterns of the errors that have an entry of their own. */
export const knownErrors: readonly (string | RegExp)[] = entries.map(({ error }) => error);

const fits = ({ error, code, work }: Entry, failure: Failure): boolean =>
  (typeof error === 'string' ? error === failure.error : error.test(failure.error)) &&
  (code === undefined || code === failure.code) &&
  (work === undefined || work === failure.work);

/** What to mend first, from a failure's error and code. */
export function remedyFor(failure: Failure): Remedy {
  const entry = entries.find((candidate) => fits(candidate, failure));
  if (entry !== undefined)
    return { sentence: entry.sentence, heading: entry.heading ?? headingOfState(failure.state) };
  return {
    sentence: `${failure.error || 'The error'} is none that Lockstep gives: read the cause, and the log of the state's function.`,
    heading: "A state's function fails",
  };
}
