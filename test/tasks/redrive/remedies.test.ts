import { type Failure, remedyFor } from '../../../tasks/redrive/remedies.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';

const FUNCTION = "A state's function fails";

it.each<[Partial<Failure>, string, string]>([
  [
    { error: 'ImageBuildFailed', state: names.buildProdImage, code: undefined },
    "Image Builder's reason",
    'Build QAT image, Build Prod image',
  ],
  [
    {
      error: 'ImageBuildFailed',
      state: names.buildQatImage,
      code: 'StartFailed',
    },
    'did not start the build',
    'Build QAT image, Build Prod image',
  ],
  [
    { error: 'ImageBuildFailed', state: names.buildQatImage, code: 'JobMissing' },
    'was deleted',
    'Build QAT image, Build Prod image',
  ],
  [
    { error: 'ProvenanceInvalid', state: names.pointProdAtImage },
    'Push the commit again',
    'Point QAT at image, Point Prod at image',
  ],
  [{ error: 'SecretsFound', state: names.scanCommit }, 'push a commit without it', 'Scan commit'],
  [
    { error: 'InstanceRefreshFailed', state: names.refreshQatInstance },
    'activity history',
    'Refresh QAT instance',
  ],
  [
    { error: 'DeploymentFailed', state: names.deployToQat, code: 'AgentSilent' },
    'Check that it runs',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    { error: 'DeploymentFailed', state: names.deployToQat, code: 'AppSpecInvalid' },
    'Push a commit that fixes it',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    { error: 'DeploymentFailed', state: names.deployToProd, code: 'ScriptFailed' },
    'A script of the commit failed',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    { error: 'DeploymentFailed', state: names.deployToProd, code: 'LiveHookFailed' },
    'Repair the script on each old instance',
    'A hook of what is live fails',
  ],
  [
    { error: 'DeploymentFailed', state: names.deployToProd, code: 'AlarmActive' },
    'The cause names the alarms',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    { error: 'AlarmOn', state: names.deployToProd },
    'go back to an earlier release',
    'An alarm is on before a deployment',
  ],
  [
    { error: 'ImageReplaced', state: names.deployToProd },
    'no traffic moved',
    'A deployment is stopped before traffic moves',
  ],
  [{ error: 'SentBack', state: names.deployToProd }, 'sent the traffic back', 'A soak'],
  [
    { error: 'DeploymentFailed', state: names.deployToProd },
    'Open the deployment by its link',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    {
      error: 'PipelineRunFailed',
      state: names.deployToProd,
      code: 'GuardBlocked',
    },
    'The guard blocked',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    {
      error: 'PipelineRunFailed',
      state: names.deployToQat,
      code: 'TestsNotStarted',
    },
    'The commit is not at fault',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    {
      error: 'PipelineRunFailed',
      state: names.deployToQat,
      code: 'TestsFailed',
    },
    'Push a commit that passes',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    { error: 'PipelineRunFailed', state: names.deployToQat, code: 'LoadTestFailed' },
    'The load test of QAT failed',
    'Deploy to QAT, Deploy to Prod',
  ],
  [{ error: 'PipelineRunFailed', state: names.deployToQat }, 'which action', 'Deploy to QAT, Deploy to Prod'],
  [
    { error: 'PipelineRunSuperseded', state: names.deployToQat },
    'who stopped it',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    { error: 'ImageNotPointedAt', state: names.pointProdAtImage },
    'the AMI in the cause',
    'Point QAT at image, Point Prod at image',
  ],
  [{ error: 'ProdNotVerified', state: names.verifyProd }, 'lists what differs', 'Verify Prod'],
  [{ error: 'TargetGroupUnknown', state: names.verifyProd }, "Deploy Prod's stack", 'Verify Prod'],
  [
    { error: 'ApproversMustDiffer', state: names.confirmApprovers },
    'security incident',
    'Confirm approvers, Confirm image approvers',
  ],
  [
    { error: 'EnvironmentLocked', state: names.buildProdImage },
    'Redrive when it has released',
    'An environment is locked',
  ],
  [
    { error: 'EnvironmentFrozen', state: names.buildProdImage },
    'Redrive after the freeze',
    'An environment is frozen',
  ],
  [{ error: 'QatChanged', state: names.deployToQat }, 'Push the commit again', 'QAT has changed'],
  [
    { error: 'EnvironmentRestoring', state: names.buildProdImage },
    'restore-prod',
    'An environment is locked',
  ],
  [
    { error: 'States.Timeout', state: names.qcApproval, work: 'approval' },
    'Nobody decided',
    'QC approval, PMO approval',
  ],
  [
    { error: 'States.Timeout', state: names.pmoImageApproval, work: 'approval' },
    'Nobody decided',
    'QC image approval, PMO image approval',
  ],
  [
    { error: 'ApproversNotRecorded', state: names.confirmImageApprovers },
    'security incident',
    'Confirm approvers, Confirm image approvers',
  ],
  [
    { error: 'States.Timeout', state: names.deployToProd, work: 'job' },
    'did not end in time',
    'Deploy to QAT, Deploy to Prod',
  ],
  [
    { error: 'States.Timeout', state: names.lockProd, work: 'lock' },
    'did not acquire the environment lock in time',
    'Lock QAT, Lock Prod',
  ],
  [{ error: 'States.Timeout', state: names.verifyProd, work: 'function' }, 'timed out', FUNCTION],
  [{ error: 'Sandbox.Timedout', state: names.verifyProd }, 'timed out', FUNCTION],
  [{ error: 'AccessDeniedException', state: names.verifyProd }, 'A permission is missing', FUNCTION],
  [{ error: 'ThrottlingException', state: names.verifyProd }, 'Wait some minutes', FUNCTION],
  [{ error: 'Lambda.TooManyRequestsException', state: names.verifyProd }, 'Wait some minutes', FUNCTION],
  [{ error: 'Lambda.ServiceException', state: names.verifyProd }, 'Lambda itself', FUNCTION],
  [{ error: 'Lambda.Unknown', state: names.verifyProd }, 'ended without a result', FUNCTION],
  [{ error: 'Runtime.ExitError', state: names.verifyProd }, 'ended without a result', FUNCTION],
  [{ error: 'LedgerConflict', state: names.verifyProd }, 'There is nothing to fix', FUNCTION],
  [{ error: 'LedgerContended', state: names.qcApproval }, 'Find out what writes to it', FUNCTION],
  [
    { error: 'States.QueryEvaluationError', state: names.didQcApprove },
    'The definition itself',
    'The state machine itself fails',
  ],
  [{ error: 'TypeError', state: names.verifyProd }, 'TypeError is not an error of Lockstep', FUNCTION],
  [{ error: '', state: undefined }, 'The error is not an error', FUNCTION],
])('what to fix after %j', (failure, words, heading) => {
  const remedy = remedyFor({ error: '', code: undefined, state: undefined, work: undefined, ...failure });
  expect(remedy).toEqual({ sentence: expect.stringContaining(words), heading });
});
