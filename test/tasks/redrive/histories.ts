import { causeText } from '../../../tasks/failure-cause.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';
import type { History } from '../../approvals-ui/support/history.ts';
import { untilProd, untilQc } from '../../approvals-ui/support/scene.ts';

export const failedBuild = (history: History) =>
  untilProd(history)
    .enter(names.buildProdImage)
    .schedule()
    .taskFailed('ImageBuildFailed', 'phase validate failed')
    .executionFailed('ImageBuildFailed', 'phase validate failed');
export const failedDeployment = (history: History) =>
  untilProd(history)
    .done(names.buildProdImage)
    .done(names.pointProdAtImage)
    .enter(names.deployToProd)
    .schedule()
    .taskFailed(
      'DeploymentFailed',
      causeText({ code: 'ScriptFailed', cause: 'AfterInstall: ScriptFailed in install.sh' }),
    )
    .executionFailed('DeploymentFailed');
export const expiredQc = (history: History) =>
  untilQc(history).taskTimedOut().executionFailed('States.Timeout');
export const denied = (history: History) => {
  untilQc(history).add('TaskSucceeded');
  return history
    .exit(names.qcApproval)
    .choose(names.didQcApprove)
    .enter(names.rejected, 'Fail')
    .executionFailed('Rejected', 'QC rejected: quinn');
};
export const endingAs = (error: string) => (history: History) =>
  untilQc(history).enter(error, 'Fail').executionFailed(error, 'by shop-2222');

export const waitedFor = (state: string) => (history: History) =>
  history.enter(state).schedule().taskTimedOut().executionFailed('States.Timeout');
