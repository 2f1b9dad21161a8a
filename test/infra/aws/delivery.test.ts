import { text } from '../../../scripts/templates.ts';
import {
  grantsOfRole,
  ofType,
  only,
  patternOf,
  type Resource,
  type Statement,
  stackOf,
  templates,
} from './support/templates.ts';

const stacks = templates();
const orders = stackOf(stacks, 'Lockstep-orders');
const rules = ofType(orders, 'AWS::Events::Rule');
const pipelines = ofType(orders, 'AWS::CodePipeline::Pipeline');
interface Action {
  readonly Name: string;
  readonly RunOrder: number;
  readonly Namespace?: string;
  readonly ActionTypeId: { readonly Provider: string; readonly Category: string };
  readonly Configuration: Readonly<Record<string, unknown>>;
}
const stagesOf = ({ Properties }: Resource) =>
  Properties.Stages as readonly { readonly Name: string; readonly Actions: readonly Action[] }[];

describe('pipelines', () => {
  it('T20: a guard stands before each deployment', () => {
    expect(pipelines).toHaveLength(2);
    for (const [, pipeline] of pipelines) {
      const [source, deploy, ...more] = stagesOf(pipeline);
      expect(more).toEqual([]);
      expect(source?.Actions.map(({ Name, Namespace }) => [Name, Namespace])).toEqual([
        ['Source', 'SourceVariables'],
      ]);
      const [guard, deployment] = deploy?.Actions ?? [];
      expect([guard?.ActionTypeId.Provider, guard?.RunOrder]).toEqual(['Lambda', 1]);
      expect([deployment?.ActionTypeId.Provider, deployment?.RunOrder]).toEqual(['CodeDeploy', 2]);
      const environment = String(pipeline.Properties.Name).split('-').at(-1);
      expect(JSON.parse(String(guard?.Configuration.UserParameters))).toEqual({
        environment,
        pipelineName: `lockstep-orders-${environment}`,
        promotionId: '#{variables.PROMOTION_ID}',
        pipelineExecutionId: '#{codepipeline.PipelineExecutionId}',
        commitId: '#{SourceVariables.CommitId}',
      });
      expect(pipeline.Properties.Variables).toMatchObject([{ Name: 'PROMOTION_ID', DefaultValue: 'none' }]);
    }
  });

  it('T20: the guard knows the one role that may start pipelines, and can complete its action', () => {
    const [, { Properties }] = only(orders, 'AWS::Lambda::Function', 'FunctionsGuard');
    const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
    expect(text(Variables.STARTER_ROLE_ARN)).toMatch(/^<FunctionsStartJobRole\w+\.Arn>$/);
    expect(grantsOfRole(orders, 'FunctionsGuard')).toEqual(
      expect.arrayContaining([
        'codepipeline:PutJobSuccessResult on *',
        'codepipeline:PutJobFailureResult on *',
        expect.stringMatching(/^codepipeline:GetPipelineExecution on .*:lockstep-orders-prod$/),
      ]),
    );
  });

  it('T22: nothing but the state machine starts a pipeline', () => {
    for (const [, pipeline] of pipelines) {
      expect(stagesOf(pipeline)[0]?.Actions[0]?.Configuration.PollForSourceChanges).toBe(false);
      expect(pipeline.Properties).not.toHaveProperty('Triggers');
    }
    for (const [id, { Properties }] of rules)
      for (const { Arn } of Properties.Targets as { Arn: unknown }[])
        expect([id, text(Arn)]).toEqual([
          id,
          expect.stringMatching(/^<(?:Functions|Keeping|Look)\w+\.Arn>$/),
        ]);
  });

  it('T23: runs wait for each other', () => {
    for (const [, { Properties }] of pipelines)
      expect(Properties).toMatchObject({ PipelineType: 'V2', ExecutionMode: 'QUEUED' });
  });

  it('T24: ends of runs wake complete-job', () => {
    expect(patternOf(orders, 'TriggersPipelineRunEnded')).toMatchObject({
      source: ['aws.codepipeline'],
      'detail-type': ['CodePipeline Pipeline Execution State Change'],
      detail: {
        pipeline: ['lockstep-orders-qat', 'lockstep-orders-prod'],
        state: ['SUCCEEDED', 'FAILED', 'CANCELED', 'STOPPED', 'SUPERSEDED'],
      },
    });
  });

  it('T25: the functions that complete jobs may read why a deployment failed', () => {
    for (const prefix of ['FunctionsStartJob', 'FunctionsCompleteJob', 'FunctionsReconcileJobs'])
      expect(grantsOfRole(orders, prefix)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^codedeploy:GetDeployment on .*<Qat\w+>\/qat$/),
          expect.stringMatching(/^codedeploy:GetDeployment on .*<Prod\w+>\/prod$/),
          'codedeploy:ListDeploymentTargets on *',
          'codedeploy:BatchGetDeploymentTargets on *',
        ]),
      );
  });

  it('T27: instances may fetch and decrypt revisions', () => {
    for (const prefix of ['QatInstanceRole', 'ProdInstanceRole']) {
      expect(grantsOfRole(orders, prefix)).toContainEqual(
        expect.stringMatching(/^s3:GetObject on <Artifacts\w+\.Arn>\/\*$/),
      );
      expect(grantsOfRole(orders, prefix)).toContainEqual(
        expect.stringMatching(/^kms:Decrypt on <Key\w+\.Arn>$/),
      );
    }
  });
});

