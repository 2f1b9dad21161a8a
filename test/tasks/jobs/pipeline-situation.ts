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
  type DeploymentInfo,
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
        on(StopDeploymentCommand, () => {
          stop();
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
