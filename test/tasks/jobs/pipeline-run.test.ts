import {
  type Activity,
  AutoScalingClient,
  DescribeScalingActivitiesCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  DeploymentDoesNotExistException,
  type DeploymentInfo,
  DeploymentNotStartedException,
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
  PipelineExecutionNotFoundException,
  type PipelineExecutionStatus,
  StartPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { createDeployments } from '../../../tasks/jobs/codedeploy-deployments.ts';
import { createPipelineRuns } from '../../../tasks/jobs/codepipeline-runs.ts';
import { pipelineRun } from '../../../tasks/jobs/pipeline-run.ts';
import { aJob, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

const job = aJob({
  kind: 'pipeline-run',
  state: 'Deploy to QAT',
  parameters: { pipelineName: 'shop-qat', sourceAction: 'Source', commitId: COMMIT, environment: 'qat' },
});
const action = (
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

interface Situation {
  readonly activities?: Activity[];
  readonly stop?: () => void;
  readonly run: () => PipelineExecution;
  readonly actions?: ActionExecutionDetail[];
  readonly deployment?: () => DeploymentInfo;
  readonly targets?: InstanceTarget[];
  readonly list?: () => string[];
  readonly live?: { readonly promotionId: string; readonly commitId: string };
}
const kindIn = ({
  run,
  actions = [],
  deployment = () => ({}),
  targets = [],
  list,
  activities = [],
  stop = () => undefined,
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
    ),
    'us-east-1',
    async () => {},
  );
const inspect = (situation: Situation) =>
  kindIn(situation).inspect('shop-qat/e-1', async () => situation.live);
const causeOf = async (situation: Situation): Promise<string> => {
  const inspection = await inspect(situation);
  return inspection.state === 'failed' ? inspection.cause : '';
};

describe('a deployment whose new instances cannot be started (T57)', () => {
  const begun = new Date('2026-01-01T10:00:00Z');
  const launch = (minute: number, StatusCode: 'Failed' | 'Successful' = 'Failed'): Activity => ({
    ActivityId: `a-${minute}`,
    AutoScalingGroupName: 'CodeDeploy_prod_d-1',
    Cause: 'The desired capacity was not met.',
    Description: 'Launching a new EC2 instance',
    StatusCode,
    StatusMessage: `vCPU limit of 5, at 10:0${minute}`,
    StartTime: new Date(begun.getTime() + minute * 60_000),
  });
  const green = (status: 'InProgress' | 'Stopped', group?: string): DeploymentInfo => ({
    deploymentId: 'd-1',
    status,
    createTime: begun,
    ...(group !== undefined && { targetInstances: { autoScalingGroups: [group] } }),
  });
  const watched = (deployment: DeploymentInfo, activities: Activity[]) => {
    let stopped = 0;
    const situation: Situation = {
      run: () => ({ status: 'InProgress' }),
      actions: [action('CodeDeploy', 'InProgress', { externalExecutionId: 'd-1' })],
      deployment: () => deployment,
      activities,
      stop: () => {
        stopped += 1;
      },
    };
    return inspect(situation).then((inspection) => ({ inspection, stopped }));
  };
  const failing = [launch(3), launch(2), launch(1)];

  it('is stopped, and runs until that has happened', async () => {
    expect(await watched(green('InProgress', 'CodeDeploy_prod_d-1'), failing)).toEqual({
      inspection: { state: 'running' },
      stopped: 1,
    });
  });

  it.each<[string, DeploymentInfo, Activity[]]>([
    [
      'one of the last launches succeeded',
      green('InProgress', 'g'),
      [launch(3), launch(2, 'Successful'), launch(1)],
    ],
    ['only two failed', green('InProgress', 'g'), [launch(2), launch(1)]],
    ['it starts no instances', green('InProgress'), failing],
    ['it is stopped already', green('Stopped', 'g'), failing],
  ])('is left alone when %s', async (_, deployment, activities) => {
    expect(await watched(deployment, activities)).toEqual({ inspection: { state: 'running' }, stopped: 0 });
  });

  it("fails with Auto Scaling's own message first", async () => {
    const cause = await causeOf({
      run: () => ({ status: 'Failed' }),
      actions: [action('CodeDeploy', 'Failed', { externalExecutionId: 'd-1' })],
      deployment: () => green('Stopped', 'CodeDeploy_prod_d-1'),
      activities: failing,
    });
    expect(cause.split('\n')[0]).toBe('The new instances could not be started: vCPU limit of 5, at 10:03');
  });
});

describe('a pipeline’s run', () => {
  it('starts with the pinned commit and the promotion’s id, after what it needs is ready (T21)', async () => {
    const order: string[] = [];
    const { client, sent } = double(
      new CodePipelineClient(offline),
      on(StartPipelineExecutionCommand, () => {
        order.push('start');
        return { pipelineExecutionId: 'e-1' };
      }),
    );
    const kind = pipelineRun(
      createPipelineRuns(client),
      createDeployments(),
      'us-east-1',
      async ({ state }) => {
        order.push(`before ${state}`);
      },
    );
    expect(await kind.start(job, async () => false)).toBe('shop-qat/e-1');
    expect(order).toEqual(['before Deploy to QAT', 'start']);
    expect(sent.map(({ input }) => input)).toEqual([
      {
        name: 'shop-qat',
        clientRequestToken: job.clientToken,
        variables: [{ name: 'PROMOTION_ID', value: PROMOTION_ID }],
        sourceRevisions: [{ actionName: 'Source', revisionType: 'COMMIT_ID', revisionValue: COMMIT }],
      },
    ]);
  });

  it.each<PipelineExecutionStatus>(['InProgress', 'Stopping'])(
    'is running while it is %s',
    async (status) => {
      expect(await inspect({ run: () => ({ status }) })).toEqual({ state: 'running' });
    },
  );

  it("gives where the tests' report is", async () => {
    const actions = [
      action('CodeDeploy', 'Succeeded', { externalExecutionId: 'd-1' }),
      action('CodeBuild', 'Succeeded', { externalExecutionUrl: 'https://console/build' }),
    ];
    const output = { pipelineExecutionId: 'e-1', deploymentId: 'd-1' };
    expect(await inspect({ run: () => ({ status: 'Succeeded' }), actions })).toEqual({
      state: 'succeeded',
      output: { ...output, testsUrl: 'https://console/build' },
    });
    const silent = [
      action('CodeDeploy', 'Succeeded', { externalExecutionId: 'd-1' }),
      action('CodeBuild', 'Succeeded'),
    ];
    expect(await inspect({ run: () => ({ status: 'Succeeded' }), actions: silent })).toMatchObject({
      output: { testsUrl: expect.stringContaining('/pipelines/') },
    });
  });

  it('gives the deployment that it made', async () => {
    const actions = [
      action('Lambda', 'Succeeded'),
      action('CodeDeploy', 'Succeeded', { externalExecutionId: 'd-1' }),
    ];
    expect(await inspect({ run: () => ({ status: 'Succeeded' }), actions })).toEqual({
      state: 'succeeded',
      output: { pipelineExecutionId: 'e-1', deploymentId: 'd-1' },
    });
  });

  it('fails with PipelineRunFailed when it deployed nothing', async () => {
    expect(await inspect({ run: () => ({ status: 'Succeeded' }) })).toMatchObject({
      error: 'PipelineRunFailed',
      cause: expect.stringContaining('has no CodeDeploy action'),
    });
  });

  it('fails with PipelineRunFailed when another action failed, and says why (T25)', async () => {
    const guard = action('Lambda', 'Failed', {
      errorDetails: { code: 'JobFailed', message: 'This run was started by CreatePipeline' },
    });
    expect(await inspect({ run: () => ({ status: 'Failed' }), actions: [guard] })).toEqual({
      state: 'failed',
      error: 'PipelineRunFailed',
      code: 'GuardBlocked',
      cause: [
        'Run e-1 of the pipeline shop-qat ended Failed',
        'Action Lambda of stage Deploy failed: JobFailed: This run was started by CreatePipeline',
        'Console: https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop-qat/executions/e-1/timeline?region=us-east-1',
      ].join('\n'),
    });
  });

  it.each<PipelineExecutionStatus>(['Superseded', 'Cancelled', 'Stopped'])(
    'fails with PipelineRunSuperseded when it is %s (T23)',
    async (status) => {
      const run = () => ({ status, statusSummary: 'stopped by hand' });
      expect(await inspect({ run })).toMatchObject({
        error: 'PipelineRunSuperseded',
        cause: expect.stringContaining(`ended ${status}: stopped by hand`),
      });
    },
  );

  it('says when its service does not know it', async () => {
    const run = () => {
      throw new PipelineExecutionNotFoundException(because('gone'));
    };
    expect(await inspect({ run })).toMatchObject({ state: 'missing', error: 'PipelineRunFailed' });
  });
});

describe('a failed deployment', () => {
  const failed: Situation = {
    run: () => ({ status: 'Failed' }),
    actions: [action('CodeDeploy', 'Failed', { externalExecutionId: 'd-1' })],
    deployment: () => ({
      applicationName: 'shop',
      deploymentGroupName: 'qat',
      status: 'Failed',
      errorInformation: { code: 'HEALTH_CONSTRAINTS', message: 'too few healthy instances' },
    }),
  };
  const scriptFailed: InstanceTarget = {
    targetId: 'i-1',
    status: 'Failed',
    lifecycleEvents: [
      { lifecycleEventName: 'BeforeInstall', status: 'Succeeded' },
      {
        lifecycleEventName: 'ApplicationStart',
        status: 'Failed',
        diagnostics: {
          errorCode: 'ScriptFailed',
          scriptName: 'scripts/start.sh',
          message: 'exited with 1',
          logTail: Array.from({ length: 40 }, (_, line) => `line ${line}`).join('\n'),
        },
      },
    ],
  };

  it('names the script, and the last lines of its log', async () => {
    const inspection = await inspect({ ...failed, targets: [scriptFailed] });
    expect(inspection).toMatchObject({ state: 'failed', error: 'DeploymentFailed' });
    const cause = await causeOf({ ...failed, targets: [scriptFailed] });
    expect(cause).toMatch(/^CodeDeploy deployment d-1 of shop\/qat is Failed: HEALTH_CONSTRAINTS\nInstance /);
    expect(cause).toContain('ApplicationStart: ScriptFailed in scripts/start.sh: exited with 1');
    expect(cause).toMatch(/line 39\nConsole: .*deployments\/d-1/);
    expect(cause).not.toContain('line 19\n');
    expect(cause).not.toContain('agent was silent');
  });

  describe('by a hook of what is live (T70)', () => {
    const live = { promotionId: 'shop-live', commitId: 'c0ffee12'.repeat(5) };
    const failedIn = (
      instanceLabel: 'Blue' | 'Green',
      targetId: string,
      lifecycleEventName: string,
      message = 'failed with exit code 7',
    ): InstanceTarget => ({
      targetId,
      instanceLabel,
      status: 'Failed',
      lifecycleEvents: [
        {
          lifecycleEventName,
          status: 'Failed',
          diagnostics: {
            errorCode: 'ScriptFailed',
            scriptName: 'scripts/blocked.sh',
            message,
            logTail: 'no such file',
          },
        },
      ],
    });
    const found = (targets: InstanceTarget[]) => inspect({ ...failed, live, targets });

    it('fails as that: it names hook, revision and instances, shows the log, and does not blame the commit', async () => {
      const inspection = await found([
        failedIn('Blue', 'i-1', 'AfterBlockTraffic'),
        failedIn('Blue', 'i-2', 'AfterBlockTraffic'),
        { targetId: 'i-3', instanceLabel: 'Blue', status: 'Pending' },
      ]);
      expect(inspection).toMatchObject({ error: 'DeploymentFailed', code: 'LiveHookFailed' });
      const { cause = '' } = inspection as { cause?: string };
      expect(cause.split('\n')[0]).toBe(
        'The hook AfterBlockTraffic of what Prod runs now, commit c0ffee12 (promotion shop-live), failed on the old instances ' +
          'i-1 and i-2; it is not a fault of this commit. Every promotion fails like this until the script is repaired there: ' +
          'RUNBOOK.md, "A hook of what is live fails".',
      );
      expect(cause).toContain(
        'AfterBlockTraffic: ScriptFailed in scripts/blocked.sh: failed with exit code 7',
      );
      expect(cause).toContain('no such file');
    });

    it('fails as that when nothing is noted as live', async () => {
      const targets = [failedIn('Blue', 'i-1', 'BeforeBlockTraffic')];
      expect(await inspect({ ...failed, targets })).toMatchObject({
        code: 'LiveHookFailed',
        cause: expect.stringMatching(
          /^The hook BeforeBlockTraffic of what Prod runs now failed on the old instance i-1; it is not a fault of this commit/,
        ),
      });
    });

    it.each<[string, InstanceTarget[], string | undefined]>([
      ['a hook of the commit', [failedIn('Green', 'i-1', 'AfterAllowTraffic')], 'ScriptFailed'],
      ['its hook in place', [failedIn('Green', 'i-1', 'BeforeBlockTraffic')], 'ScriptFailed'],
      ['the load balancer', [failedIn('Blue', 'i-1', 'BlockTraffic')], 'ScriptFailed'],
      [
        'a silent agent',
        [
          failedIn(
            'Blue',
            'i-1',
            'BeforeBlockTraffic',
            'CodeDeploy agent was not able to receive the lifecycle event.',
          ),
        ],
        'AgentSilent',
      ],
    ])('fails otherwise by %s', async (_, targets, code) => {
      const inspection = await found(targets);
      expect(inspection).toMatchObject({ code });
      expect((inspection as { cause?: string }).cause).not.toContain('what Prod runs now');
    });

    it('fails by the commit first if both failed, and names both', async () => {
      const inspection = await found([
        failedIn('Blue', 'i-1', 'AfterBlockTraffic'),
        failedIn('Green', 'i-2', 'ApplicationStart'),
      ]);
      expect(inspection).toMatchObject({
        code: 'ScriptFailed',
        cause: expect.stringContaining('The hook AfterBlockTraffic of what Prod runs now'),
      });
    });
  });

  it('names the alarms that stopped it, and blames no instance for what it had not done yet', async () => {
    const message = 'One or more alarms have been activated. Activated alarms: <orders-errors>';
    const stopped: Situation = {
      ...failed,
      deployment: () => ({ status: 'Stopped', errorInformation: { code: 'ALARM_ACTIVE', message } }),
      targets: [{ targetId: 'i-2', status: 'InProgress', lifecycleEvents: [] }],
    };
    expect(await causeOf(stopped)).toMatch(/ is Stopped: ALARM_ACTIVE: .*<orders-errors>\nConsole: /);
    expect(await inspect(stopped)).toMatchObject({ state: 'failed', code: 'AlarmActive' });
  });

  it('gives CodeDeploy’s own words when no instance reports what failed', async () => {
    expect(await causeOf({ ...failed, targets: [] })).toContain(
      'HEALTH_CONSTRAINTS: too few healthy instances',
    );
  });

  it.each<[string, InstanceTarget]>([
    ['nothing happened', { targetId: 'i-2', status: 'Failed', lifecycleEvents: [] }],
    [
      'its first event never arrived',
      {
        targetId: 'i-2',
        status: 'Failed',
        lifecycleEvents: [
          {
            lifecycleEventName: 'ApplicationStop',
            status: 'Failed',
            diagnostics: {
              errorCode: 'UnknownError',
              message: 'CodeDeploy agent was not able to receive the lifecycle event. Check the agent logs.',
            },
          },
        ],
      },
    ],
  ])('distinguishes a silent agent from a failed script when %s (T32)', async (_, target) => {
    const cause = await causeOf({ ...failed, targets: [target] });
    expect(cause).toContain('Its CodeDeploy agent was silent: no script ran.');
  });

  it('does not call an agent silent that could not fetch the bundle', async () => {
    const target: InstanceTarget = {
      targetId: 'i-3',
      status: 'Failed',
      lifecycleEvents: [
        {
          lifecycleEventName: 'DownloadBundle',
          status: 'Failed',
          diagnostics: { errorCode: 'UnknownError', message: 'Access Denied' },
        },
      ],
    };
    const cause = await causeOf({ ...failed, targets: [target] });
    expect(cause).toContain('DownloadBundle: UnknownError: Access Denied');
    expect(cause).not.toContain('silent');
  });

  it('shows what failed before what still waited, and not more than five of many', async () => {
    const waiting = Array.from(
      { length: 30 },
      (_, n): InstanceTarget => ({ targetId: `w-${n}`, status: 'Pending' }),
    );
    const cause = await causeOf({ ...failed, targets: [...waiting, scriptFailed] });
    expect(cause.indexOf('Instance i-1, Failed')).toBeLessThan(cause.indexOf('Instance w-0, Pending'));
    expect(cause).toContain('… and 26 more instances');
  });

  it('still says what is known when the deployment never began, or is gone', async () => {
    const list = () => {
      throw new DeploymentNotStartedException(because('not started'));
    };
    expect(await causeOf({ ...failed, list })).toContain('HEALTH_CONSTRAINTS');
    const deployment = () => {
      throw new DeploymentDoesNotExistException(because('gone'));
    };
    expect(await causeOf({ ...failed, deployment })).toContain('CodeDeploy deployment d-1 is unknown');
  });
});
