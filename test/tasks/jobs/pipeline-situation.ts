import {
  type Activity,
  AutoScalingClient,
  DescribeScalingActivitiesCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  ContinueDeploymentCommand,
  DeploymentAlreadyCompletedException,
  type DeploymentInfo,
  DeploymentIsNotInReadyStateException,
  GetDeploymentCommand,
  type InstanceTarget,
  ListDeploymentTargetsCommand,
  StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import {
  type ActionExecutionDetail,
  CodePipelineClient,
  GetPipelineExecutionCommand,
  ListActionExecutionsCommand,
  type PipelineExecution,
} from '@aws-sdk/client-codepipeline';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { createAlarms } from '../../../tasks/alarms/cloudwatch-alarms.ts';
import { createDeployments } from '../../../tasks/jobs/codedeploy-deployments.ts';
import { createPipelineRuns } from '../../../tasks/jobs/codepipeline-runs.ts';
import { pipelineRun } from '../../../tasks/jobs/pipeline-run.ts';
import { aJob, COMMIT } from '../doubles/samples.ts';
import { double, offline, on } from '../doubles/sdk.ts';

export const job = aJob({
  kind: 'pipeline-run',
  state: 'Deploy to QAT',
  parameters: { pipelineName: 'shop-qat', sourceAction: 'Source', commitId: COMMIT, environment: 'qat' },
});
export const action = (
  provider: string,
  status: ActionExecutionDetail['status'],
  executionResult: NonNullable<ActionExecutionDetail['output']>['executionResult'] = {},
): ActionExecutionDetail => ({
  stageName: 'Deploy',
  actionName: provider,
  status,
  input: { actionTypeId: { category: 'Deploy', owner: 'AWS', provider, version: '1' } },
  output: { executionResult },
});

export interface Situation {
  readonly activities?: Activity[];
  readonly stop?: () => void;
  readonly alarms?: () => MetricAlarm[];
  readonly run: () => PipelineExecution;
  readonly actions?: ActionExecutionDetail[];
  readonly deployment?: () => DeploymentInfo;
  readonly targets?: InstanceTarget[];
  readonly list?: () => string[];
  /** AMI by id of the instances that EC2 describes. */
  readonly images?: Readonly<Record<string, string>>;
  /** Is told what CodeDeploy is asked for in the wait before traffic moves. */
  readonly called?: (call: string) => void;
  /** The deployment has ended when that is asked for. */
  readonly isLate?: boolean;
  readonly live?: { readonly promotionId: string; readonly commitId: string };
}
export const kindIn = ({
  run,
  actions = [],
  deployment = () => ({}),
  targets = [],
  list,
  activities = [],
  stop = () => undefined,
  alarms = () => [],
  images = {},
  called = () => undefined,
  isLate = false,
}: Situation) =>
  pipelineRun(
    createPipelineRuns(
      double(
        new CodePipelineClient(offline),
        on(GetPipelineExecutionCommand, () => ({ pipelineExecution: run() })),
        on(ListActionExecutionsCommand, ({ nextToken }) =>
          nextToken === undefined
            ? {
                actionExecutionDetails: actions.slice(0, 1),
                ...(actions.length > 1 ? { nextToken: '1' } : {}),
              }
            : { actionExecutionDetails: actions.slice(1) },
        ),
      ).client,
    ),
    createDeployments(
      double(
        new CodeDeployClient(offline),
        on(GetDeploymentCommand, () => ({ deploymentInfo: deployment() })),
        on(ListDeploymentTargetsCommand, () => ({
          targetIds: list?.() ?? targets.map(({ targetId }) => targetId ?? ''),
        })),
        on(BatchGetDeploymentTargetsCommand, ({ targetIds }) => ({
          deploymentTargets: targets
            .filter(({ targetId }) => targetIds?.includes(targetId ?? ''))
            .map((instanceTarget) => ({ deploymentTargetType: 'InstanceTarget' as const, instanceTarget })),
        })),
        on(ContinueDeploymentCommand, ({ deploymentWaitType }) => {
          called(`continue ${deploymentWaitType}`);
          if (isLate) throw new DeploymentIsNotInReadyStateException({ message: '', $metadata: {} });
          return {};
        }),
        on(StopDeploymentCommand, ({ autoRollbackEnabled }) => {
          stop();
          called(`stop ${autoRollbackEnabled}`);
          if (isLate) throw new DeploymentAlreadyCompletedException({ message: '', $metadata: {} });
          return { status: 'Pending' as const };
        }),
      ).client,
      double(
        new AutoScalingClient(offline),
        on(DescribeScalingActivitiesCommand, () => ({ Activities: activities })),
      ).client,
      createAlarms(
        double(
          new CloudWatchClient(offline),
          on(DescribeAlarmsCommand, ({ AlarmNames = [] }) => ({
            MetricAlarms: alarms().filter(({ AlarmName = '' }) => AlarmNames.includes(AlarmName)),
          })),
          on(GetMetricDataCommand, ({ StartTime = new Date(0) }) => ({
            MetricDataResults: [{ Timestamps: [StartTime], Values: [42] }],
          })),
        ).client,
      ),
      double(
        new EC2Client(offline),
        on(DescribeInstancesCommand, ({ InstanceIds = [] }) => ({
          Reservations: [
            {
              Instances: InstanceIds.flatMap((InstanceId) => {
                const ImageId = images[InstanceId];
                return ImageId === undefined ? [] : [{ InstanceId, ImageId }];
              }),
            },
          ],
        })),
      ).client,
    ),
    'us-east-1',
    async () => {},
  );
export const inspect = (situation: Situation) =>
  kindIn(situation).inspect('shop-qat/e-1', async () => situation.live, aJob());
export const causeOf = async (situation: Situation): Promise<string> => {
  const inspection = await inspect(situation);
  return inspection.state === 'failed' ? inspection.cause : '';
};