describe('deployments', () => {
  it('T26: nobody may retry a stage: a redrive starts another run with the same commit', () => {
    const allowed = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap((type) => ofType(orders, type))
      .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement)
      .filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.length).toBeGreaterThan(20);
    expect(JSON.stringify(allowed)).not.toMatch(/codepipeline:(RetryStageExecution|\*)/);
  });

  it("T28: CodeDeploy's events, which new instances cause too, wake nobody; but that a deployment to Prod waits has open jobs and rollbacks looked at", () => {
    expect(rules.length).toBeGreaterThan(4);
    const ofCodeDeploy = rules.filter(([, { Properties }]) =>
      JSON.stringify(Properties.EventPattern ?? {}).includes('aws.codedeploy'),
    );
    expect(ofCodeDeploy.map(([, { Properties }]) => Properties)).toMatchObject(
      [/^FunctionsReconcileJobs/, /^FunctionsRestoreProd/].map((handler) => ({
        EventPattern: {
          source: ['aws.codedeploy'],
          'detail-type': ['CodeDeploy Deployment State-change Notification'],
          detail: {
            application: [{ Ref: expect.stringMatching(/^ProdCodeDeploy/) }],
            deploymentGroup: ['prod'],
            state: ['READY'],
          },
        },
        Targets: [{ Arn: { 'Fn::GetAtt': [expect.stringMatching(handler), 'Arn'] } }],
      })),
    );
  });
});

describe('QAT', () => {
  it('T29: CodeDeploy finds the instance by tag, not by its group', () => {
    const [, { Properties }] = only(orders, 'AWS::CodeDeploy::DeploymentGroup');
    expect(Properties).not.toHaveProperty('AutoScalingGroups');
    const tag = { Key: 'lockstep:environment', Value: 'orders-qat' };
    expect(Properties.Ec2TagSet).toEqual({
      Ec2TagSetList: [{ Ec2TagGroup: [{ ...tag, Type: 'KEY_AND_VALUE' }] }],
    });
    const [, group] = only(orders, 'AWS::AutoScaling::AutoScalingGroup');
    expect(group.Properties.Tags).toContainEqual({ ...tag, PropagateAtLaunch: true });
    expect(group.Properties).toMatchObject({ MinSize: '1', MaxSize: '1' });
  });

  it('T30: ends of instance refreshes wake complete-job, and start-job may refresh QAT only', () => {
    expect(patternOf(orders, 'TriggersInstanceRefreshEnded')).toMatchObject({
      source: ['aws.autoscaling'],
      'detail-type': [
        'EC2 Auto Scaling Instance Refresh Succeeded',
        'EC2 Auto Scaling Instance Refresh Failed',
        'EC2 Auto Scaling Instance Refresh Cancelled',
      ],
    });
    expect(
      grantsOfRole(orders, 'FunctionsStartJob').filter((grant) =>
        grant.startsWith('autoscaling:StartInstanceRefresh'),
      ),
    ).toEqual([expect.stringMatching(/:autoScalingGroup:\*:autoScalingGroupName\/<QatGroup\w+>$/)]);
  });
});

describe('state machine', () => {
  it('T33: a rule on its executions reports failures', () => {
    expect(patternOf(orders, 'TriggersExecutionStatus')).toMatchObject({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [{ Ref: expect.stringMatching(/^PromotionStateMachine/) }] },
    });
  });

  it('T38: every five minutes somebody asks about open jobs, and looks at the instances', () => {
    const schedules = ofType(orders, 'AWS::Scheduler::Schedule');
    const invoked = schedules
      .filter(([, { Properties }]) => Properties.ScheduleExpression === 'rate(5 minutes)')
      .map(([, { Properties }]) => text((Properties.Target as { Arn: unknown }).Arn));
    expect(invoked.sort()).toEqual(
      [
        'FunctionsAcquireLock',
        'FunctionsReconcileJobs',
        'FunctionsRestoreProd',
        'FunctionsTrackPromotion',
        'LookLookAtInstances',
      ].map((name) => expect.stringContaining(`${name}Function`)),
    );
  });

  it('T63: no two schedules start functions in the same second: each has a window of minutes, and no rule has a schedule', () => {
    const everything = Object.values(stacks).flatMap(({ Resources }) => Object.values(Resources));
    const schedules = everything.filter(({ Type }) => Type === 'AWS::Scheduler::Schedule');
    expect(schedules.length).toBeGreaterThan(3);
    for (const { Properties } of schedules)
      expect(Properties.FlexibleTimeWindow).toEqual({
        Mode: 'FLEXIBLE',
        MaximumWindowInMinutes: Properties.ScheduleExpression === 'rate(1 day)' ? 240 : 4,
      });
    expect(
      everything.filter(
        ({ Type, Properties }) => Type === 'AWS::Events::Rule' && Properties.ScheduleExpression !== undefined,
      ),
    ).toEqual([]);
  });

  it('T40: its name is fixed, so that functions may complete its tasks without a circle', () => {
    const [, { Properties }] = only(orders, 'AWS::StepFunctions::StateMachine', 'PromotionStateMachine');
    expect(Properties).toMatchObject({
      StateMachineName: 'lockstep-orders',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true },
    });
    expect(grantsOfRole(orders, 'FunctionsStartJob')).toContainEqual(
      expect.stringMatching(/^states:SendTaskSuccess on .*:stateMachine:lockstep-orders$/),
    );
  });

  it('T41: pushes to the branch start a promotion; other branches and deletions do not', () => {
    expect(patternOf(orders, 'TriggersPush')).toEqual({
      source: ['aws.codecommit'],
      'detail-type': ['CodeCommit Repository State Change'],
      resources: [{ 'Fn::GetAtt': [expect.stringMatching(/^Repository/), 'Arn'] }],
      detail: {
        event: ['referenceCreated', 'referenceUpdated'],
        repositoryName: [{ 'Fn::GetAtt': [expect.stringMatching(/^Repository/), 'Name'] }],
        referenceType: ['branch'],
        referenceName: ['main'],
      },
    });
  });
});
